//! What is said about a file: `ringmain -c` beside `haproxy -c`. Exit codes and haproxy's own lines (`[ALERT]`,
//! `[WARNING]`) must be equal, since tools match them; what Ringmain adds below them (place, caret, advice) is its own.
//!
//! `CASE=part cargo test --test messages -- --nocapture` shows what haproxy says about the cases whose names hold
//! this part.

mod common;
#[path = "messages/picks.rs"]
mod picks;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use common::proxy::{Io, Program};

/// A file and what is special about it.
struct Case {
    id: &'static str,
    text: &'static str,
    /// Why Ringmain says something else, its exit code, and a part of what it says.
    differs: Option<(&'static str, i32, &'static str)>,
}

const fn same(id: &'static str, text: &'static str) -> Case {
    Case { id, text, differs: None }
}

const fn differs(
    id: &'static str,
    text: &'static str,
    why: &'static str,
    code: i32,
    says: &'static str,
) -> Case {
    Case { id, text, differs: Some((why, code, says)) }
}

/// Stands before every case whose text does not begin with `!`: a sound frontend and backend, so that a case is one
/// mistake and not three. A case goes on in section `backend b`.
const SOUND: &str = "defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend f
    bind 127.0.10.1:18099
    default_backend b
backend b
    server s 127.0.10.11:18098
";

const FORMS_OF_1_3: &str = "files of HAProxy's 1.3 days run, with a warning that shows today's form";

const CASES: &[Case] = &[
    same("sound", ""),
    same("empty-file", "!"),
    same("comments-only", "!# nothing here\n\n   # nor here\n"),
    // Sections and words.
    same("unknown-section", "!frob x\n"),
    same("word-before-section", "!mode http\n"),
    same("unknown-word-in-backend", "    blance roundrobin\n"),
    same("unknown-word-in-defaults", "!defaults\n    tiemout client 1s\n"),
    same("unknown-word-in-global", "!global\n    maxcon 10\n"),
    same("unknown-word-far-from-any", "    zzzzqqqq\n"),
    same("word-in-the-wrong-section", "    bind 127.0.10.1:1\n"),
    same("word-in-the-wrong-section-2", "frontend g\n    server s 127.0.0.1:1\n"),
    same(
        "balance-in-frontend",
        "frontend g\n    bind 127.0.10.1:18097\n    balance roundrobin\n    default_backend b\n",
    ),
    same("two-mistakes", "    blance roundrobin\n    timeout conect 1s\n"),
    same("section-without-name", "!frontend\n    bind 127.0.10.1:1\n"),
    same("backend-without-name", "!backend\n"),
    same("name-with-bad-character", "backend a/b\n"),
    same("name-with-space-escaped", "backend a\\ b\n"),
    differs(
        "too-many-words-for-section",
        "backend c d\n",
        "haproxy drops the whole section without a word",
        1,
        "'backend' cannot handle unexpected argument 'd'.",
    ),
    same("duplicate-frontend", "frontend f\n    bind 127.0.10.1:18097\n    default_backend b\n"),
    same("duplicate-backend", "backend b\n    server s 127.0.0.1:1\n"),
    same(
        "frontend-and-backend-of-one-name",
        "frontend b\n    bind 127.0.10.1:18097\n    default_backend b\n",
    ),
    same("listen-and-backend-of-one-name", "listen b\n    bind 127.0.10.1:18097\n"),
    same("duplicate-server", "    server s 127.0.10.11:18097\n"),
    // Defaults.
    same("defaults-from-unknown", "defaults d from nowhere\n"),
    same("backend-from-unknown", "backend c from nowhere\n"),
    same("duplicate-defaults", "defaults d\ndefaults d\n"),
    same("named-defaults", "defaults d\n    mode tcp\nbackend c from d\n    server s 127.0.0.1:1\n"),
    // Missing things.
    same("frontend-without-bind", "frontend g\n    default_backend b\n"),
    same(
        "no-timeouts",
        "!frontend f\n    mode http\n    bind 127.0.10.1:18099\n    default_backend b\nbackend b\n    mode http\n    server s 127.0.0.1:1\n",
    ),
    same(
        "no-listener",
        "!backend b\n    timeout connect 1s\n    timeout server 1s\n    server s 127.0.0.1:1\n",
    ),
    same("unknown-default-backend", "frontend g\n    bind 127.0.10.1:18097\n    default_backend nowhere\n"),
    same(
        "unknown-use-backend",
        "frontend g\n    bind 127.0.10.1:18097\n    use_backend nowhere if TRUE\n    default_backend b\n",
    ),
    same("default-backend-is-a-frontend", "frontend g\n    bind 127.0.10.1:18097\n    default_backend f\n"),
    same("default-backend-without-name", "frontend g\n    bind 127.0.10.1:18097\n    default_backend\n"),
    same("use-backend-in-backend", "    use_backend b if TRUE\n"),
    same("modes-differ", "frontend g\n    mode tcp\n    bind 127.0.10.1:18097\n    default_backend b\n"),
    same(
        "use-backend-modes-differ",
        "frontend g\n    bind 127.0.10.1:18097\n    use_backend t if TRUE\n    default_backend b\nbackend t\n    mode tcp\n    server s 127.0.0.1:1\n",
    ),
    same("unknown-mode", "    mode htp\n"),
    same("mode-without-word", "    mode\n"),
    // Numbers, times, sizes.
    same("time-no-unit", "    timeout queue 500\n"),
    same("time-unknown-unit", "    timeout queue 5x\n"),
    same("time-overflow", "    timeout queue 99999999d\n"),
    same("time-underflow", "    timeout queue 1us\n"),
    same("time-missing", "    timeout queue\n"),
    same("time-negative", "    timeout queue -1\n"),
    same("timeout-unknown", "    timeout frob 1s\n"),
    same("timeout-without-word", "    timeout\n"),
    same("timeout-client-in-backend", "    timeout client 5s\n"),
    same("timeout-given-twice", "    timeout server 5s\n    timeout server 6s\n"),
    same("timeout-extra-word", "    timeout server 5s 6s\n"),
    same("retries-not-a-number", "    retries many\n"),
    same("retries-missing", "    retries\n"),
    same("retry-on-missing", "    retry-on\n"),
    same("retry-on-unknown", "    retry-on 503 frob\n"),
    same("retry-on-other-status", "    retry-on 402\n"),
    same("retry-on-none-and-more", "    retry-on none 503\n"),
    same("retry-on-more-and-none", "    retry-on 503 none\n"),
    same("retry-on-everything", "    retry-on all-retryable-errors 404\n    retries 0\n"),
    same(
        "retry-on-in-frontend",
        "frontend g\n    retry-on 503\n    bind 127.0.10.1:18097\n    default_backend b\n",
    ),
    same("disable-l7-retry-extra", "    http-request disable-l7-retry frob\n"),
    same("priority-without-expression", "    http-request set-priority-class\n"),
    same("priority-unknown-fetch", "    http-request set-priority-class frob\n"),
    same("priority-extra", "    http-request set-priority-offset int(3) frob\n"),
    same("priority-of-the-answer", "    http-request set-priority-class res.hdr(a)\n"),
    same("minconn-above-maxconn", "    server t 127.0.0.1:1 minconn 9 maxconn 5\n"),
    same(
        "maxconn-not-a-number",
        "frontend g\n    bind 127.0.10.1:18097\n    maxconn lots\n    default_backend b\n",
    ),
    same("maxconn-in-backend", "    maxconn 100\n"),
    same("global-maxconn-not-a-number", "!global\n    maxconn lots\n"),
    same("global-nbthread-zero", "!global\n    nbthread 0\n"),
    same("global-nbthread-too-many", "!global\n    nbthread 100000\n"),
    same("global-nbthread-text", "!global\n    nbthread two\n"),
    // Bind and server.
    same("bind-without-address", "frontend g\n    bind\n    default_backend b\n"),
    same("bind-without-port", "frontend g\n    bind 127.0.10.1\n    default_backend b\n"),
    same("bind-port-too-large", "frontend g\n    bind 127.0.10.1:70000\n    default_backend b\n"),
    same("bind-port-zero", "frontend g\n    bind 127.0.10.1:0\n    default_backend b\n"),
    same("bind-range-backwards", "frontend g\n    bind 127.0.10.1:18097-18090\n    default_backend b\n"),
    same("bind-unknown-word", "frontend g\n    bind 127.0.10.1:18097 frob\n    default_backend b\n"),
    same("bind-name-without-value", "frontend g\n    bind 127.0.10.1:18097 name\n    default_backend b\n"),
    same("bind-unknown-host", "frontend g\n    bind no.such.host.invalid:18097\n    default_backend b\n"),
    same("server-without-name", "    server\n"),
    same("server-without-address", "    server t\n"),
    same("server-unknown-word", "    server t 127.0.0.1:1 chek\n"),
    same("server-weight-too-large", "    server t 127.0.0.1:1 weight 300\n"),
    same("server-weight-text", "    server t 127.0.0.1:1 weight heavy\n"),
    same("server-weight-missing", "    server t 127.0.0.1:1 weight\n"),
    same("server-inter-zero", "    server t 127.0.0.1:1 check inter 0\n"),
    same("server-inter-unit", "    server t 127.0.0.1:1 check inter 2q\n"),
    same("server-fall-zero", "    server t 127.0.0.1:1 check fall 0\n"),
    same("server-rise-text", "    server t 127.0.0.1:1 check rise up\n"),
    same("server-port-range", "    server t 127.0.0.1:1-5\n"),
    same("server-relative-port", "    server t 127.0.0.1:+100\n"),
    same("server-relative-port-check", "    server t 127.0.0.1:+100 check\n"),
    same("server-no-port-check", "    server t 127.0.0.1 check\n"),
    same("server-unknown-host", "    server t no.such.host.invalid:80\n"),
    same("server-name-characters", "    server a:b 127.0.0.1:1\n"),
    same("server-maxconn-negative", "    server t 127.0.0.1:1 maxconn -1\n"),
    same("balance-unknown", "    balance frob\n"),
    same("balance-missing", "    balance\n"),
    // Conditions and rules.
    same("acl-without-fetch", "    acl a\n"),
    same("acl-unknown-fetch", "    acl a frob x\n"),
    same("acl-unknown-fetch-near", "    acl a path_bgin /x\n"),
    same("acl-unknown-flag", "    acl a path -x /y\n"),
    same("acl-unknown-matcher", "    acl a path -m frob /y\n"),
    same("acl-matcher-without-name", "    acl a path -m\n"),
    same("acl-no-matcher-for-type", "    acl a path -m ip 10.0.0.0/8\n"),
    differs(
        "acl-bad-regex",
        "    acl a path_reg ([a-z\n",
        "the words are those of another library of regular expressions",
        1,
        "error detected while parsing ACL 'a' : regex '([a-z' is invalid",
    ),
    same("acl-bad-address", "    acl a src 10.0.0.300\n"),
    same("acl-bad-mask", "    acl a src 10.0.0.0/33\n"),
    same("acl-bad-integer", "    acl a dst_port abc\n"),
    same("acl-bad-range", "    acl a dst_port 10:5\n"),
    same("acl-bad-operator", "    acl a dst_port above 5\n"),
    same("acl-file-missing", "    acl a path -f /no/such/file\n"),
    same("acl-name-characters", "    acl a/b path /x\n"),
    same("acl-reserved-name", "    acl or path /x\n"),
    same("acl-fetch-argument-missing", "    acl a url_param -m found\n"),
    same("acl-fetch-argument-bad", "    acl a hdr(x,y) -m found\n"),
    same("acl-fetch-unclosed", "    acl a hdr(x -m found\n"),
    same("acl-backend-argument-unknown", "    acl a nbsrv(nowhere) gt 0\n"),
    same("acl-unknown-converter", "    acl a path,frob /x\n"),
    same("condition-unknown-acl", "    http-request deny if nope\n"),
    differs(
        "condition-missing",
        "    http-request deny if\n",
        "a rule that can never be taken is a mistake",
        1,
        "missing condition after 'if'",
    ),
    same("condition-neither-if-nor-unless", "    http-request deny when TRUE\n"),
    same("condition-unclosed-brace", "    http-request deny if { path /x\n"),
    same("condition-no-space-in-brace", "    http-request deny if {path /x }\n"),
    same("condition-ends-with-or", "    http-request deny if TRUE or\n"),
    same("condition-empty-braces", "    http-request deny if { }\n"),
    same("condition-double-negation", "    http-request deny if !!TRUE\n"),
    same("use-backend-without-condition", "frontend g\n    bind 127.0.10.1:18097\n    use_backend b\n"),
    same(
        "use-backend-bad-condition",
        "frontend g\n    bind 127.0.10.1:18097\n    use_backend b if nope\n    default_backend b\n",
    ),
    same("http-request-missing-action", "    http-request\n"),
    same("http-request-unknown-action", "    http-request frob\n"),
    same("http-request-near-action", "    http-request set-heder a b\n"),
    same("http-request-deny-bad-status", "    http-request deny deny_status abc\n"),
    same("http-request-deny-unknown-status", "    http-request deny deny_status 299\n"),
    same("http-request-set-header-missing", "    http-request set-header a\n"),
    same("http-request-set-header-too-many", "    http-request set-header a b c\n"),
    same("http-request-set-header-bad-format", "    http-request set-header a %[frob]\n"),
    differs(
        "http-request-set-header-colon",
        "    http-request set-header X-A: b\n",
        "a message with this name would be none; HAProxy 3.2 warns",
        1,
        "header name 'X-A:' contains forbidden character ':'.",
    ),
    differs(
        "http-response-set-status-interim",
        "    http-response set-status 103\n",
        "the client would wait for the answer's end",
        1,
        "'set-status 103' would leave the client waiting",
    ),
    differs(
        "forwardfor-header-that-frames",
        "    option forwardfor header Content-Length\n",
        "a message with this field would be none",
        1,
        "would make invalid requests",
    ),
    same("http-request-strict-mode", "    http-request strict-mode off\n    http-response strict-mode on\n"),
    same("http-request-strict-mode-missing", "    http-request strict-mode\n"),
    same("http-request-strict-mode-wrong", "    http-request strict-mode foo\n"),
    same("http-request-return-204-body", "    http-request return status 204 content-type a/b string c\n"),
    same("http-request-return-length", "    http-request return status 200 hdr content-length 5\n"),
    same(
        "http-request-return-type",
        "    http-request return status 200 content-type a/b hdr content-type b\n",
    ),
    same(
        "http-request-return-type-page",
        "    http-request return status 500 content-type a/b default-errorfiles\n",
    ),
    same("http-request-return-no-page", "    http-request return status 201 default-errorfiles\n"),
    same("http-request-unreachable", "    http-request deny\n    http-request set-header a b\n"),
    same(
        "http-request-in-tcp-mode",
        "backend t\n    mode tcp\n    http-request deny\n    server s 127.0.0.1:1\n",
    ),
    same("redirect-missing", "    redirect\n"),
    same("redirect-unknown", "    redirect frob x\n"),
    same("redirect-bad-code", "    redirect location / code 200\n"),
    same("redirect-bad-option", "    redirect location / frob\n"),
    same("redirect-without-target", "    redirect code 301\n"),
    same(
        "redirect-after-use-backend",
        "frontend g\n    bind 127.0.10.1:18097\n    use_backend b if TRUE\n    redirect location / if { path /x }\n",
    ),
    same(
        "http-request-after-use-backend",
        "frontend g\n    bind 127.0.10.1:18097\n    use_backend b if TRUE\n    http-request deny if { path /x }\n",
    ),
    same(
        "http-request-after-redirect",
        "    redirect location / if { path /x }\n    http-request deny if { path /y }\n",
    ),
    same(
        "monitor-uri-missing",
        "frontend g\n    bind 127.0.10.1:18097\n    default_backend b\n    monitor-uri\n",
    ),
    same("monitor-uri-in-backend", "    monitor-uri /x\n"),
    same("errorfile-missing", "    errorfile 503\n"),
    same("errorfile-unknown-code", "    errorfile 299 /dev/null\n"),
    same("errorfile-no-file", "    errorfile 503 /no/such/file\n"),
    same("option-missing", "    option\n"),
    same("option-unknown", "    option frob\n"),
    same("option-near", "    option httpcloze\n"),
    same("option-in-the-wrong-section", "    option dontlognull\n"),
    same("option-http-in-tcp", "backend t\n    mode tcp\n    option forwardfor\n    server s 127.0.0.1:1\n"),
    same("no-option-unknown", "    no option frob\n"),
    same("no-of-something-else", "    no balance\n"),
    same("forwardfor-bad-except", "    option forwardfor except 10.0.0.300\n"),
    same("forwardfor-unknown", "    option forwardfor frob\n"),
    same("http-reuse-unknown", "    http-reuse sometimes\n"),
    same("http-reuse-missing", "    http-reuse\n"),
    // Text.
    same("quote-unclosed", "    acl a path \"/x\n"),
    same("quote-unclosed-single", "    acl a path '/x\n"),
    same("escape-at-end", "    acl a path /x\\\n"),
    same("escape-hex", "    acl a path /x\\x41\n"),
    same("escape-hex-bad", "    acl a path /x\\xzz\n"),
    same("variable-unclosed", "    acl a path \"${HOME\"\n"),
    same("variable-bad-name", "    acl a path \"${1x}\"\n"),
    same("variable-unset", "    acl a path \"/x${NO_SUCH_VARIABLE}\"\n"),
    same("variable-default", "    acl a path \"/x${NO_SUCH_VARIABLE-y}\"\n"),
    same(
        "too-many-words",
        concat!(
            "    acl a path 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 ",
            "35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66\n"
        ),
    ),
    same("nul-in-line", "    acl a path /x\0y\n"),
    same("no-newline-at-end", "    retries 2"),
    // Conditional blocks and messages.
    same("if-true", ".if defined(HOME)\n    retries 2\n.endif\n"),
    same("if-false-hides-mistakes", ".if defined(NO_SUCH_VARIABLE)\n    frob\n.endif\n"),
    same(
        "if-else",
        ".if streq(\"$HOME\",nowhere)\n    frob\n.elif version_atleast(2.4)\n    retries 1\n.else\n    frob\n.endif\n",
    ),
    same("if-unclosed", ".if defined(HOME)\n"),
    same("if-bad-predicate", ".if frob(1)\n.endif\n"),
    same("if-missing-argument", ".if streq(a)\n.endif\n"),
    same("if-no-expression", ".if\n.endif\n"),
    same("else-without-if", ".else\n"),
    same("elif-after-else", ".if 1\n.else\n.elif 1\n.endif\n"),
    same("endif-without-if", ".endif\n"),
    same("unknown-dot-word", ".frob\n"),
    same("dot-warning", ".warning \"look here\"\n"),
    same("dot-alert", ".alert \"stop here\"\n"),
    same("dot-notice", ".notice \"by the way\"\n"),
    // What is not there when a rule runs.
    same("place-path-in-answer", "    http-response set-header X %[path]\n"),
    same("place-hdr-count-in-answer", "    http-response set-header X %[hdr_cnt(a)]\n"),
    same("place-hdr-in-answer", "    http-response set-header X %[hdr(a)]\n"),
    same("place-method-in-answer", "    http-response set-header X %[method]\n"),
    same(
        "place-return-in-answer",
        "    http-response return status 200 content-type a/b lf-string %[query]\n",
    ),
    same("place-header-of-return-in-answer", "    http-response return status 200 hdr X %[base]\n"),
    same("place-redirect-in-answer", "    http-response redirect location /%[path]\n"),
    same("place-variable-in-answer", "    http-response set-var-fmt(txn.a) %[pathq]\n"),
    same("place-body-in-answer", "    http-response set-header X %[req.body]\n"),
    same("place-first-bytes-in-answer", "    http-response set-header X %[req.len]\n"),
    same("place-answer-in-request", "    http-request set-header X %[shdr(a)]\n"),
    same("place-status-in-request", "    http-request set-header X %[status]\n"),
    same("place-captured-answer-in-request", "    http-request set-header X %[capture.res.hdr(0)]\n"),
    same("place-server-in-request", "    http-request set-header X %[srv_name]\n"),
    same("place-backend-in-backend", "    http-request set-header X %[be_name]\n"),
    same(
        "place-backend-in-frontend",
        "!defaults\n    mode http\n    timeout client 1s\nfrontend f\n    bind 127.0.10.1:18097\n    http-request set-header X %[be_name]\n",
    ),
    same("place-answer-in-set-path", "    http-request set-path /%[res.hdr(a)]\n"),
    same("place-answer-in-list", "    http-request set-header X a%[res.ver]b\n"),
    same("place-status-as-priority", "    http-request set-priority-class status\n"),
    same("place-version-in-set-var", "    http-request set-var(txn.a) res.ver\n"),
    same("place-captured-later", "    http-response capture path id 0\n"),
    same(
        "place-answer-in-name",
        "!defaults\n    mode http\n    timeout client 1s\nfrontend f\n    bind 127.0.10.1:18097\n    use_backend %[res.hdr(a)] if TRUE\n",
    ),
    same("place-answer-in-server-name", "    use-server %[status] if TRUE\n"),
    same("fd-hard-limit-without-number", "!global\n    fd-hard-limit\n"),
    same("fd-hard-limit-with-two", "!global\n    fd-hard-limit 5 6\n"),
    // Old forms.
    differs(
        "frontend-address-on-section-line",
        "frontend g 127.0.10.1:18097\n    default_backend b\n",
        FORMS_OF_1_3,
        0,
        "bind 127.0.10.1:18097",
    ),
    differs(
        "listen-address-on-section-line",
        "listen g 127.0.10.1:18097\n    server s 127.0.0.1:1\n",
        FORMS_OF_1_3,
        0,
        "bind 127.0.10.1:18097",
    ),
    same("contimeout", "    contimeout 5000\n"),
    same("clitimeout", "!defaults\n    clitimeout 5000\n"),
    same("srvtimeout", "    srvtimeout 5000\n"),
    same("reqadd", "    reqadd X-A:\\ b\n"),
    same("block", "    block if TRUE\n"),
    // Names.
    same("set-dst-missing", "    http-request set-dst\n"),
    same("set-dst-unknown-fetch", "    http-request set-dst foo\n"),
    same("set-dst-unknown-converter", "    http-request set-dst src,foo\n"),
    same("set-dst-extra-word", "    http-request set-dst src x\n"),
    same("set-dst-response", "    http-request set-dst status\n"),
    same("set-dst-port", "    http-request set-dst-port int(80)\n"),
    same("server-any", "    server t 0.0.0.0:0\n"),
    same("server-any-port", "    server t 0.0.0.0:80\n"),
    same("server-star", "    server t *:0\n"),
    same("server-any6", "    server t [::]:0\n"),
    same("server-port-zero-check", "    server t 127.0.0.1:0 check\n"),
    same("server-any-check", "    server t 0.0.0.0:80 check\n"),
    same("resolvers-without-name", "resolvers\n"),
    same("resolvers-empty", "resolvers a\n"),
    same("resolvers-unknown-word", "resolvers a\n    frob\n"),
    same("resolvers-no-hold", "resolvers a\n    no hold valid 1s\n"),
    same("resolvers-nameserver-short", "resolvers a\n    nameserver x\n"),
    same("resolvers-nameserver-no-port", "resolvers a\n    nameserver x 127.0.0.1\n"),
    same("resolvers-nameserver-range", "resolvers a\n    nameserver x 127.0.0.1:53-54\n"),
    same("resolvers-nameserver-udp", "resolvers a\n    nameserver x udp@127.0.0.1:53\n"),
    same("resolvers-nameserver-tcp", "resolvers a\n    nameserver x tcp@127.0.0.1:53\n"),
    same("resolvers-nameserver-characters", "resolvers a\n    nameserver x/y 127.0.0.1:53\n"),
    same(
        "resolvers-nameserver-twice",
        "resolvers a\n    nameserver x 127.0.0.1:53\n    nameserver x 127.0.0.2:53\n",
    ),
    same("resolvers-hold-short", "resolvers a\n    hold valid\n"),
    same("resolvers-hold-unknown", "resolvers a\n    hold foo 1s\n"),
    same("resolvers-hold-time", "resolvers a\n    hold valid 1q\n"),
    same("resolvers-hold-overflow", "resolvers a\n    hold valid 99d\n"),
    same("resolvers-retries-missing", "resolvers a\n    resolve_retries\n"),
    same("resolvers-pool-size", "resolvers a\n    resolution_pool_size 3\n"),
    same("resolvers-timeout-short", "resolvers a\n    timeout\n"),
    same("resolvers-timeout-no-time", "resolvers a\n    timeout retry\n"),
    same("resolvers-timeout-unknown", "resolvers a\n    timeout foo 1s\n"),
    same("resolvers-timeout-unit", "resolvers a\n    timeout resolve 1q\n"),
    same("resolvers-timeout-overflow", "resolvers a\n    timeout resolve 99d\n"),
    same("resolvers-payload-missing", "resolvers a\n    accepted_payload_size\n"),
    same("resolvers-payload-text", "resolvers a\n    accepted_payload_size x\n"),
    same("resolvers-payload-large", "resolvers a\n    accepted_payload_size 70000\n"),
    same("resolvers-name-characters", "resolvers a/b\n"),
    differs(
        "resolvers-twice",
        "resolvers a\n    nameserver x 127.0.0.1:53\nresolvers a\n",
        "haproxy says \"out of memory\" on top",
        1,
        "resolvers 'a' has same name as another resolvers",
    ),
    same("list-action-without-a-list", "    http-request set-map(/nowhere/x.map) %[src] v\n"),
    same("list-action-without-a-file", "    http-request add-acl() %[src]\n"),
    same("list-action-with-too-much", "    http-request del-map(/x) k v\n"),
    same("maxconnrate-without-a-number", "!global\n    maxconnrate\n"),
    same("maxsessrate-with-too-much", "!global\n    maxsessrate 3 4\n"),
    same("severity-output-unknown", "!global\n    stats socket /tmp/x severity-output foo\n"),
    same("severity-output-without-a-format", "!global\n    stats socket /tmp/x severity-output\n"),
    same("server-resolve-unknown", "    server t localhost:80 resolvers zz\n"),
    same("server-resolve-without-id", "    server t localhost:80 resolvers\n"),
    same("server-resolve-no-address", "    server t nx.invalid:80 init-addr libc,none\n"),
    same("server-resolve-no-address-none", "    server t nx.invalid:80 init-addr none\n"),
    same("server-resolve-no-address-last", "    server t nx.invalid:80 init-addr last\n"),
    same("server-resolve-srv-label", "    server t _x._tcp.nx.invalid\n"),
    same("server-resolve-prefer", "    server t localhost:80 resolve-prefer foo\n"),
    same("server-resolve-prefer-missing", "    server t localhost:80 resolve-prefer\n"),
    same("server-resolve-net", "    server t localhost:80 resolve-net foo\n"),
    same("server-resolve-net-missing", "    server t localhost:80 resolve-net\n"),
    same(
        "server-resolve-net-too-many",
        "    server t localhost:80 resolve-net 10.0.0.0/8,11.0.0.0/8,12.0.0.0/8,13.0.0.0/8,14.0.0.0/8,15.0.0.0/8\n",
    ),
    same("server-resolve-opts", "    server t localhost:80 resolve-opts foo\n"),
    same(
        "server-resolve-opts-all",
        "    server t localhost:80 resolve-opts allow-dup-ip,ignore-weight,prevent-dup-ip\n",
    ),
    same(
        "server-with-resolvers-srv",
        "    server t _x._tcp.nx.invalid resolvers a check\nresolvers a\n    nameserver x 127.0.0.1:53\n",
    ),
    same(
        "server-with-resolvers-name",
        "    server t nx.invalid:80 resolvers a\nresolvers a\n    nameserver x 127.0.0.1:53\n",
    ),
    same(
        "server-with-resolvers-address",
        "    server t 127.0.0.1:80 resolvers a\nresolvers a\n    nameserver x 127.0.0.1:53\n",
    ),
    same(
        "server-with-resolvers-relative",
        "    server t localhost:+1 resolvers a resolve-net fe80::/10,10.0.0.1\nresolvers a\n    nameserver x 127.0.0.1:53\n",
    ),
    // Variables and addresses.
    same("set-var-bare", "    http-request set-var\n"),
    same("set-var-empty", "    http-request set-var() int(1)\n"),
    same("set-var-scope", "    http-request set-var(foo) int(1)\n"),
    same("set-var-nothing", "    http-request set-var(txn.a)\n"),
    same("set-var-fetch", "    http-request set-var(txn.a) nope\n"),
    same("set-var-junk", "    http-request set-var(txn.a) int(1) junk\n"),
    same("set-var-condition", "    http-request set-var(txn.a,ifbad) int(1)\n"),
    same("set-var-character", "    http-request set-var(txn.a-b) int(1)\n"),
    same("set-var-no-name", "    http-request set-var(txn.) int(1)\n"),
    same("set-var-of-answer", "    http-request set-var(txn.a) status\n"),
    same("set-var-fmt-fetch", "    http-request set-var-fmt(txn.a) %[nope]\n"),
    same("unset-var-junk", "    http-request unset-var(txn.a) x\n"),
    same("unset-var-scope", "    http-request unset-var(txn)\n"),
    same("unset-var-condition", "    http-request unset-var(txn.a,ifexists)\n"),
    same("set-var-open", "    http-request set-var(txn.a int(1)\n"),
    same("set-var-x", "    http-request set-varx(txn.a) int(1)\n"),
    same("do-resolve-bare", "    http-request do-resolve\n"),
    same("do-resolve-no-section", "    http-request do-resolve(txn.a,nod) hdr(host)\n"),
    same("do-resolve-family", "    http-request do-resolve(txn.a,d,ipv5) hdr(host)\n"),
    same("do-resolve-of-answer", "    http-request do-resolve(txn.a,d) status\n"),
    same("var-scope", "    http-request deny if { var(a) -m found }\n"),
    same("var-no-method", "    http-request deny if { var(txn.a) x }\n"),
    same("var-empty", "    http-request deny if { var() -m found }\n"),
    same("var-character", "    http-request deny if { var(txn.a-b) -m found }\n"),
    same("set-var-of-request", "    http-response set-var(res.a) path\n"),
];

fn all() -> impl Iterator<Item = &'static Case> {
    CASES.iter().chain(picks::CASES)
}

#[test]
fn messages_are_haproxys() {
    let filter = std::env::var("CASE").unwrap_or_default();
    let mut failures = String::new();
    for case in all().filter(|c| c.id.contains(&filter)) {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.cfg", case.id));
        let text = case.text.strip_prefix('!').map_or_else(|| format!("{SOUND}{}", case.text), str::to_owned);
        std::fs::write(&path, text).expect("write");
        let path = path.display().to_string();
        let wanted = check(Program::Haproxy, &path);
        if !filter.is_empty() {
            println!("{} ({:?}):\n{}", case.id, wanted.code, wanted.lines.join("\n"));
        }
        let got = check(Program::Ringmain(Io::Epoll), &path);
        let same = (got.code, &got.lines) == (wanted.code, &wanted.lines);
        match case.differs {
            Some((why, code, says)) if !Program::is_understudied() => {
                if same || got.code != Some(code) || !got.all.contains(says) {
                    let _ = writeln!(
                        failures,
                        "{}: should exit {code} and say {says:?} ({why}), but:\n{}",
                        case.id, got.all
                    );
                }
            }
            _ if same => {}
            _ => {
                let _ = writeln!(
                    failures,
                    "{}:\n  haproxy exits {:?}:\n    {}",
                    case.id,
                    wanted.code,
                    wanted.lines.join("\n    ")
                );
                let _ = writeln!(
                    failures,
                    "  ringmain exits {:?}:\n    {}",
                    got.code,
                    got.all.trim_end().replace('\n', "\n    ")
                );
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

struct Said {
    code: Option<i32>,
    /// haproxy's kind of lines, without the process id.
    lines: Vec<String>,
    all: String,
}

fn check(program: Program, path: &str) -> Said {
    let out = program.run(["-c", "-f", path], &[], Duration::from_secs(10));
    let all = format!("{}{}", common::text(&out.stdout), common::text(&out.stderr));
    let lines = all.lines().filter_map(|l| {
        let kind = ["[ALERT]", "[WARNING]", "[NOTICE]"].iter().find(|k| l.starts_with(**k))?;
        let said = l.split_once(") : ")?.1;
        let banner = said.contains(" version is ") || said.starts_with("path to executable is");
        (!banner).then(|| format!("{kind} {said}"))
    });
    Said { code: out.status.code(), lines: lines.collect(), all }
}

#[test]
fn deliberate_differences_are_documented() {
    let documented = common::documented("Messages");
    let differing: BTreeSet<&str> = all().filter(|c| c.differs.is_some()).map(|c| c.id).collect();
    assert_eq!(documented, differing, "left: docs/compat.md; right: the cases that differ");
    let ids: BTreeSet<&str> = all().map(|c| c.id).collect();
    assert_eq!(ids.len(), all().count(), "two cases have the same id");
}
