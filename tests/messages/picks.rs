//! Balance, retries and servers: what `tests/golden/config` cannot hold, because HAProxy says it only of an otherwise sound
//! file, or says something else than Ringmain. All else stands there (`balance-words.cfg`, `retry-words.cfg`,
//! `server-words.cfg`).
use super::{Case, differs, same};

pub const CASES: &[Case] = &[
    same("balance-hash-unknown-fetch", "    balance hash foo\n"),
    same("balance-hash-unknown-converter", "    balance hash path,foo\n"),
    same("balance-hash-consistent-static", "    balance static-rr\n    hash-type consistent\n"),
    same("balance-hash-factor-without-hash", "    hash-balance-factor 150\n"),
    same("balance-rdp-cookie", "    mode tcp\n    balance rdp-cookie\n"),
    same("balance-uri-in-tcp", "    mode tcp\n    balance uri\n"),
    same("balance-url-param-in-tcp", "    mode tcp\n    balance url_param a\n"),
    same("balance-hdr-in-tcp", "    mode tcp\n    balance hdr(a)\n"),
    same("balance-in-defaults", "!defaults\n    balance leastconn\n    hash-type consistent\n"),
    same(
        "retry-on-in-tcp",
        "listen t\n    mode tcp\n    bind 127.0.10.1:18097\n    retry-on all-retryable-errors\n",
    ),
    same("redispatch-interval", "    option redispatch -2\n    option redispatch 3\n"),
    same(
        "redispatch-in-frontend",
        "frontend g\n    bind 127.0.10.1:18097\n    option redispatch 2\n    default_backend b\n",
    ),
    same("appsession", "    appsession JSESSIONID len 52 timeout 3h\n"),
    same("usesrc-alone", "    server t 127.0.0.1:1 usesrc clientip\n"),
    differs(
        "redispatch-too-many-words",
        "    option redispatch 2 3\n",
        "haproxy ignores the second",
        1,
        "'option redispatch' cannot handle unexpected argument '3'.",
    ),
    differs(
        "server-init-addr-without-methods",
        "    server t 127.0.0.1:1 init-addr\n",
        "haproxy takes nothing for a list",
        1,
        "unknown init-addr method ''",
    ),
    differs(
        "server-port-too-large",
        "    server t 127.0.0.1:1 check port 70000\n",
        "haproxy checks another port",
        1,
        "invalid port '70000'",
    ),
    differs(
        "server-slowstart-without-time",
        "    server t 127.0.0.1:1 slowstart\n",
        "haproxy finds an unexpected character",
        1,
        "'slowstart' expects a delay as argument.",
    ),
    differs(
        "default-server-with-id",
        "    default-server id 5\n",
        "haproxy says it in an alert, and goes on",
        1,
        "'id' option is not accepted in default-server sections",
    ),
    differs(
        "email-alert",
        "    email-alert level notice\n",
        "it is not built",
        1,
        "does not support this HAProxy keyword yet",
    ),
];
