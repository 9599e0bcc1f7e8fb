//! Messages as they pass: framing of bodies in both directions, interim answers, upgrades, pipelining.

use crate::common::client::End;
use crate::common::origin::WEBSOCKET_KEY;
use crate::table::{Row, row};

pub fn rows() -> Vec<Row> {
    [answers(), requests(), interim(), pipelined(), targets()].into_iter().flatten().collect()
}

fn answers() -> Vec<Row> {
    vec![
        row("answer-length", "GET /len/1000"),
        row("answer-empty", "GET /len/0"),
        row("answer-larger-than-buffer", "GET /len/100000"),
        row("answer-chunked", "GET /chunked/5,1000,1"),
        row("answer-chunked-large", "GET /chunked/70000,3,20000"),
        row("answer-chunked-empty", "GET /chunked/"),
        row("answer-chunked-trailers", "GET /trailers"),
        row("answer-chunked-trailers-te", "GET /trailers|TE: trailers"),
        row("answer-chunked-to-http10", "GET /chunked/5,1000 HTTP/1.0||").differs(
            "a client of HTTP/1.0 knows no chunks (RFC 9112, 7.1)",
            &[200],
            End::Closed,
            1,
        ),
        row("answer-chunked-to-http10-keep-alive", "GET /chunked/5,1000 HTTP/1.0|Connection: keep-alive||")
            .differs("a client of HTTP/1.0 knows no chunks (RFC 9112, 7.1)", &[200], End::Closed, 1),
        row("answer-to-close", "GET /toclose/1000"),
        row("answer-to-close-large", "GET /toclose/100000"),
        row("answer-to-close-http10", "GET /toclose/1000 HTTP/1.0||"),
        row("answer-http10-server", "GET /http10/100"),
        row("answer-http10-server-keep-alive", "GET /http10ka/100"),
        row("answer-http10-both", "GET /http10ka/100 HTTP/1.0|Connection: keep-alive||"),
        row("answer-204", "GET /204"),
        row("answer-304", "GET /304"),
        row("answer-204-then-next", "GET /204").then("GET /x"),
        row("answer-304-then-next", "GET /304").then("GET /x"),
        row("answer-head-length", "HEAD /len/1000"),
        row("answer-head-chunked", "HEAD /chunked/5,5"),
        row("answer-head-no-length", "HEAD /toclose/10"),
        row("answer-head-then-next", "HEAD /len/1000").then("GET /x"),
        row("answer-404", "GET /status/404"),
        row("answer-unknown-status", "GET /status/799"),
        row("answer-status-without-reason", "GET /raw/HTTP/1.1%20200\\r\\nContent-Length:%202\\r\\n\\r\\nok"),
        row("answer-empty-reason", "GET /raw/HTTP/1.1%20200%20\\r\\nContent-Length:%202\\r\\n\\r\\nok"),
        row("answer-mixed-case-names", "GET /|X-Add: X-MiXeD: Value"),
        row("answer-two-cookies", "GET /|X-Add: Set-Cookie: a=1|X-Add: Set-Cookie: b=2"),
        row(
            "answer-hop-by-hop",
            "GET /|X-Add: Keep-Alive: timeout=5|X-Add: Connection: keep-alive, x-hop|X-Add: X-Hop: 1",
        ),
        row("answer-proxy-connection", "GET /|X-Add: Proxy-Connection: keep-alive"),
        row("answer-big-head", "GET /bighead/8000"),
        row("answer-slow-body", "GET /slowbody/50"),
    ]
}

fn requests() -> Vec<Row> {
    vec![
        row("request-length", "POST /echo|Content-Length: 5").bytes("hello"),
        row("request-length-zero", "POST /echo|Content-Length: 0"),
        row("request-no-length", "POST /echo"),
        row("request-length-in-pieces", "POST /echo|Content-Length: 10")
            .bytes("hello")
            .pause(20)
            .bytes("world"),
        row("request-larger-than-buffer", "POST /echo|Content-Length: 50000").bytes("z".repeat(50_000)),
        row("request-chunked", "POST /echo|Transfer-Encoding: chunked")
            .bytes("5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n"),
        row("request-chunked-upper-hex", "POST /echo|Transfer-Encoding: chunked")
            .bytes("A\r\n0123456789\r\n0\r\n\r\n"),
        row("request-chunked-leading-zeros", "POST /echo|Transfer-Encoding: chunked")
            .bytes("0005\r\nhello\r\n000\r\n\r\n"),
        row("request-chunked-extension", "POST /echo|Transfer-Encoding: chunked")
            .bytes("5;a=b\r\nhello\r\n0;x\r\n\r\n"),
        row("request-chunked-case", "POST /echo|Transfer-Encoding: Chunked").bytes("5\r\nhello\r\n0\r\n\r\n"),
        row("request-chunked-trailers", "POST /echo|Transfer-Encoding: chunked")
            .bytes("5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"),
        row("request-chunked-in-pieces", "POST /echo|Transfer-Encoding: chunked")
            .bytes("5")
            .pause(10)
            .bytes("\r\nhe")
            .pause(10)
            .bytes("llo\r")
            .pause(10)
            .bytes("\n0\r\n")
            .pause(10)
            .bytes("\r\n"),
        row("request-chunked-then-next", "POST /echo|Transfer-Encoding: chunked")
            .bytes("5\r\nhello\r\n0\r\n\r\n")
            .then("GET /x"),
        row("request-get-with-body", "GET /echo|Content-Length: 5").bytes("hello"),
        row("request-delete-with-body", "DELETE /echo|Content-Length: 5").bytes("hello"),
        row("request-unknown-method-with-body", "FROB /echo|Content-Length: 5").bytes("hello"),
        row("request-http10-get-with-body", "GET /echo HTTP/1.0|Content-Length: 5||hello"),
        row("request-http10-head-with-body", "HEAD /echo HTTP/1.0|Content-Length: 5||hello"),
        row("request-http10-delete-with-body", "DELETE /echo HTTP/1.0|Content-Length: 5||hello"),
        row("request-http10-get-empty-body", "GET /echo HTTP/1.0|Content-Length: 0||"),
        row("request-http10-connection-words", "GET / HTTP/1.0|Connection: x-a, Keep-Alive|X-A: 1||"),
        row("request-te-twice", "GET /|TE: trailers, gzip|TE: deflate|TE: trailers"),
        row("request-http10-length", "POST /echo HTTP/1.0|Content-Length: 5||hello"),
        row("request-equal-lengths-twice", "POST /echo|Content-Length: 5|Content-Length: 5")
            .bytes("hello")
            .differs("two lengths are an attack or a mistake (RFC 9112, 6.3)", &[400], End::Closed, 0),
        row("request-hop-by-hop", "GET /|Connection: x-hop, keep-alive|X-Hop: 1|Keep-Alive: 5|TE: gzip"),
        row("request-proxy-connection", "GET /|Proxy-Connection: keep-alive"),
        row("request-head-byte-by-byte", "GET /slow-head HTTP/1.1|")
            .pause(10)
            .bytes("H")
            .pause(10)
            .bytes("ost: a\r")
            .pause(10)
            .bytes("\n\r")
            .pause(10)
            .bytes("\n"),
        row("request-leading-blank-lines", "||GET /blank HTTP/1.1|Host: a||"),
        row("request-half-closed-after", "GET /slow/50").fin(),
        row("request-body-then-half-close", "POST /echo|Content-Length: 5").bytes("hello").fin(),
        row("request-big-head", &format!("GET /|X-Big: {}", "b".repeat(8000))),
        row("request-empty-value", "GET /|X-Empty:|X-Blank:   "),
        row("request-value-spaces", "GET /|X-Sp:   in  side  "),
        row("request-value-tabs", "GET /|X-Tab:\tv\t"),
        row("request-value-8bit", "GET /")
            .bytes("GET /8bit HTTP/1.1\r\nHost: a\r\nX-B: caf\u{e9}\r\n\r\n")
            .answers(2),
        row("request-odd-name-characters", "GET /|X!#$%&'*+-.^_`~: 1"),
        row("request-order-of-same-names", "GET /|X-O: 1|Y-O: a|X-O: 2"),
    ]
}

fn interim() -> Vec<Row> {
    vec![
        row("interim-103", "GET /1xx"),
        row("interim-103-to-http10", "GET /1xx HTTP/1.0||"),
        row("expect-continue", "POST /echo|Expect: 100-continue|Content-Length: 5").after(1, "hello"),
        row("expect-continue-not-waited", "POST /echo|Expect: 100-continue|Content-Length: 5").bytes("hello"),
        row("expect-continue-chunked", "POST /echo|Expect: 100-continue|Transfer-Encoding: chunked")
            .after(1, "2|ok|0||"),
        row("expect-refused", "POST /refuse/417|Expect: 100-continue|Content-Length: 5"),
        row("expect-continue-http10", "POST /echo HTTP/1.0|Expect: 100-continue|Content-Length: 5||hello"),
        row("expect-unknown", "POST /echo|Expect: something|Content-Length: 5").bytes("hello"),
        row("early-answer", "POST /early/413|Content-Length: 100000").pause(50).bytes("x".repeat(1000)),
        row("upgrade", "GET /upgrade|Connection: Upgrade|Upgrade: chat").after(1, "over and over").tunnel(13),
        row("upgrade-with-data-ahead", "GET /upgrade|Connection: Upgrade|Upgrade: chat")
            .bytes("ahead")
            .tunnel(5),
        row("upgrade-then-client-ends", "GET /upgrade|Connection: Upgrade|Upgrade: chat")
            .after(1, "bye bye bye")
            .fin()
            .tunnel(11),
        row("upgrade-large-both-ways", "GET /upgrade|Connection: Upgrade|Upgrade: chat")
            .after(1, &"0123456789".repeat(20_000))
            .tunnel(200_000),
        row("upgrade-ignored", "GET /len/5|Connection: Upgrade|Upgrade: chat"),
        row("upgrade-not-in-connection", "GET /len/5|Upgrade: chat"),
        row("upgrade-refused-then-next", "GET /status/404|Connection: Upgrade|Upgrade: chat").then("GET /x"),
        row("upgrade-to-http10", "GET /len/5 HTTP/1.0|Connection: Upgrade|Upgrade: chat||"),
        row("websocket", &websocket("/upgrade")).after(1, "a frame or two").tunnel(14),
        row("websocket-without-key", "GET /upgrade|Connection: Upgrade|Upgrade: websocket"),
        row("websocket-without-accept", &websocket("/upgrade/keyless")),
    ]
}

fn websocket(path: &str) -> String {
    format!(
        "GET {path}|Connection: Upgrade|Upgrade: websocket|Sec-WebSocket-Version: 13|Sec-WebSocket-Key: {WEBSOCKET_KEY}"
    )
}

fn pipelined() -> Vec<Row> {
    vec![
        row("pipelined-3", "GET /1").send("GET /2").send("GET /3").answers(3),
        row("pipelined-one-segment", "GET /1 HTTP/1.1|Host: a||GET /2 HTTP/1.1|Host: b||GET /3 HTTP/1.1|Host: c||").answers(3),
        row("pipelined-with-bodies", "POST /echo HTTP/1.1|Host: a|Content-Length: 3||oneGET /2 HTTP/1.1|Host: a||POST /echo HTTP/1.1|Host: a|Content-Length: 5||three").answers(3),
        row("pipelined-chunked", "POST /echo HTTP/1.1|Host: a|Transfer-Encoding: chunked||3|one|0||GET /2 HTTP/1.1|Host: a||").answers(2),
        row("pipelined-head", "HEAD /len/10 HTTP/1.1|Host: a||GET /len/10 HTTP/1.1|Host: a||").answers(2),
        row("pipelined-close-ends", "GET /1 HTTP/1.1|Host: a|Connection: close||GET /2 HTTP/1.1|Host: a||").answers(2),
        row("pipelined-cut-in-the-middle", "GET /1 HTTP/1.1|Host: a||GET /2 HT").pause(30).bytes("TP/1.1\r\nHost: a\r\n\r\n").answers(2),
        row("pipelined-then-bad", "GET /1 HTTP/1.1|Host: a||BAD|||").answers(2),
        row("pipelined-51", &"GET /len/20 HTTP/1.1|Host: a||".repeat(51)).answers(51),
        row("pipelined-extra-crlf", "POST /echo HTTP/1.1|Host: a|Content-Length: 3||one|GET /2 HTTP/1.1|Host: a||").answers(2),
    ]
}

fn targets() -> Vec<Row> {
    vec![
        row("target-absolute", "GET http://example.test/a HTTP/1.1|Host: example.test||"),
        row("target-absolute-https", "GET https://example.test/a HTTP/1.1|Host: example.test||"),
        row("target-absolute-port", "GET http://example.test:81/a HTTP/1.1|Host: example.test:81||"),
        row("target-absolute-default-port", "GET http://example.test:80/a HTTP/1.1|Host: example.test||"),
        row("target-absolute-no-host-field", "GET http://example.test/a HTTP/1.0||").differs(
            "rules and origin see the host that the target names (RFC 9112, 3.2.2)",
            &[200],
            End::Closed,
            1,
        ),
        row("target-absolute-upper-case", "GET HTTP://EXAMPLE.test/a HTTP/1.1|Host: example.test||"),
        row("target-options-star", "OPTIONS * HTTP/1.1|Host: example.test||"),
        row("target-options-path", "OPTIONS /x"),
        row("target-trace", "TRACE /x"),
        row("target-fragment", "GET /a#b"),
        row("target-encoded", "GET /%7Euser/%2e%2e/a%00"),
        row("target-dots", "GET /a/../b/./c"),
        row("target-double-slash", "GET //a//b"),
        row("target-odd-characters", "GET /a[b]{c}^\"'`"),
        row("version-http10", "GET / HTTP/1.0||"),
        row("version-http10-host", "GET / HTTP/1.0|Host: a||"),
        row("no-host-http11", "GET / HTTP/1.1||"),
        row("host-empty", "GET / HTTP/1.1|Host:||"),
        row("host-twice-equal", "GET / HTTP/1.1|Host: a|Host: a||"),
    ]
}
