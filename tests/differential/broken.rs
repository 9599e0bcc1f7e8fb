//! Requests and answers that are malformed or ambiguous.

use crate::common::client::End;
use crate::table::{Row, row};

pub fn rows() -> Vec<Row> {
    [lines(), fields(), framing(), sizes(), cut_short(), answers()].into_iter().flatten().collect()
}

fn lines() -> Vec<Row> {
    vec![
        row("bad-one-word", "HELLO HTTP/|||").answers(1),
        row("bad-no-version", "").bytes("GET /\r\n\r\n"),
        row("bad-http09", "").bytes("GET /\r\n"),
        row("bad-version-0.9", "GET / HTTP/0.9|Host: a||").differs(
            "there is no such version with a version in its request line",
            &[200],
            End::Closed,
            1,
        ),
        row("bad-version-1.2", "GET / HTTP/1.2|Host: a||"),
        row("bad-version-2.0", "GET / HTTP/2.0|Host: a||"),
        row("bad-version-3.0", "GET / HTTP/3.0|Host: a||"),
        row("bad-version-name", "GET / HTP/1.1|Host: a||"),
        row("bad-version-case", "GET / http/1.1|Host: a||"),
        row("bad-version-two-digits", "GET / HTTP/1.10|Host: a||"),
        row("bad-version-trailing-space", "GET / HTTP/1.1 |Host: a||"),
        row("bad-method-lower-case", "get / HTTP/1.1|Host: a||"),
        row("bad-method-character", "GE(T / HTTP/1.1|Host: a||"),
        row("bad-leading-space", " GET / HTTP/1.1|Host: a||"),
        row("bad-two-spaces", "GET  / HTTP/1.1|Host: a||"),
        row("bad-two-spaces-before-version", "GET /  HTTP/1.1|Host: a||"),
        row("bad-tab-between", "GET\t/\tHTTP/1.1|Host: a||").differs("RFC 9112, 3", &[400], End::Closed, 0),
        row("bad-space-in-target", "GET /a b HTTP/1.1|Host: a||"),
        row("bad-target-no-slash", "GET a HTTP/1.1|Host: a||").differs(
            "no form of target (RFC 9112, 3.2)",
            &[400],
            End::Closed,
            0,
        ),
        row("bad-target-8bit", "").bytes(b"GET /caf\xe9 HTTP/1.1\r\nHost: a\r\n\r\n"),
        row("bad-target-control", "").bytes(b"GET /a\x01b HTTP/1.1\r\nHost: a\r\n\r\n"),
        row("bad-target-nul", "").bytes(b"GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"),
        row("bad-target-delete", "").bytes(b"GET /a\x7fb HTTP/1.1\r\nHost: a\r\n\r\n").differs(
            "no character of a target (RFC 3986, 2)",
            &[400],
            End::Closed,
            0,
        ),
        row("bad-star-with-get", "GET * HTTP/1.1|Host: a||").differs(
            "as HAProxy 3.2: `*` is a target of OPTIONS alone (RFC 9112, 3.2.4)",
            &[400],
            End::Closed,
            0,
        ),
        row("bad-authority-with-query", "GET http://internal?@a/x HTTP/1.1|Host: a||").differs(
            "as HAProxy 3.2: the host of this target is `internal` (RFC 3986, 3.2)",
            &[400],
            End::Closed,
            0,
        ),
        row("bad-authority-two-users", "GET http://u@internal@a/x HTTP/1.1|Host: a||").differs(
            "whose host it is depends on the reader",
            &[400],
            End::Closed,
            0,
        ),
        row("bad-connect-no-port", "CONNECT example.test HTTP/1.1|Host: example.test||"),
        row("bad-host-differs-from-authority", "GET http://one.test/ HTTP/1.1|Host: two.test||"),
        row("bad-host-port-differs", "GET http://one.test:81/ HTTP/1.1|Host: one.test:82||"),
        row("bad-tls-hello", "").bytes(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 / HTTP/1.1\r\n\r\n"),
        row("bad-binary", "").bytes(b"\0\0\0\0\r\n\r\n"),
    ]
}

fn fields() -> Vec<Row> {
    vec![
        row("bad-field-no-colon", "GET / HTTP/1.1|Host: a|nocolon||"),
        row("bad-field-space-before-colon", "GET / HTTP/1.1|Host: a|X-A : 1||"),
        row("bad-field-space-in-name", "GET / HTTP/1.1|Host: a|X A: 1||"),
        row("bad-field-leading-space-first", "GET / HTTP/1.1| Host: a||"),
        row("bad-field-fold", "GET / HTTP/1.1|Host: a|X-A: 1|  2||").differs(
            "RFC 9112, 5.2",
            &[400],
            End::Closed,
            0,
        ),
        row("bad-field-fold-tab", "GET / HTTP/1.1|Host: a|X-A: 1|\t2||").differs(
            "RFC 9112, 5.2",
            &[400],
            End::Closed,
            0,
        ),
        row("bad-field-empty-name", "GET / HTTP/1.1|Host: a|: 1||"),
        row("bad-field-name-8bit", "").bytes(b"GET / HTTP/1.1\r\nHost: a\r\nX-\xe9: 1\r\n\r\n"),
        row("bad-field-name-control", "").bytes(b"GET / HTTP/1.1\r\nHost: a\r\nX-\x02: 1\r\n\r\n"),
        row("bad-field-value-nul", "").bytes(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\x002\r\n\r\n").differs(
            "RFC 9110, 5.5",
            &[400],
            End::Closed,
            0,
        ),
        row("bad-field-value-control", "").bytes(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\x012\r\n\r\n"),
        row("bad-field-bare-cr", "").bytes(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r2\r\n\r\n"),
        row("bad-bare-lf", "").bytes(b"GET /lf HTTP/1.1\nHost: a\nX-A: 1\n\n").differs(
            "RFC 9112, 2.2 allows it, but proxies that disagree are attacked",
            &[400],
            End::Closed,
            0,
        ),
        row("bad-bare-lf-in-one-field", "")
            .bytes(b"GET /lf HTTP/1.1\r\nHost: a\r\nX-A: 1\nX-B: 2\r\n\r\n")
            .differs(
                "RFC 9112, 2.2 allows it, but proxies that disagree are attacked",
                &[400],
                End::Closed,
                0,
            ),
        row("bad-two-hosts", "GET / HTTP/1.1|Host: a|Host: b||"),
        row("bad-host-list", "GET / HTTP/1.1|Host: a, b||").differs(
            "as HAProxy 3.2: no host has commas or blanks (RFC 9110, 7.2)",
            &[400],
            End::Closed,
            0,
        ),
        row("bad-host-characters", "GET / HTTP/1.1|Host: a/b@c||").differs(
            "as HAProxy 3.2: no host has these (RFC 9110, 7.2)",
            &[400],
            End::Closed,
            0,
        ),
    ]
}

fn framing() -> Vec<Row> {
    vec![
        row("bad-length-negative", "POST /echo|Content-Length: -1"),
        row("bad-length-plus", "POST /echo|Content-Length: +5").bytes("hello"),
        row("bad-length-hex", "POST /echo|Content-Length: 0x5").bytes("hello"),
        row("bad-length-text", "POST /echo|Content-Length: five").bytes("hello"),
        row("bad-length-empty", "POST /echo|Content-Length:"),
        row("bad-length-space-inside", "POST /echo|Content-Length: 1 0").bytes("hello"),
        row("bad-length-huge", "POST /echo|Content-Length: 99999999999999999999"),
        row("bad-lengths-differ", "POST /echo|Content-Length: 5|Content-Length: 6").bytes("hello!"),
        row("bad-length-list-equal", "POST /echo|Content-Length: 5, 5").bytes("hello").differs(
            "RFC 9112, 6.3",
            &[400],
            End::Closed,
            0,
        ),
        row("bad-length-list-differs", "POST /echo|Content-Length: 5, 6").bytes("hello!"),
        row("bad-length-and-chunked", "POST /echo|Content-Length: 5|Transfer-Encoding: chunked")
            .bytes("2\r\nok\r\n0\r\n\r\n")
            .differs("RFC 9112, 6.3: an attempt at smuggling", &[400], End::Closed, 0),
        row("bad-chunked-and-length", "POST /echo|Transfer-Encoding: chunked|Content-Length: 5")
            .bytes("2\r\nok\r\n0\r\n\r\n")
            .differs("RFC 9112, 6.3: an attempt at smuggling", &[400], End::Closed, 0),
        row("bad-coding-gzip", "POST /echo|Transfer-Encoding: gzip").bytes("hello"),
        row("bad-coding-gzip-chunked", "POST /echo|Transfer-Encoding: gzip, chunked")
            .bytes("2\r\nok\r\n0\r\n\r\n"),
        row("bad-coding-chunked-gzip", "POST /echo|Transfer-Encoding: chunked, gzip")
            .bytes("2\r\nok\r\n0\r\n\r\n"),
        row("bad-coding-chunked-twice", "POST /echo|Transfer-Encoding: chunked, chunked")
            .bytes("2\r\nok\r\n0\r\n\r\n"),
        row("bad-coding-two-fields", "POST /echo|Transfer-Encoding: chunked|Transfer-Encoding: chunked")
            .bytes("2\r\nok\r\n0\r\n\r\n"),
        row("bad-coding-identity", "POST /echo|Transfer-Encoding: identity").bytes("hello"),
        row("bad-coding-xchunked", "POST /echo|Transfer-Encoding: xchunked").bytes("2\r\nok\r\n0\r\n\r\n"),
        row("bad-coding-quoted", "POST /echo|Transfer-Encoding: \"chunked\"").bytes("2\r\nok\r\n0\r\n\r\n"),
        row("bad-coding-empty", "POST /echo|Transfer-Encoding:").bytes("2\r\nok\r\n0\r\n\r\n"),
        row("bad-coding-http10", "POST /echo HTTP/1.0|Host: a|Transfer-Encoding: chunked||2|ok|0||").differs(
            "RFC 9112, 6.1: faulty framing",
            &[400],
            End::Closed,
            0,
        ),
        row("bad-chunk-size-text", "POST /echo|Transfer-Encoding: chunked").bytes("zz\r\nok\r\n0\r\n\r\n"),
        row("bad-chunk-size-negative", "POST /echo|Transfer-Encoding: chunked")
            .bytes("-2\r\nok\r\n0\r\n\r\n"),
        row("bad-chunk-size-prefix", "POST /echo|Transfer-Encoding: chunked").bytes("0x2\r\nok\r\n0\r\n\r\n"),
        row("bad-chunk-size-space", "POST /echo|Transfer-Encoding: chunked").bytes("2 \r\nok\r\n0\r\n\r\n"),
        row("bad-chunk-size-huge", "POST /echo|Transfer-Encoding: chunked")
            .bytes("ffffffffffffffff1\r\nok\r\n0\r\n\r\n"),
        row("bad-chunk-size-empty", "POST /echo|Transfer-Encoding: chunked").bytes("\r\nok\r\n0\r\n\r\n"),
        row("bad-chunk-no-crlf-after", "POST /echo|Transfer-Encoding: chunked").bytes("2\r\nokxx0\r\n\r\n"),
        row("bad-chunk-bare-lf", "POST /echo|Transfer-Encoding: chunked").bytes("2\nok\n0\n\n").differs(
            "RFC 9112, 7.1",
            &[400],
            End::Closed,
            0,
        ),
    ]
}

fn sizes() -> Vec<Row> {
    vec![
        row("large-target", &format!("GET /{}", "u".repeat(17_000))),
        row("large-field", &format!("GET /|X-Big: {}", "b".repeat(17_000))),
        row(
            "large-many-small-fields",
            &format!("GET /{}", "|X: 1234567890123456789012345678901234567890".repeat(400)),
        ),
        row("too-many-fields", &format!("GET /{}", "|X: 1".repeat(120))),
        row("as-many-fields-as-may-be", &format!("GET /{}", "|X: 1".repeat(95))),
        row("large-name", &format!("GET /|{}: 1", "n".repeat(300))).differs(
            "the head's own limit is enough",
            &[200],
            End::Kept,
            1,
        ),
    ]
}

fn cut_short() -> Vec<Row> {
    vec![
        row("cut-nothing-sent", "").fin(),
        row("cut-in-request-line", "GET /cut HT").fin(),
        row("cut-in-fields", "GET /cut HTTP/1.1|Host: a|").fin(),
        row("cut-in-body", "POST /echo|Content-Length: 10").bytes("half").pause(50).fin(),
        row("cut-in-chunk", "POST /echo|Transfer-Encoding: chunked").bytes("a\r\nhalf").pause(50).fin(),
        row("cut-second-request", "GET /1").pause(30).bytes("GET /2").fin().answers(2),
    ]
}

fn answers() -> Vec<Row> {
    let raw = |id, raw: &str| row(id, &format!("GET /raw/{}", raw.replace(' ', "%20")));
    vec![
        row("answer-none", "GET /none"),
        row("answer-reset", "GET /reset"),
        row("answer-half", "GET /half/1000"),
        row("answer-half-chunk", "GET /halfchunk"),
        raw("answer-garbage", "garbage\\r\\n\\r\\n"),
        raw("answer-http2", "HTTP/2.0 200 OK\\r\\n\\r\\n"),
        raw("answer-no-status", "HTTP/1.1\\r\\n\\r\\n"),
        raw("answer-status-two-digits", "HTTP/1.1 20 OK\\r\\n\\r\\n").differs("RFC 9112, 4", &[502], End::Kept, 1),
        raw("answer-status-four-digits", "HTTP/1.1 2000 OK\\r\\n\\r\\n").differs("RFC 9112, 4", &[502], End::Kept, 1),
        raw("answer-bad-field", "HTTP/1.1 200 OK\\r\\nno colon\\r\\n\\r\\n"),
        raw("answer-space-before-colon", "HTTP/1.1 200 OK\\r\\nX-A : 1\\r\\nContent-Length: 0\\r\\n\\r\\n"),
        raw("answer-fold", "HTTP/1.1 200 OK\\r\\nX-A: 1\\r\\n 2\\r\\nContent-Length: 0\\r\\n\\r\\n").differs("RFC 9112, 5.2", &[502], End::Kept, 1),
        raw("answer-bare-lf", "HTTP/1.1 200 OK\\nContent-Length: 2\\n\\nok").differs("RFC 9112, 2.2", &[502], End::Kept, 1),
        raw(
            "answer-lengths-differ",
            "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nContent-Length: 3\\r\\n\\r\\nok!",
        ),
        raw(
            "answer-length-and-chunked",
            "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n2\\r\\nok\\r\\n0\\r\\n\\r\\n",
        ).differs("RFC 9112, 6.3", &[502], End::Kept, 1),
        raw(
            "answer-bad-chunk",
            "HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nzz\\r\\nok\\r\\n0\\r\\n\\r\\n",
        ),
        raw("answer-coding-gzip", "HTTP/1.1 200 OK\\r\\nTransfer-Encoding: gzip\\r\\n\\r\\nabc"),
        raw("answer-100-only", "HTTP/1.1 100 Continue\\r\\n\\r\\n"),
        raw("answer-more-than-length", "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok and more"),
        raw("answer-body-with-204", "HTTP/1.1 204 No Content\\r\\nContent-Length: 2\\r\\n\\r\\nok"),
        raw(
            "answer-http10-chunked",
            "HTTP/1.0 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n2\\r\\nok\\r\\n0\\r\\n\\r\\n",
        ).differs("RFC 9112, 6.1", &[502], End::Kept, 1),
        raw(
            "answer-101-unasked",
            "HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: x\\r\\nConnection: Upgrade\\r\\n\\r\\n",
        ),
        row("answer-head-too-large", "GET /bighead/17000"),
        row("answer-after-reset-next", "GET /reset").then("GET /x"),
    ]
}
