//! Every word HAProxy knows, so that none of them is ever called unknown: what has no row is refused with a message that
//! says it is not built yet. The lists come from what 2.6.12 and 3.5 list themselves (`-dKall`)
//! and from the manual; the words that 2.6.12 does not list there, and their order, which decides between equally near
//! words, were read from the program file of 2.6.12.
use super::{balance, bind, directive, option, row, section, server};
use crate::syntax::suggest;

/// Which list a word belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Section,
    Global,
    Proxy,
    Option,
    Bind,
    Server,
    Balance,
}

/// Whether HAProxy, of any version we know, has this word.
#[must_use]
pub fn knows(kind: Kind, word: &str) -> bool {
    words(kind).any(|w| w == word)
}

/// 2.6's own "did you mean", for its first line.
#[must_use]
pub fn haproxys_guess(kind: Kind, word: &str) -> Option<&'static str> {
    suggest::haproxy_match(word, lists(kind)[0].iter().copied())
}

/// 2.6's actions of `http-request` or `http-response`, as its message lists them.
#[must_use]
pub fn actions(request: bool) -> &'static [&'static str] {
    if request { REQUEST_ACTIONS } else { RESPONSE_ACTIONS }
}

/// 2.6's own "did you mean" for an action.
#[must_use]
pub fn haproxys_action(request: bool, word: &str) -> Option<&'static str> {
    suggest::haproxy_match(word, actions(request).iter().map(|a| a.trim_end_matches("(*)")))
}

/// Whether a parameter of `bind` or `server` is about TLS.
#[must_use]
pub fn needs_tls(word: &str) -> bool {
    TLS.contains(&word)
}

/// The part of HAProxy that a word of `global` is about, where Ringmain has nothing of it.
#[must_use]
pub fn missing_part(word: &str) -> Option<&'static str> {
    let starts = |list: &[&str]| list.iter().any(|p| word.starts_with(p));
    if starts(&[
        "ssl-",
        "tune.ssl.",
        "ca-base",
        "crt-base",
        "key-base",
        "issuers-chain",
        "ocsp-",
        "acme",
        "jwt.",
    ]) {
        return Some("TLS");
    }
    if starts(&["lua-", "tune.lua."]) {
        return Some("Lua");
    }
    if starts(&["tune.h2.", "h2-"]) {
        return Some("HTTP/2");
    }
    if starts(&["tune.quic.", "limited-quic", "no-quic"]) {
        return Some("QUIC");
    }
    starts(&["51degrees-", "deviceatlas-", "wurfl-"]).then_some("device detection")
}

/// Every word that HAProxy knows and Ringmain refuses, sorted, with its list.
#[must_use]
pub fn refused_words() -> Vec<(Kind, &'static str)> {
    let mut refused: Vec<(Kind, &'static str)> = Vec::new();
    for kind in
        [Kind::Section, Kind::Global, Kind::Proxy, Kind::Option, Kind::Bind, Kind::Server, Kind::Balance]
    {
        let mut list: Vec<&str> = words(kind).filter(|w| !built(kind, w)).collect();
        list.sort_unstable();
        list.dedup();
        refused.extend(list.into_iter().map(|w| (kind, w)));
    }
    refused
}

fn built(kind: Kind, word: &str) -> bool {
    let of = |family: row::Sections| directive::all().any(|r| r.name == word && r.sections & family != 0);
    // Sections' names stand among the words of sections only for HAProxy's search of the nearest word.
    let is_section = section::find(word).is_some();
    match kind {
        Kind::Section => section::built(word),
        Kind::Global => of(row::GLOBAL) || is_section,
        Kind::Proxy => of(row::PROXIES) || is_section,
        Kind::Option => option::find(word).is_some(),
        Kind::Bind => bind::find(word).is_some(),
        Kind::Server => server::find(word).is_some(),
        Kind::Balance => balance::find(word).is_some(),
    }
}

/// Every word of a list.
pub fn words(kind: Kind) -> impl Iterator<Item = &'static str> {
    lists(kind).into_iter().flatten().copied()
}

/// 2.6's words in the order in which it looks for the nearest, and the others.
fn lists(kind: Kind) -> [&'static [&'static str]; 2] {
    match kind {
        Kind::Section => [SECTIONS, &[]],
        Kind::Global => [GLOBAL_2_6, GLOBAL_LATER],
        Kind::Proxy => [PROXY_2_6, PROXY_LATER],
        Kind::Option => [OPTION_2_6, OPTION_LATER],
        Kind::Bind => [BIND_2_6, BIND_LATER],
        Kind::Server => [SERVER_2_6, SERVER_LATER],
        Kind::Balance => [BALANCE, &[]],
    }
}

/// Sections of 2.6 and later.
const SECTIONS: &[&str] = &[
    "acme",
    "backend",
    "cache",
    "crt-list",
    "crt-store",
    "defaults",
    "fcgi-app",
    "frontend",
    "global",
    "healthcheck",
    "http-errors",
    "listen",
    "log-forward",
    "log-profile",
    "mailers",
    "namespace_list",
    "peers",
    "program",
    "resolvers",
    "ring",
    "traces",
    "userlist",
];

/// Algorithms of `balance`.
const BALANCE: &[&str] = &[
    "first",
    "hash",
    "hdr",
    "leastconn",
    "log-hash",
    "random",
    "rdp-cookie",
    "roundrobin",
    "source",
    "static-rr",
    "sticky",
    "uri",
    "url_param",
];

/// 2.6's global words, in the order in which it looks for the nearest.
#[rustfmt::skip]
const GLOBAL_2_6: &[&str] = &[
    "ca-base", "close-spread-time", "crt-base", "default-path", "grace", "h1-accept-payload-with-any-method",
    "h1-case-adjust", "h1-case-adjust-file", "hard-stop-after", "httpclient.resolvers.id",
    "httpclient.resolvers.prefer", "httpclient.ssl.ca-file", "httpclient.ssl.verify", "issuers-chain-path",
    "lua-load", "lua-load-per-thread", "lua-prepend-path", "maxsslconn", "mworker-max-reloads", "nbthread",
    "no-memory-trimming", "pp2-never-send-local", "profiling.tasks", "set-var", "set-var-fmt",
    "ssl-default-bind-ciphers", "ssl-default-bind-ciphersuites", "ssl-default-bind-curves",
    "ssl-default-bind-options", "ssl-default-server-ciphers", "ssl-default-server-ciphersuites",
    "ssl-default-server-options", "ssl-dh-param-file", "ssl-load-extra-del-ext", "ssl-load-extra-files",
    "ssl-mode-async", "ssl-propquery", "ssl-provider", "ssl-provider-path", "ssl-skip-self-issued-ca",
    "stats", "thread-group", "thread-groups", "tune.fail-alloc", "tune.fd.edge-triggered",
    "tune.h2.header-table-size", "tune.h2.initial-window-size", "tune.h2.max-concurrent-streams",
    "tune.h2.max-frame-size", "tune.idle-pool.shared", "tune.listener.multi-queue", "tune.lua.forced-yield",
    "tune.lua.maxmem", "tune.lua.service-timeout", "tune.lua.session-timeout", "tune.lua.task-timeout",
    "tune.peers.max-updates-at-once", "tune.pool-high-fd-ratio", "tune.pool-low-fd-ratio",
    "tune.sched.low-latency", "tune.ssl.cachesize", "tune.ssl.capture-buffer-size",
    "tune.ssl.capture-cipherlist-size", "tune.ssl.default-dh-param", "tune.ssl.force-private-cache",
    "tune.ssl.hard-maxrecord", "tune.ssl.keylog", "tune.ssl.lifetime", "tune.ssl.maxrecord",
    "tune.ssl.ssl-ctx-cache-size", "tune.vars.check-max-size", "tune.vars.global-max-size",
    "tune.vars.proc-max-size", "tune.vars.reqres-max-size", "tune.vars.sess-max-size",
    "tune.vars.txn-max-size", "global", "daemon", "master-worker", "noepoll", "nokqueue", "noevports",
    "nopoll", "busy-polling", "set-dumpable", "insecure-fork-wanted", "insecure-setuid-wanted", "nosplice",
    "nogetaddrinfo", "noreuseport", "quiet", "zero-warning", "tune.runqueue-depth", "tune.maxpollevents",
    "tune.maxaccept", "tune.recv_enough", "tune.buffers.limit", "tune.buffers.reserve", "tune.bufsize",
    "tune.maxrewrite", "tune.idletimer", "tune.rcvbuf.client", "tune.rcvbuf.server", "tune.sndbuf.client",
    "tune.sndbuf.server", "tune.pipesize", "tune.http.cookielen", "tune.http.logurilen", "tune.http.maxhdr",
    "tune.comp.maxlevel", "tune.pattern.cache-size", "uid", "gid", "external-check", "user", "group",
    "nbproc", "maxconn", "ssl-server-verify", "maxconnrate", "maxsessrate", "maxsslrate", "maxcomprate",
    "maxpipes", "maxzlibmem", "maxcompcpuusage", "ulimit-n", "chroot", "description", "node", "pidfile",
    "unix-bind", "log", "log-send-hostname", "server-state-base", "server-state-file", "log-tag",
    "spread-checks", "max-spread-checks", "cpu-map", "setenv", "presetenv", "unsetenv", "resetenv",
    "strict-limits", "localpeer", "numa-cpu-mapping", "defaults", "listen", "frontend", "backend", "peers",
    "resolvers", "cluster-secret",
];

/// Global words of later versions, and those of modules that a build may leave out.
#[rustfmt::skip]
const GLOBAL_LATER: &[&str] = &[
    "51degrees-allow-unmatched", "51degrees-cache-size", "51degrees-data-file", "51degrees-difference",
    "51degrees-drift", "51degrees-property-name-list", "51degrees-property-separator",
    "51degrees-use-performance-graph", "51degrees-use-predictive-graph", "acme.scheduler", "anonkey",
    "cpu-affinity", "cpu-policy", "cpu-set", "debug", "debug.counters", "deviceatlas-json-file",
    "deviceatlas-log-level", "deviceatlas-properties-cookie", "deviceatlas-separator",
    "dns-accept-family", "expose-deprecated-directives", "expose-experimental-directives",
    "fd-hard-limit", "force-cfg-parser-pause", "h1-do-not-close-on-insecure-transfer-encoding",
    "h2-workaround-bogus-websocket-clients", "harden.reject-privileged-ports.quic",
    "harden.reject-privileged-ports.tcp", "http-err-codes", "http-fail-codes",
    "httpclient.resolvers.disabled", "httpclient.retries", "httpclient.timeout.connect",
    "jwt.decrypt_alg_list", "jwt.decrypt_enc_list", "key-base", "limited-quic", "max-threads-per-group",
    "no-quic", "noktls", "ocsp-update.disable", "ocsp-update.httpproxy", "ocsp-update.maxdelay",
    "ocsp-update.mindelay", "ocsp-update.mode", "prealloc-fd", "profiling.memory", "setcap",
    "shm-stats-file", "shm-stats-file-max-objects", "ssl-default-bind-client-sigalgs",
    "ssl-default-bind-sigalgs", "ssl-default-server-client-sigalgs", "ssl-default-server-curves",
    "ssl-default-server-sigalgs", "ssl-engine", "ssl-passphrase-cmd", "ssl-security-level", "stats-file",
    "stress-level", "thread-hard-limit", "tune.applet.zero-copy-forwarding", "tune.bufsize.large",
    "tune.bufsize.small", "tune.chksize", "tune.cli.max-payload-size", "tune.defaults.purge",
    "tune.disable-fast-forward", "tune.disable-zero-copy-forwarding", "tune.epoll.mask-events",
    "tune.events.max-events-at-once", "tune.fd.tables", "tune.glitches.kill.cpu-usage",
    "tune.h1.be.glitches-threshold", "tune.h1.fe.glitches-threshold", "tune.h1.zero-copy-fwd-recv",
    "tune.h1.zero-copy-fwd-send", "tune.h2.be.glitches-threshold", "tune.h2.be.initial-window-size",
    "tune.h2.be.max-concurrent-streams", "tune.h2.be.max-frames-at-once", "tune.h2.be.rxbuf",
    "tune.h2.fe.glitches-threshold", "tune.h2.fe.initial-window-size",
    "tune.h2.fe.max-concurrent-streams", "tune.h2.fe.max-frames-at-once", "tune.h2.fe.max-rst-at-once",
    "tune.h2.fe.max-total-streams", "tune.h2.fe.rxbuf", "tune.h2.log-errors",
    "tune.h2.zero-copy-fwd-send", "tune.listener.default-shards", "tune.lua.bool-sample-conversion",
    "tune.lua.burst-timeout", "tune.lua.log.loggers", "tune.lua.log.stderr", "tune.max-checks-per-thread",
    "tune.max-rules-at-once", "tune.memory.hot-size", "tune.notsent-lowat.client",
    "tune.notsent-lowat.server", "tune.pt.zero-copy-forwarding", "tune.quic.cc-hystart",
    "tune.quic.cc.cubic.min-losses", "tune.quic.disable-tx-pacing", "tune.quic.disable-udp-gso",
    "tune.quic.frontend.conn-tx-buffers.limit", "tune.quic.frontend.default-max-window-size",
    "tune.quic.frontend.glitches-threshold", "tune.quic.frontend.max-data-size",
    "tune.quic.frontend.max-idle-timeout", "tune.quic.frontend.max-streams-bidi",
    "tune.quic.frontend.max-tx-mem", "tune.quic.frontend.stream-data-ratio", "tune.quic.max-frame-loss",
    "tune.quic.reorder-ratio", "tune.quic.retry-threshold", "tune.quic.socket-owner",
    "tune.quic.zero-copy-fwd-send", "tune.rcvbuf.backend", "tune.rcvbuf.frontend", "tune.renice.runtime",
    "tune.renice.startup", "tune.ring.queues", "tune.sndbuf.backend", "tune.sndbuf.frontend",
    "tune.ssl.certificate-compression", "tune.ssl.keyupdate-rate-limit", "tune.ssl.ocsp-update.maxdelay",
    "tune.ssl.ocsp-update.mindelay", "tune.stick-counters", "tune.streams-elasticity",
    "tune.takeover-other-tg-connections", "tune.zlib.memlevel", "tune.zlib.windowsize",
    "warn-blocked-traffic-after", "wurfl-cache-size", "wurfl-data-file", "wurfl-information-list",
    "wurfl-information-list-separator",
];

/// 2.6's words of proxy sections, in the order in which it looks for the nearest.
#[rustfmt::skip]
const PROXY_2_6: &[&str] = &[
    "clitcpka-cnt", "clitcpka-idle", "clitcpka-intvl", "clitimeout", "compression", "contimeout", "declare",
    "errorfile", "errorfiles", "errorloc", "errorloc302", "errorloc303", "external-check", "filter",
    "http-check", "http-error", "max-keep-alive-queue", "rate-limit", "retry-on", "srvtcpka-cnt",
    "srvtcpka-idle", "srvtcpka-intvl", "srvtimeout", "tcp-check", "tcp-request", "tcp-response", "timeout",
    "use-fcgi-app", "listen", "frontend", "backend", "defaults", "server", "default-server",
    "server-template", "bind", "monitor-net", "monitor-uri", "mode", "id", "description", "disabled",
    "enabled", "bind-process", "acl", "dynamic-cookie-key", "cookie", "email-alert", "persist", "appsession",
    "load-server-state-from-file", "server-state-file-name", "max-session-srv-conns", "capture", "retries",
    "http-request", "http-response", "http-after-response", "http-send-name-header", "block", "redirect",
    "use_backend", "use-server", "force-persist", "ignore-persist", "stick-table", "stick", "stats", "option",
    "default_backend", "http-reuse", "monitor", "transparent", "maxconn", "backlog", "fullconn", "dispatch",
    "balance", "hash-type", "hash-balance-factor", "unique-id-format", "unique-id-header", "log-format",
    "log-format-sd", "log-tag", "log", "source", "usesrc", "error-log-format",
];

/// Words of proxy sections of later versions, and those of modules that a build may leave out.
#[rustfmt::skip]
const PROXY_LATER: &[&str] = &[
    "be-unpublished", "filter-sequence", "force-be-switch", "guid", "hash-preserve-affinity", "log-steps",
    "quic-initial", "ssl-f-use",
];

/// 2.6's words behind `option`, in the order in which it looks for the nearest.
#[rustfmt::skip]
const OPTION_2_6: &[&str] = &[
    "abortonclose", "accept-invalid-http-request", "accept-invalid-http-response", "allbackups", "checkcache",
    "clitcpka", "contstats", "disable-h2-upgrade", "dontlog-normal", "dontlognull",
    "h1-case-adjust-bogus-client", "h1-case-adjust-bogus-server", "http-buffer-request", "http-ignore-probes",
    "http-no-delay", "http-pretend-keepalive", "http-use-proxy-header", "idle-close-on-response",
    "independent-streams", "log-health-checks", "log-separate-errors", "logasap", "nolinger", "persist",
    "prefer-last-server", "socket-stats", "splice-auto", "splice-request", "splice-response", "srvtcpka",
    "tcp-smart-accept", "tcp-smart-connect", "transparent", "httpclose", "http-server-close",
    "http-keep-alive", "redispatch", "httplog", "tcplog", "tcpka", "httpchk", "ssl-hello-chk", "smtpchk",
    "pgsql-check", "redis-check", "mysql-check", "ldap-check", "spop-check", "tcp-check", "external-check",
    "forwardfor", "original-to",
];

/// Words behind `option` of later versions, and those of modules that a build may leave out.
#[rustfmt::skip]
const OPTION_LATER: &[&str] = &[
    "accept-unsafe-violations-in-http-request", "accept-unsafe-violations-in-http-response",
    "assume-rfc6587-ntf", "dont-parse-log", "forwarded", "http-drop-request-trailers",
    "http-drop-response-trailers", "http-restrict-req-hdr-names", "httpslog", "originalto",
    "use-small-buffers",
];

/// 2.6's parameters of `bind`, in the order in which it looks for the nearest.
#[rustfmt::skip]
const BIND_2_6: &[&str] = &[
    "accept-netscaler-cip", "accept-proxy", "backlog", "defer-accept", "expose-fd", "gid", "group", "id",
    "interface", "level", "maxconn", "mode", "mss", "name", "namespace", "nice", "process", "proto",
    "severity-output", "shards", "tcp-ut", "tfo", "thread", "transparent", "uid", "user", "v4v6", "v6only",
    "allow-0rtt", "alpn", "ca-file", "ca-ignore-err", "ca-sign-file", "ca-sign-pass", "ca-verify-file",
    "ciphers", "ciphersuites", "crl-file", "crt", "crt-ignore-err", "crt-list", "curves", "ecdhe",
    "force-sslv3", "force-tlsv10", "force-tlsv11", "force-tlsv12", "force-tlsv13", "generate-certificates",
    "no-ca-names", "no-sslv3", "no-tls-tickets", "no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13", "npn",
    "prefer-client-ciphers", "ssl-max-ver", "ssl-min-ver", "strict-sni", "tls-ticket-keys", "verify",
];

/// Parameters of `bind` of later versions, and those of modules that a build may leave out.
#[rustfmt::skip]
const BIND_LATER: &[&str] = &[
    "cc", "client-sigalgs", "default-crt", "guid-prefix", "idle-ping", "ktls", "label", "nbconn",
    "no-alpn", "no-strict-sni", "quic-cc-algo", "quic-force-retry", "quic-socket", "sigalgs", "ssl",
    "tcp-md5sig", "tcp-ss", "tls-tickets",
];

/// 2.6's parameters of `server`, in the order in which it looks for the nearest.
#[rustfmt::skip]
const SERVER_2_6: &[&str] = &[
    "addr", "agent-addr", "agent-check", "agent-inter", "agent-port", "agent-send", "allow-0rtt", "alpn",
    "backup", "ca-file", "check", "check-alpn", "check-proto", "check-send-proxy", "check-sni", "check-ssl",
    "check-via-socks4", "ciphers", "ciphersuites", "cookie", "crl-file", "crt", "disabled", "downinter",
    "enabled", "error-limit", "fall", "fastinter", "force-sslv3", "force-tlsv10", "force-tlsv11",
    "force-tlsv12", "force-tlsv13", "id", "init-addr", "inter", "log-proto", "max-reuse", "maxconn",
    "maxqueue", "minconn", "namespace", "no-agent-check", "no-backup", "no-check", "no-check-send-proxy",
    "no-check-ssl", "no-send-proxy", "no-send-proxy-v2", "no-send-proxy-v2-ssl", "no-send-proxy-v2-ssl-cn",
    "no-ssl", "no-ssl-reuse", "no-sslv3", "no-tfo", "no-tls-tickets", "no-tlsv10", "no-tlsv11", "no-tlsv12",
    "no-tlsv13", "non-stick", "npn", "observe", "on-error", "on-marked-down", "on-marked-up", "pool-low-conn",
    "pool-max-conn", "pool-purge-delay", "port", "proto", "proxy-v2-options", "redir", "resolve-net",
    "resolve-opts", "resolve-prefer", "resolvers", "rise", "send-proxy", "send-proxy-v2", "send-proxy-v2-ssl",
    "send-proxy-v2-ssl-cn", "slowstart", "sni", "socks4", "source", "ssl", "ssl-max-ver", "ssl-min-ver",
    "ssl-reuse", "stick", "tcp-ut", "tfo", "tls-tickets", "track", "usesrc", "verify", "verifyhost", "weight",
    "ws",
];

/// Parameters of `server` of later versions, and those of modules that a build may leave out.
#[rustfmt::skip]
const SERVER_LATER: &[&str] = &[
    "cc", "check-pool-conn-name", "check-reuse-pool", "check-sni-auto", "client-sigalgs", "curves",
    "guid", "hash-key", "healthcheck", "idle-ping", "init-state", "ktls", "log-bufsize",
    "no-check-reuse-pool", "no-check-sni-auto", "no-renegotiate", "no-sni-auto", "no-verifyhost",
    "pool-conn-name", "renegotiate", "set-proxy-v2-tlv-fmt", "shard", "sigalgs", "sni-auto",
    "strict-maxconn", "tcp-md5sig",
];

/// Parameters of `bind` and `server` that only have a meaning with TLS.
#[rustfmt::skip]
const TLS: &[&str] = &[
    "allow-0rtt", "alpn", "ca-file", "ca-ignore-err", "ca-sign-file", "ca-sign-pass", "ca-verify-file",
    "check-alpn", "check-sni", "check-ssl", "ciphers", "ciphersuites", "client-sigalgs", "crl-file",
    "crt", "crt-ignore-err", "crt-list", "curves", "default-crt", "ecdhe", "force-sslv3", "force-tlsv10",
    "force-tlsv11", "force-tlsv12", "force-tlsv13", "generate-certificates", "ktls", "no-alpn",
    "no-ca-names", "no-ssl-reuse", "no-sslv3", "no-strict-sni", "no-tls-tickets", "no-tlsv10",
    "no-tlsv11", "no-tlsv12", "no-tlsv13", "no-verifyhost", "npn", "prefer-client-ciphers",
    "send-proxy-v2-ssl", "send-proxy-v2-ssl-cn", "sigalgs", "sni", "ssl", "ssl-max-ver", "ssl-min-ver",
    "ssl-reuse", "strict-sni", "tls-ticket-keys", "tls-tickets", "verify", "verifyhost",
];

/// 2.6's actions of `http-request`, in the order of its message.
#[rustfmt::skip]
const REQUEST_ACTIONS: &[&str] = &[
    "wait-for-handshake", "ot-group", "set-log-level", "set-nice", "use-service", "sc-inc-gpc(*)",
    "sc-inc-gpc0(*)", "sc-inc-gpc1(*)", "sc-set-gpt(*)", "sc-set-gpt0(*)", "send-spoe-group", "do-resolve(*)",
    "cache-use", "add-acl(*)", "add-header", "allow", "auth", "capture", "del-acl(*)", "del-header",
    "del-map(*)", "deny", "disable-l7-retry", "early-hint", "normalize-uri", "redirect", "reject",
    "replace-header", "replace-path", "replace-pathq", "replace-uri", "replace-value", "return", "set-header",
    "set-map(*)", "set-method", "set-path", "set-pathq", "set-query", "set-uri", "strict-mode", "tarpit",
    "track-sc(*)", "set-timeout", "wait-for-body", "set-var-fmt(*)", "set-var(*)", "unset-var(*)", "set-dst",
    "set-dst-port", "set-mark", "set-src", "set-src-port", "set-tos", "silent-drop", "set-priority-class",
    "set-priority-offset",
];

/// 2.6's actions of `http-response`, in the order of its message.
#[rustfmt::skip]
const RESPONSE_ACTIONS: &[&str] = &[
    "ot-group", "set-log-level", "set-nice", "sc-inc-gpc(*)", "sc-inc-gpc0(*)", "sc-inc-gpc1(*)",
    "sc-set-gpt(*)", "sc-set-gpt0(*)", "send-spoe-group", "cache-store", "add-acl(*)", "add-header", "allow",
    "capture", "del-acl(*)", "del-header", "del-map(*)", "deny", "redirect", "replace-header",
    "replace-value", "return", "set-header", "set-map(*)", "set-status", "strict-mode", "track-sc(*)",
    "wait-for-body", "set-var-fmt(*)", "set-var(*)", "unset-var(*)", "set-mark", "set-tos", "silent-drop",
];

/// 2.6's actions of `tcp-request connection` and `session`, in the order of its message.
#[rustfmt::skip]
const CONNECTION_ACTIONS: &[&str] = &[
    "sc-inc-gpc(*)", "sc-inc-gpc0(*)", "sc-inc-gpc1(*)", "sc-set-gpt(*)", "sc-set-gpt0(*)", "set-var-fmt(*)",
    "set-var(*)", "unset-var(*)", "set-dst", "set-dst-port", "set-mark", "set-src", "set-src-port", "set-tos",
    "silent-drop",
];

/// The same of `tcp-request content`.
#[rustfmt::skip]
const CONTENT_ACTIONS: &[&str] = &[
    "ot-group", "set-log-level", "set-nice", "switch-mode", "use-service", "sc-inc-gpc(*)", "sc-inc-gpc0(*)",
    "sc-inc-gpc1(*)", "sc-set-gpt(*)", "sc-set-gpt0(*)", "send-spoe-group", "do-resolve(*)", "set-var-fmt(*)",
    "set-var(*)", "unset-var(*)", "set-src", "set-src-port", "set-dst", "set-dst-port", "set-mark", "set-tos",
    "silent-drop", "set-priority-class", "set-priority-offset",
];

/// What HAProxy says may stand behind `tcp-request content`, or `connection` and `session`.
#[must_use]
pub fn tcp_actions(content: bool) -> String {
    let more = if content { CONTENT_ACTIONS } else { CONNECTION_ACTIONS };
    let first =
        "'accept', 'reject', 'capture', 'expect-proxy', 'expect-netscaler-cip', 'track-sc0' ... 'track-sc2'";
    more.iter().fold(first.to_owned(), |list, name| format!("{list}, '{name}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_word_haproxy_knows() {
        for row in directive::all() {
            let kind = if row.sections & row::GLOBAL != 0 { Kind::Global } else { Kind::Proxy };
            let gone = row.doc.starts_with("A word of older versions");
            assert!(gone || knows(kind, row.name), "{}", row.name);
        }
        assert!(option::all().all(|r| knows(Kind::Option, r.name)));
        for row in bind::all() {
            assert!(knows(Kind::Bind, row.name), "{}", row.name);
        }
        assert!(server::all().all(|r| knows(Kind::Server, r.name)));
        assert!(section::all().all(|r| knows(Kind::Section, r.name)));
    }

    #[test]
    fn refused_words_are_those_without_a_row() {
        let refused = refused_words();
        assert!(refused.contains(&(Kind::Proxy, "filter")) && refused.contains(&(Kind::Server, "ssl")));
        assert!(["peers", "healthcheck"].iter().all(|s| refused.contains(&(Kind::Section, s))));
        assert!(refused.iter().all(|(kind, _)| *kind != Kind::Balance));
        assert!(!refused.contains(&(Kind::Proxy, "server")) && !refused.contains(&(Kind::Global, "maxconn")));
    }

    #[test]
    fn guesses_are_haproxys() {
        for (kind, typed, meant) in [
            (Kind::Proxy, "blance", Some("balance")),
            (Kind::Proxy, "tiemout", Some("timeout")),
            (Kind::Proxy, "zzzzqqqq", None),
            (Kind::Global, "maxcon", Some("maxconn")),
            (Kind::Option, "httpcloze", Some("httpclose")),
            (Kind::Bind, "nams", Some("name")),
            (Kind::Server, "chek", Some("check")),
            (Kind::Server, "foo", Some("tfo")),
        ] {
            assert_eq!(haproxys_guess(kind, typed), meant, "{typed}");
        }
    }
}
