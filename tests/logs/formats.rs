//! Heads of lines, targets' parameters, built-in formats and options.

use crate::talk::{Act, Row, on, row, send};
use crate::{Case, compare};

/// One listener with every head; a request makes a line of each.
const HEADS: &str = "
global
    nbthread 1
    log ${LOG} local7
    log-send-hostname tester
defaults
    mode http
    log-tag same
    log global
    log ${LOG} format rfc5424 local0
    log ${LOG} format rfc3164 local1
    log ${LOG} format local local2
    log ${LOG} format priority daemon
    log ${LOG} format short local4
    log ${LOG} format timed local5
    log ${LOG} format iso local6
    log ${LOG} format raw local7
    log ${LOG} len 80 format iso local0
    log ${LOG} len 80 format rfc5424 local0
    log ${LOG} local0 notice
    log ${LOG} local0 info crit
    log ${LOG} local0 debug warning
    log-format-sd \"[x@1 host=\\\"%[capture.req.hdr(0)]\\\" a=\\\"%{+E}[capture.req.hdr(1)]\\\"]\"
    option httplog
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend f
    bind \"127.0.10.1:${F1}\"
    capture request header Host len 40
    capture request header X len 40
    default_backend b
backend b
    server a ${A}
";

const OPTIONS: &str = "
global
    nbthread 1
    tune.http.logurilen 60
    tune.http.cookielen 5
defaults
    mode http
    log ${LOG} local0
    timeout connect 250ms
    timeout client 400ms
    timeout server 250ms
    timeout http-request 200ms
    default_backend b
frontend clf
    bind \"127.0.10.1:${F1}\"
    option httplog clf
    capture request header Host len 9
    capture request header None len 9
    capture response header x-origin len 9
    capture cookie S= len 6
frontend https
    bind \"127.0.10.1:${F2}\"
    option httpslog
frontend quiet
    bind \"127.0.10.1:${F3}\"
    option httplog
    option dontlognull
    option dontlog-normal
    option log-separate-errors
    http-request deny if { path /deny }
    http-request redirect location /x if { path /redir }
frontend early
    bind \"127.0.10.1:${F4}\"
    option httplog
    option logasap
    http-request deny if { path /deny }
frontend plain
    bind \"127.0.10.1:${F5}\"
    http-request deny if { path /deny }
frontend levels
    bind \"127.0.10.1:${F6}\"
    option httplog
    http-request set-log-level silent if { path_beg /silent }
    http-request set-log-level err if { path_beg /err }
    http-request set-log-level debug if { path_beg /debug }
    http-response set-log-level alert if { res.hdr(x-alert) -m found }
frontend sampled
    bind \"127.0.10.1:${F7}\"
    no log
    log ${LOG} sample 1,3:3 local3
    option httplog
    log-tag sampled
frontend silent
    bind \"127.0.10.1:${F8}\"
    no log
    option httplog
frontend errors
    bind \"127.0.10.1:${F9}\"
    option httplog
    error-log-format \"bad %ci %f %ST %ac %tsc\"
backend b
    server a ${A}
";

const TCP: &str = "
global
    nbthread 1
defaults
    mode tcp
    log ${LOG} local0
    timeout connect 250ms
    timeout client 400ms
    timeout server 400ms
    default_backend echo
frontend plain
    bind \"127.0.10.1:${F1}\"
frontend early
    bind \"127.0.10.1:${F2}\"
    option tcplog
    option logasap
frontend null
    bind \"127.0.10.1:${F3}\"
    option tcplog
    option dontlognull
frontend own
    bind \"127.0.10.1:${F4}\"
    log-format \"%ci %f/%b/%s %ts %U/%B\"
frontend start
    bind \"127.0.10.1:${F5}\"
    log-format \"%ci %f %t\"
frontend middle
    bind \"127.0.10.1:${F6}\"
    log-format \"%ci %s\"
frontend quoted
    bind \"127.0.10.1:${F7}\"
    option dontlog-normal
    log-format \"%{+Q}ci %{+Q}f %[src] %{+Q}[src_port] port=%cp %{+X}ci\"
frontend leveled
    bind \"127.0.10.1:${F8}\"
    option tcplog
    tcp-request inspect-delay 200ms
    tcp-request content set-log-level crit if { req.len gt 0 }
    tcp-request content set-log-level silent if { req.payload(0,4) -m str hush }
backend echo
    server e ${ECHO}
";

fn options() -> Vec<Row> {
    let mut rows = vec![
        row("clf", "GET /"),
        row("clf-captures", "GET /a|X-Add: Set-Cookie: S=answer; path=/|Cookie: a=b; S=question"),
        row("clf-long", &format!("GET /{}", "long".repeat(20))),
        row("clf-long-just", &format!("GET /{}", "a".repeat(45))),
        row("clf-bad", "BAD||"),
    ];
    rows.extend(on(2, [row("httpslog", "GET /"), row("httpslog-bad", "BAD||")]));
    rows.extend(on(
        3,
        [
            row("quiet-normal", "GET /"),
            row("quiet-redirect", "GET /redir"),
            row("quiet-deny", "GET /deny"),
            row("quiet-500", "GET /status/500"),
            row("quiet-400", "GET /status/404"),
            row("quiet-none", "GET /none"),
            row("quiet-bad", "BAD||"),
            row("quiet-nothing", "").pause(50),
            row("quiet-half", "").acts([send("GET / HTTP"), Act::Pause(50)]),
        ],
    ));
    rows.extend(on(
        4,
        [
            row("early", "GET /"),
            row("early-slow-body", "GET /slowbody/100"),
            row("early-deny", "GET /deny"),
            row("early-none", "GET /none"),
            row("early-broken", "GET /headhalf/100"),
        ],
    ));
    rows.extend(on(
        5,
        [
            row("plain-http", "GET /").then("GET /"),
            row("plain-http-deny", "GET /deny"),
            row("plain-http-bad", "BAD||"),
        ],
    ));
    rows.extend(on(
        6,
        [
            row("level-silent", "GET /silent"),
            row("level-err", "GET /err"),
            row("level-debug", "GET /debug"),
            row("level-answer", "GET /|X-Add: X-Alert: 1"),
            row("level-usual", "GET /"),
        ],
    ));
    rows.extend(on(
        7,
        [
            row("sample-1", "GET /1"),
            row("sample-2", "GET /2"),
            row("sample-3", "GET /3"),
            row("sample-4", "GET /4"),
            row("sample-5", "GET /5"),
        ],
    ));
    rows.extend(on(8, [row("no-log", "GET /")]));
    rows.extend(on(9, [row("error-format", "BAD||"), row("error-format-good", "GET /")]));
    rows
}

fn tcp() -> Vec<Row> {
    let hello = |id| row(id, "").acts([send("hello HTTP/"), Act::Read, Act::Fin, Act::Read]);
    let mut rows = vec![hello("plain-tcp")];
    rows.extend(on(2, [hello("early-tcp")]));
    rows.extend(on(3, [hello("null-tcp"), row("null-tcp-nothing", "").pause(50)]));
    rows.extend(on(4, [hello("own-tcp")]));
    rows.extend(on(5, [hello("own-tcp-start")]));
    rows.extend(on(6, [hello("own-tcp-middle")]));
    rows.extend(on(7, [hello("own-tcp-quoted")]));
    rows.extend(on(8, [hello("level-tcp"), row("level-tcp-silent", "").acts([send("hush"), Act::Read])]));
    rows
}

pub fn cases() -> Vec<Case> {
    vec![
        Case {
            config: HEADS,
            fronts: 1,
            rows: vec![
                row("heads", "GET /a|X: a]b\\c\"d"),
                row("heads-long", "GET /0123456789012345678901234567890"),
            ],
        },
        Case { config: OPTIONS, fronts: 9, rows: options() },
        Case { config: TCP, fronts: 8, rows: tcp() },
    ]
}

#[test]
fn heads_and_parameters() {
    compare(&cases()[0]);
}

#[test]
fn options_of_http() {
    compare(&cases()[1]);
}

#[test]
fn formats_of_tcp() {
    compare(&cases()[2]);
}
