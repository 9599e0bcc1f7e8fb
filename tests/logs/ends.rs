//! Every end of a session that the manual names (8.5), made to happen.

use crate::talk::{Act, Row, on, row, send};
use crate::{Case, compare};

pub const HTTP: &str = "
global
    nbthread 1
defaults
    mode http
    log ${LOG} local0
    option httplog
    timeout connect 250ms
    timeout client 300ms
    timeout server 250ms
    timeout http-request 200ms
    timeout queue 200ms
    retries 1
frontend f
    bind \"127.0.10.1:${F1}\"
    http-request deny if { path /deny }
    http-request deny deny_status 429 if { path /deny429 }
    http-request redirect location /x if { path /redir }
    http-request return status 200 content-type text/plain string hi if { path /ret }
    http-request silent-drop if { path /drop }
    timeout tarpit 200ms
    http-request tarpit if { path /tarpit }
    http-response deny if { res.hdr(x-bad) -m found }
    http-response return status 299 content-type text/plain string hi if { res.hdr(x-return) -m found }
    monitor-uri /monitor
    default_backend any
frontend nothing
    bind \"127.0.10.1:${F2}\"
frontend empty
    bind \"127.0.10.1:${F3}\"
    default_backend empty
frontend dead
    bind \"127.0.10.1:${F4}\"
    default_backend dead
frontend hole
    bind \"127.0.10.1:${F5}\"
    default_backend hole
frontend full
    bind \"127.0.10.1:${F6}\"
    default_backend full
frontend again
    bind \"127.0.10.1:${F7}\"
    default_backend again
frontend left
    bind \"127.0.10.1:${F8}\"
    use_backend leftfull if { path_beg /full }
    use_backend lefthole if { path_beg /hole }
    default_backend left
frontend nosource
    bind \"127.0.10.1:${F9}\"
    default_backend nosource
backend nosource
    server a ${A} source 192.0.2.77
backend any
    server a ${A}
backend empty
backend dead
    server d ${DEAD}
backend hole
    server h ${HOLE}
backend full
    timeout server 2s
    server a ${A} maxconn 1
backend again
    option redispatch 1
    server d ${DEAD}
    server a ${A}
backend left
    option abortonclose
    timeout server 2s
    server a ${A}
backend leftfull
    option abortonclose
    timeout server 2s
    timeout queue 2s
    server a ${A} maxconn 1
backend lefthole
    option abortonclose
    timeout connect 2s
    retries 0
    server h ${HOLE}
";

const TCP: &str = "
global
    nbthread 1
defaults
    mode tcp
    log ${LOG} local0
    option tcplog
    timeout connect 250ms
    timeout client 250ms
    timeout server 400ms
    retries 1
frontend f
    bind \"127.0.10.1:${F1}\"
    default_backend echo
frontend dead
    bind \"127.0.10.1:${F2}\"
    default_backend dead
frontend hole
    bind \"127.0.10.1:${F3}\"
    default_backend hole
frontend none
    bind \"127.0.10.1:${F4}\"
    default_backend none
frontend http
    bind \"127.0.10.1:${F5}\"
    default_backend http
frontend silent
    bind \"127.0.10.1:${F6}\"
    timeout client 2s
    default_backend echo
frontend nowhere
    bind \"127.0.10.1:${F7}\"
backend echo
    server e ${ECHO}
backend dead
    server d ${DEAD}
backend hole
    server h ${HOLE}
backend none
backend http
    server a ${A}
";

fn http() -> Vec<Row> {
    let mut rows = vec![
        row("end-normal", "GET /"),
        row("end-normal-two", "GET /1").then("GET /2"),
        row("end-pipelined", "").acts([send("GET /1"), send("GET /2"), Act::Read]),
        row("end-head", "HEAD /len/500"),
        row("end-post", "POST /echo|Content-Length: 5").acts([
            send("POST /echo|Content-Length: 5"),
            send("hello|"),
            Act::Read,
        ]),
        row("end-large", "GET /len/300000"),
        row("end-chunked", "GET /chunked/5,50,500"),
        row("end-to-close", "GET /toclose/900"),
        row("end-http10", "GET / HTTP/1.0||"),
        row("end-204", "GET /204"),
        row("end-CR-nothing", "").pause(50),
        row("end-CR-half", "GET / HTTP").acts([send("GET / HTTP"), Act::Pause(50)]),
        row("end-CR-reset", "").acts([send("GET / HTTP"), Act::Pause(50), Act::Reset]),
        row("end-cR-nothing", "").pause(300),
        row("end-cR-half", "").acts([send("GET / HTTP/1.1|Host: a|"), Act::Pause(300)]),
        row("end-PR-garbage", "GARBAGE||"),
        row("end-PR-deny", "GET /deny"),
        row("end-PR-deny-status", "GET /deny429"),
        row("end-PR-drop", "GET /drop"),
        row("end-PT", "GET /tarpit"),
        row("end-CT", "")
            .acts([send("POST /tarpit|Content-Length: 5"), Act::Pause(60), Act::Reset])
            .wait(300)
            .differs("HAProxy says that it waited to the end, its manual that the client aborted", " CT-- "),
        row("end-LR-redirect", "GET /redir"),
        row("end-LR-return", "GET /ret"),
        row("end-monitor", "GET /monitor"),
        row("end-PH-rule", "GET /|X-Add: X-Bad: 1"),
        row("end-response-return", "GET /|X-Add: X-Return: 1"),
        row("end-PH-garbage", "GET /raw/HTTX\\r\\n\\r\\n"),
        row("end-SH-none", "GET /none"),
        row("end-SH-reset", "GET /reset"),
        row("end-sH", "GET /slow/600"),
        row("end-SD-half", "GET /half/1000"),
        row("end-SD-chunk", "GET /halfchunk"),
        row("end-sD", "GET /slowbody/700").pause(400),
        row(
            "end-PD-chunk",
            "GET /raw/HTTP/1.1%20200%20OK\\r\\nTransfer-Encoding:%20chunked\\r\\n\\r\\n5\\r\\nhello\\r\\nzz\\r\\n",
        ),
        row("end-CH-upload", "").acts([
            send("POST /echo|Content-Length: 500"),
            send("hello"),
            Act::Pause(50),
            Act::Reset,
        ]),
        row("end-cH-upload", "").acts([send("POST /echo|Content-Length: 500"), send("hello"), Act::Read]),
        row("end-CD", "")
            .acts([send("GET /len/20000000"), Act::Take(1000), Act::Pause(100), Act::Reset])
            .wait(300),
        row("end-cD", "").acts([send("GET /len/20000000"), Act::Take(1000), Act::Pause(900)]).wait(300),
        row("end-tunnel", "GET /upgrade|Connection: upgrade|Upgrade: x").pause(400),
        row("end-keep-alive-idle", "GET /").pause(400),
    ];
    rows.extend(on(2, [row("end-SC-no-backend", "GET /")]));
    rows.extend(on(3, [row("end-SC-no-server", "GET /")]));
    rows.extend(on(4, [row("end-SC-refused", "GET /")]));
    rows.extend(on(5, [row("end-sC", "GET /")]));
    rows.extend(on(
        6,
        [
            row("end-sQ", "GET /").beside("GET /slow/700").wait(500),
            row("end-queued", "GET /").beside("GET /slow/120").wait(200),
        ],
    ));
    rows.extend(on(7, [row("end-redispatched", "GET /")]));
    rows.extend(on(
        8,
        [
            row("end-CH", "").acts([send("GET /slow/800"), Act::Pause(100), Act::Reset]).wait(900).differs(
                "haproxy 2.6.12 does not notice that the client is gone, whatever the file says",
                " CH-- ",
            ),
            row("end-CC", "").acts([send("GET /hole"), Act::Pause(100), Act::Reset]).wait(300).differs(
                "haproxy 2.6.12 does not notice that the client is gone, whatever the file says",
                " CC-- ",
            ),
            row("end-CQ", "")
                .acts([send("GET /full"), Act::Pause(100), Act::Reset])
                .beside("GET /full|X-Do: slow/500")
                .wait(600)
                .differs(
                    "haproxy 2.6.12 does not notice that the client is gone, whatever the file says",
                    " CQ-- ",
                ),
        ],
    ));
    rows.extend(on(
        9,
        [row("end-RC", "GET /")
            .differs("HAProxy says `SC` where it has no port to come from, its manual `RC`", " RC-- ")],
    ));
    rows
}

fn tcp() -> Vec<Row> {
    let mut rows = vec![
        row("tcp-normal", "").acts([send("hello HTTP/"), Act::Read, Act::Fin, Act::Read]),
        row("tcp-closed", "").acts([send("hello HTTP/"), Act::Read]),
        row("tcp-nothing", "").pause(50),
        row("tcp-cD", "").acts([send("hello HTTP/"), Act::Read, Act::Pause(400)]),
        row("tcp-CD", "").acts([send("hello HTTP/"), Act::Read, Act::Reset]),
    ];
    rows.extend(on(2, [row("tcp-SC", "x HTTP/")]));
    rows.extend(on(3, [row("tcp-sC", "x HTTP/")]));
    rows.extend(on(4, [row("tcp-no-server", "x HTTP/")]));
    rows.extend(on(5, [row("tcp-SD", "GET /reset"), row("tcp-server-closes", "GET /connclose/50")]));
    rows.extend(on(6, [row("tcp-sD", "").acts([send("hello HTTP/"), Act::Read, Act::Pause(600)])]));
    rows.extend(on(7, [row("tcp-no-backend", "x HTTP/")]));
    rows
}

pub fn cases() -> Vec<Case> {
    vec![Case { config: HTTP, fronts: 9, rows: http() }, Case { config: TCP, fronts: 7, rows: tcp() }]
}

#[test]
fn http_sessions() {
    compare(&cases()[0]);
}

#[test]
fn tcp_sessions() {
    compare(&cases()[1]);
}
