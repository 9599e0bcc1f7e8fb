//! Values that rules see whatever else the file asks for: the request line as it came, format variables where nothing is logged,
//! and what has arrived of a body. They are those of HAProxy 3.2.

use std::net::SocketAddr;

use crate::common::client::{self, Exchange, Step};
use crate::common::ground::Ground;
use crate::common::proxy::Program;
use crate::{BOTH, DEFAULTS};

/// Nothing is logged anywhere. HAProxy has the line where a format of the frontend itself asks for it, and not for a condition or
/// the backend of `other`.
const UNLOGGED: &str = "
frontend tutorial
    bind \"127.0.10.1:${F1}\"
    http-request redirect location http://www.%[hdr(host)]%[capture.req.uri]
frontend changed
    bind \"127.0.10.1:${F2}\"
    http-request set-path /new
    http-request set-method PUT
    http-request set-header X-Seen \"%[capture.req.method] %[capture.req.uri] %[capture.req.ver]\"
    http-response set-var(txn.uri) capture.req.uri
    http-response set-header X-Seen \"%[capture.req.method] %[var(txn.uri)] %[capture.req.ver] %[capture.res.ver]\"
    http-response set-header X-Variables \"%HM %HU %HV %ST %b %s %rc %tsc\"
    http-response set-header X-Post yes if METH_POST
    http-response set-header X-First yes if { http_first_req }
    default_backend plain
frontend condition
    bind \"127.0.10.1:${F3}\"
    http-request set-path /new
    http-request return status 418 if { capture.req.uri /deny }
    default_backend plain
frontend other
    bind \"127.0.10.1:${F4}\"
    http-request set-path /new
    default_backend asks
backend plain
    server a ${A}
backend asks
    http-request set-header X-Seen \"%[capture.req.method] %[capture.req.uri] %[capture.req.ver]\"
    server a ${A}
";

fn get(to: SocketAddr, target: &str) -> client::Outcome {
    client::get(to, format!("GET {target} HTTP/1.1\r\nHost: h.test\r\n\r\n"))
}

/// What the origin saw of one field in the last request.
fn passed(ground: &Ground, name: &str) -> String {
    let seen = ground.log.take(crate::common::PATIENCE);
    seen.last().expect("a request").head.field(name).unwrap_or_default().to_owned()
}

#[test]
fn the_request_line_is_known_where_nothing_is_logged() {
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 4, &format!("{DEFAULTS}{UNLOGGED}"));
        let name = program.name();
        let location = |target: &str| {
            let answer = &get(ground.front(1), target).answers[0];
            answer.head.field("location").expect("a location").to_owned()
        };
        assert_eq!(location("/a?b=c"), "http://www.h.test/a?b=c", "{name}");
        assert_eq!(location("http://h.test/abs?x"), "http://www.h.test/abs?x", "{name}");
        let long = location(&format!("/{}", "x".repeat(1_100)));
        assert_eq!(long.len(), "http://www.h.test/".len() + 1_018, "{name}: {long}");

        let answer = get(ground.front(2), "/old?q");
        assert_eq!(passed(&ground, "x-seen"), "GET /old?q HTTP/1.1", "{name}");
        let head = &answer.answers[0].head;
        assert_eq!(head.field("x-seen"), Some("GET /old?q HTTP/1.1 HTTP/1.1"), "{name}");
        assert_eq!(head.field("x-variables"), Some("GET /old?q HTTP/1.1 200 plain a 0 ----"), "{name}");
        assert_eq!(head.field("x-first"), Some("yes"), "{name}");

        if !Program::is_understudied() {
            assert_eq!(get(ground.front(3), "/deny").statuses(), [418], "{name}");
            assert_eq!(get(ground.front(3), "/new").statuses(), [200], "{name}");
            assert_eq!(get(ground.front(4), "/old").statuses(), [200], "{name}");
            assert_eq!(passed(&ground, "x-seen"), "GET /old HTTP/1.1", "{name}");
        }
    }
}

const BODIES: &str = "
frontend told
    bind \"127.0.10.1:${F1}\"
    http-request return status 200 hdr X-Told \"%[req.body_len] %[req.body_size] <%[req.body]> <%[req.body_param(a)]> <%[req.body_param(A,i)]> <%[url_param(a)]>\"
frontend conditions
    bind \"127.0.10.1:${F2}\"
    http-request deny status 403 if { req.body -m sub secret }
    http-request deny status 413 if { req.body_len gt 5 }
    default_backend b
backend b
    server a ${A}
";

/// Sends pieces one after the other; what was told of the bodies.
fn told(to: SocketAddr, pieces: &[&str], answers: usize) -> Vec<String> {
    let mut steps = Vec::new();
    for piece in pieces {
        if !steps.is_empty() {
            steps.push(Step::Pause(std::time::Duration::from_millis(100)));
        }
        steps.push(Step::Send(piece.as_bytes().to_vec()));
    }
    let exchange = Exchange { steps, answers, ..Exchange::default() };
    let outcome = client::run(to, &exchange);
    let field = |answer: &client::Answer| answer.head.field("x-told").unwrap_or_default().to_owned();
    outcome.answers.iter().map(field).collect()
}

#[test]
fn rules_see_the_content_of_a_body_and_nothing_else() {
    const LENGTH: &str = "POST /?a=q HTTP/1.1\r\nHost: h\r\nContent-Length: ";
    const CHUNKED: &str = "POST /?a=q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    const NEXT: &str = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 2, &format!("{DEFAULTS}{BODIES}"));
        let name = program.name();
        let of = |text: &str, answers| told(ground.front(1), &[text], answers);
        assert_eq!(of(&format!("{LENGTH}3\r\n\r\nabc"), 1), ["3 3 <abc> <> <> <q>"], "{name}");
        assert_eq!(of(&format!("{LENGTH}9\r\n\r\na=1&b=2&c"), 1), ["9 9 <a=1&b=2&c> <1> <1> <q>"], "{name}");
        let none = "0 0 <> <> <> <>";
        let two = ["3 3 <abc> <> <> <q>", none];
        assert_eq!(of(&format!("{LENGTH}3\r\n\r\nabc{NEXT}"), 2), two, "{name}");
        assert_eq!(of(&format!("{CHUNKED}3\r\nabc\r\n0\r\nT: r\r\n\r\n{NEXT}"), 2), two, "{name}");
        assert_eq!(of(&format!("{NEXT}{NEXT}"), 2), [none, none], "{name}");
        let chunks = "3;x=y\r\na=1\r\n2\r\n&b\r\n0\r\n\r\n";
        assert_eq!(of(&format!("{CHUNKED}{chunks}"), 1), ["5 5 <a=1&b> <1> <1> <q>"], "{name}");
        assert_eq!(of(&format!("{CHUNKED}0\r\n\r\n"), 1), ["0 0 <> <> <> <q>"], "{name}");
        // What has arrived when the rules run.
        let part = |first: String, rest: &str| told(ground.front(1), &[&first, rest], 1);
        assert_eq!(part(format!("{LENGTH}6\r\n\r\nabc"), "def"), ["3 6 <abc> <> <> <q>"], "{name}");
        assert_eq!(part(format!("{LENGTH}6\r\n\r\n"), "abcdef"), ["0 6 <> <> <> <q>"], "{name}");
        let rest = "cde\r\n0\r\n\r\n";
        assert_eq!(part(format!("{CHUNKED}5\r\nab"), rest), ["2 5 <ab> <> <> <q>"], "{name}");

        let status = |text: String, answers| {
            let steps = vec![Step::Send(text.into_bytes())];
            let exchange = Exchange { steps, answers, ..Exchange::default() };
            client::run(ground.front(2), &exchange).statuses()
        };
        let next = NEXT.replace("/next", "/secret");
        assert_eq!(status(format!("{LENGTH}3\r\n\r\nabc{next}"), 2), [200, 200], "{name}");
        assert_eq!(status(format!("{CHUNKED}4\r\nsecr\r\n2\r\net\r\n0\r\n\r\n"), 1), [403], "{name}");
        assert_eq!(status(format!("{CHUNKED}3\r\nabc\r\n0\r\n\r\n"), 1), [200], "{name}");
        assert_eq!(status(format!("{CHUNKED}6\r\nabcdef\r\n0\r\n\r\n"), 1), [413], "{name}");
    }
}

const CHECKED: &str = "
frontend f
    bind \"127.0.10.1:${F1}\"
    default_backend b
backend b
    option httpchk
    http-check send meth GET uri /check hdr X-Told \"%[nbsrv(other)] %[nbsrv] %[be_name]\"
    server a ${A} check inter 100ms
backend other
    server c ${C}
    server d ${D}
";

#[test]
fn a_check_tells_of_the_backend_that_it_names() {
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 1, &format!("{DEFAULTS}{CHECKED}"));
        ground.log.await_requests(1);
        assert_eq!(passed(&ground, "x-told"), "2 1 b", "{}", program.name());
    }
}
