//! Every variable, flag and capture.

use crate::common::ground::{Ground, scratch};
use crate::common::proxy::{Io, Program};
use crate::common::socket::ask;
use crate::common::{client, eventually};
use crate::talk::{Act, Row, on, row, send};
use crate::{Case, compare};

const CONFIG: &str = "
global
    nbthread 1
defaults
    mode http
    log ${LOG} local0
    timeout connect 250ms
    timeout client 400ms
    timeout server 250ms
    timeout http-request 200ms
    default_backend b
frontend all
    bind \"127.0.10.1:${F1}\"
    http-request deny if { path /deny }
    http-request set-path /new if { path /rewritten }
    log-format \"%ci port=%cp %t %T %Tl %tr %trg %trl ms=%ms time=%Ts %f %ft %b %s %H pid=%pid %HM|%HP|%HPO|%HQ|%HU|%HV %r %ST %tsc %ts %ac %fc %bc %sc %rc %sq %bq %fi:%fp %si:%sp %bi port=%bp %sslc %sslv %lc %Th/%Ti\"
frontend flags
    bind \"127.0.10.1:${F2}\"
    log-format \"%{+Q}o %ci %HM %s %ST %{-Q}f %{+X}ci port=%{+X}cp port=%{+X}fp time=%{+X}Ts pid=%{+X}pid ms=%{+X}ms %r %hr %hrl %CC %{+E}r %[src] %{-Q}[src] %ID %b\"
    capture request header X len 20
    capture request header Y len 20
frontend captures
    bind \"127.0.10.1:${F3}\"
    capture request header Host len 4
    capture response header x-origin len 10
    capture request header X len 8
    declare capture request len 4
    declare capture response len 3
    http-request capture path len 20
    http-request capture req.hdr(user-agent) id 2
    http-response capture res.hdr(x-more) id 1
    http-request deny if { path /deny }
    http-request set-header X-Seen %[capture.req.hdr(0)]-%[capture.req.method]-%[capture.req.uri]-%[capture.req.ver]
    capture cookie S len 6
    log-format \"%hr %hs %hrl %hsl %CC %CS %[capture.req.hdr(0)] %[capture.req.hdr(9)] %[capture.res.hdr(0)] %[capture.req.method] %[capture.req.uri] %[capture.req.ver] %[capture.res.ver] %{+Q}[method]\"
frontend ids
    bind \"127.0.10.1:${F4}\"
    unique-id-format %{+X}o\\ %ci-%fi-port=%fp-%[path]
    unique-id-header X-Unique-ID
    http-request set-path /rewritten if { path /id }
    log-format \"%ID %[unique-id] %HU\"
frontend blanks
    bind \"127.0.10.1:${F5}\"
    log-format \"  %f   %hr   %hs  x%%y %HM  \"
frontend request
    bind \"127.0.10.1:${F6}\"
    log-format \"%ci %HM %HU %s\"
frontend cookies
    bind \"127.0.10.1:${F7}\"
    option httplog
    use_backend indirect if { path_beg /indirect }
    use_backend rewrite if { path_beg /rewrite }
    use_backend dated if { path_beg /dated }
    use_backend prefix if { path_beg /prefix }
    use_backend dead if { path_beg /dead }
    use_backend ignored if { path_beg /ignored }
    default_backend insert
backend b
    server a ${A}
backend insert
    cookie S insert
    server a ${A} cookie a
    server off ${B} cookie off disabled
backend indirect
    cookie S insert indirect postonly
    server a ${A} cookie a
backend rewrite
    cookie S rewrite
    server a ${A} cookie a
backend prefix
    cookie S prefix
    server a ${A} cookie a
backend dated
    cookie S insert maxidle 10s maxlife 1m
    server a ${A} cookie a
backend dead
    cookie S insert
    option redispatch 1
    retries 1
    timeout connect 100ms
    server d ${DEAD} cookie d
    server a ${A} cookie a
backend ignored
    cookie S insert
    ignore-persist if { path_beg /ignored }
    server a ${A} cookie a
";

/// Formats whose values come late, each alone: nothing else makes their lines wait.
const LATE: &str = "
global
    nbthread 1
defaults
    mode http
    log ${LOG} local0
    timeout connect 250ms
    timeout client 400ms
    timeout server 250ms
    default_backend b
frontend set
    bind \"127.0.10.1:${F1}\"
    http-request set-var(txn.h) req.hdr(x)
    http-response set-var(txn.r) res.hdr(x-origin)
    http-request deny if { path /deny }
    log-format \"%[var(txn.h)] %[var(txn.r)]\"
frontend names
    bind \"127.0.10.1:${F2}\"
    http-request deny if { path /deny }
    log-format \"%[fe_name] %[be_name] %[be_id] %[srv_name] %[srv_id] %[http_first_req] %[req.proto_http] %[nbsrv(other)] %[nbsrv(b)] %[srv_is_up(other/s)] %[fe_conn(names)]\"
frontend answered
    bind \"127.0.10.1:${F3}\"
    capture response header x-origin len 9
    log-format \"%[capture.res.hdr(0)] %[capture.res.ver]\"
frontend asked
    bind \"127.0.10.1:${F4}\"
    http-request capture req.hdr(x) len 9
    log-format \"%hr\"
frontend line
    bind \"127.0.10.1:${F5}\"
    http-request set-path /new
    http-request set-method PUT
    log-format \"%[capture.req.method] %[capture.req.uri] %[capture.req.ver] %HM %HP|%HPO|%HQ|%HV\"
frontend data
    bind \"127.0.10.1:${F6}\"
    log ${LOG} format rfc5424 local0
    log-tag same
    log-format \"%ci\"
    log-format-sd \"[x answer=%ST bytes=%B]\"
frontend ids
    bind \"127.0.10.1:${F7}\"
    unique-id-format \"<%[path]|%[req.hdr(x)]|%HU|%[req.body_len]>\"
    http-request set-path /new if { path /old }
    http-request deny if { path /deny }
    log-format \"id %ID\"
backend b
    server a ${A}
backend other
    server r ${A}
    server s ${A}
    server t ${A} disabled
";

fn late() -> Vec<Row> {
    let mut rows = vec![row("late-set", "GET /|X: one"), row("late-set-deny", "GET /deny|X: one")];
    rows.extend(on(2, [row("late-names", "GET /").then("GET /"), row("late-names-deny", "GET /deny")]));
    rows.extend(on(3, [row("late-answered", "GET /"), row("late-answered-not", "GET /none")]));
    rows.extend(on(4, [row("late-asked", "GET /|X: one")]));
    rows.extend(on(
        5,
        [
            row("late-line", "GET /a?b=c"),
            row("late-line-absolute", "GET http://example.test/abs?x"),
            row("late-line-star", "OPTIONS *"),
        ],
    ));
    rows.extend(on(6, [row("late-data", "GET /len/1000")]));
    rows.extend(on(
        7,
        [
            row("late-id", "GET /a|X: one"),
            row("late-id-changed", "POST /old|X: one|Content-Length: 3||abc"),
            row("late-id-deny", "GET /deny|X: one"),
        ],
    ));
    rows
}

fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("var-all", "GET /a/b?c=d"),
        row("var-absolute", "GET http://example.test/x?y"),
        row("var-rewritten", "GET /rewritten"),
        row("var-encoded", "GET /a%22{|}'|"),
        row("var-deny", "GET /deny"),
        row("var-bad", "BAD||"),
        row("var-second", "GET /1").pause(100).then("GET /2"),
    ];
    rows.extend(on(
        2,
        [
            row("flags", "GET /a]b"),
            row("flags-captures", "GET /|X: a{b}#c|Y: d\\]e"),
            row("flags-bad", "BAD||"),
        ],
    ));
    rows.extend(on(
        3,
        [
            row("captures", "GET /x|X: 0123456789|User-Agent: curly|X-Add: X-More: plenty"),
            row("captures-nothing", "GET /|Host:"),
            row("captures-cookies", "GET /|X-Add: Set-Cookie: S=answered; path=/|Cookie: a=b; S=asked; c=d"),
            row("captures-last", "GET /|X: one|X: two"),
            row("captures-deny", "GET /deny|X: one|Cookie: S=1"),
            row("captures-bad", "BAD||"),
            row("captures-no-answer", "GET /none|X: one"),
        ],
    ));
    rows.extend(on(4, [row("id", "GET /id"), row("id-none", "GET /none")]));
    rows.extend(on(5, [row("blanks", "GET /")]));
    rows.extend(on(
        6,
        [
            row("request-slow", "GET /slow/100"),
            row("request-half", "").acts([send("GET / HTTP"), Act::Pause(50)]),
        ],
    ));
    rows.extend(on(
        7,
        [
            row("cookie-NI", "GET /"),
            row("cookie-VN", "GET /|Cookie: S=a"),
            row("cookie-II", "GET /|Cookie: S=other"),
            row("cookie-DI", "GET /|Cookie: S=off"),
            row("cookie-server-sets", "GET /|Cookie: S=a|X-Add: Set-Cookie: S=own"),
            row("cookie-NN", "GET /indirect"),
            row("cookie-indirect-deleted", "GET /indirect|Cookie: S=a|X-Add: Set-Cookie: S=own"),
            row("cookie-rewritten", "GET /rewrite|X-Add: Set-Cookie: S=own"),
            row("cookie-rewrite-nothing", "GET /rewrite|Cookie: S=a"),
            row("cookie-prefix", "GET /prefix|Cookie: S=a~x|X-Add: Set-Cookie: S=own"),
            row("cookie-VU", "GET /dated|Cookie: S=a"),
            row("cookie-expired", "GET /dated|Cookie: S=a|AAAAB|AAAAB"),
            row("cookie-VI", "GET /dead|Cookie: S=d"),
            row("cookie-ignored", "GET /ignored|Cookie: S=a"),
        ],
    ));
    rows
}

pub fn cases() -> Vec<Case> {
    vec![Case { config: CONFIG, fronts: 7, rows: rows() }, Case { config: LATE, fronts: 7, rows: late() }]
}

#[test]
fn variables_flags_and_captures() {
    compare(&cases()[0]);
}

#[test]
fn values_that_come_late() {
    compare(&cases()[1]);
}

/// HAProxy 2.6 refuses variables of HTTP here; the values are those of 3.2.
const IN_TCP: &str = "
global
    nbthread 1
    stats socket ${DIR} level admin
    log-tag same
ring lines
    format raw
defaults
    mode tcp
    log ring@lines local0
    timeout connect 1s
    timeout client 1s
    timeout server 1s
listen tcp
    bind \"127.0.10.1:${F1}\"
    log-format \"%ci %tsc|%HM|%HU|%HV|%r|%CC|%CS|%Ti|%TR|%Tq|%Tr|%ST|%[http_first_req]|%[req.proto_http]|%[srv_name]|%[srv_id]|%[be_name]\"
    server e ${ECHO}
";

#[test]
fn variables_of_http_are_empty_in_tcp_mode() {
    for io in [Io::Epoll, Io::Uring] {
        let socket = scratch("sock", "");
        let _ = std::fs::remove_file(&socket);
        let mut ground = Ground::new();
        ground.env.push(("DIR".to_owned(), socket.display().to_string()));
        let _proxy = ground.serve(Program::Ringmain(io), 1, IN_TCP);
        let echoed = client::get(ground.front(1), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(echoed.statuses(), [200], "{io:?}");
        let lines = || ask(&socket, "show events lines");
        let wanted = "----|<BADREQ>|<BADREQ>|<BADREQ>|<BADREQ>|-|-|-1|-1|-1|-1|0|1|-|e|1|tcp";
        assert!(eventually(|| lines().contains(wanted)), "{io:?}: {}", lines());
    }
}
