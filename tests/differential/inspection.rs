//! `tcp-request session` and `tcp-request content`: first bytes whole, in pieces, never; HTTP inside and around.

use crate::table::{Row, on, row};

/// A TLS client's hello with these extensions.
fn hello(extensions: &[u8]) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 4, 0x13, 1, 0x13, 2, 1, 0]);
    body.extend((extensions.len() as u16).to_be_bytes());
    body.extend(extensions);
    let mut bytes = vec![0x16, 3, 1];
    bytes.extend((body.len() as u16 + 4).to_be_bytes());
    bytes.extend([1, 0]);
    bytes.extend((body.len() as u16).to_be_bytes());
    bytes.extend(body);
    bytes
}

fn named(name: &str) -> Vec<u8> {
    let n = name.len() as u8;
    let mut extension = vec![0, 23, 0, 0, 0, 0, 0, n + 5, 0, n + 3, 0, 0, n];
    extension.extend(name.as_bytes());
    hello(&extension)
}

const PROTOCOLS: &[u8] =
    &[0, 16, 0, 14, 0, 12, 2, b'h', b'2', 8, b'h', b't', b't', b'p', b'/', b'1', b'.', b'1'];

fn rdp(text: &str) -> Vec<u8> {
    [&[3, 0, 0, 44, 39, 0xe0, 0, 0, 0, 0, 0][..], text.as_bytes()].concat()
}

pub fn rows() -> Vec<Row> {
    let cut = named("in.echo.test");
    let (begin, end) = cut.split_at(20);
    let mut rows = vec![
        row("inspect-sni", "").bytes(named("in.echo.test")).fin().opaque(),
        row("inspect-sni-in-pieces", "").bytes(begin).pause(40).bytes(end).fin().opaque(),
        row("inspect-sni-cut", "").bytes(begin).fin().opaque(),
        row("inspect-sni-late", "").bytes(begin).pause(500).bytes(end).fin().opaque(),
        row("inspect-sni-rejected", "").bytes(named("BAD.test")).opaque(),
        row("inspect-alpn", "").bytes(hello(PROTOCOLS)).fin().opaque(),
        row("inspect-sni-is-http", "GET /len/3"),
        row("inspect-sni-silent", "").pause(500).send("GET /len/3"),
        row("inspect-sni-nothing", "").fin().opaque(),
    ];
    rows.extend(on(
        2,
        [
            row("inspect-payload-rejected", "").bytes("DROP it").opaque(),
            row("inspect-payload", "").bytes("ECHO it").fin().opaque(),
            row("inspect-payload-in-pieces", "").bytes("EC").pause(40).bytes("HO it").fin().opaque(),
            row("inspect-payload-short", "").bytes("EC").fin().opaque(),
            row("inspect-payload-lv", "").bytes(b"\x05hello world").fin().opaque(),
            row("inspect-http", "GET /len/3"),
            row("inspect-http-two", "GET /len/3").then("GET /len/4"),
            row("inspect-http-in-pieces", "")
                .bytes("GET /len/3 HTT")
                .pause(40)
                .bytes("P/1.1\r\nHost: a\r\n\r\n"),
            row("inspect-http-without-host", "GET /len/3 HTTP/1.0||").fin().opaque(),
            row("inspect-too-much", "").bytes("something else that is long").opaque(),
            row("inspect-little", "").bytes("little").pause(500).bytes(" more").fin().opaque(),
        ],
    ));
    rows.extend(on(
        3,
        [
            row("inspect-len", "").bytes("long enough").fin().opaque(),
            row("inspect-len-in-pieces", "").bytes("long ").pause(40).bytes("enough").fin().opaque(),
            row("inspect-wait-end", "").bytes("short").opaque(),
            row("inspect-wait-end-by-client", "").bytes("short").fin().opaque(),
        ],
    ));
    rows.extend(on(
        4,
        [
            row("inspect-no-delay", "").bytes("bytes").fin().opaque(),
            row("inspect-no-delay-rejected", "").bytes("bytes").from([127, 0, 10, 70]).opaque(),
        ],
    ));
    rows.extend(on(
        5,
        [
            row("inspect-rdp", "").bytes(rdp("Cookie: mstshash=joe\r\n")).fin().opaque(),
            row("inspect-rdp-in-pieces", "")
                .bytes(rdp("Cookie: mst"))
                .pause(40)
                .bytes("shash=joe\r\n")
                .fin()
                .opaque(),
            row("inspect-rdp-other", "").bytes(rdp("Cookie: other=joe\r\n")).fin().opaque(),
            row("inspect-rdp-none", "").bytes(rdp("Kookie: mstshash=joe\r\n")).fin().opaque(),
        ],
    ));
    rows.extend(on(
        6,
        [
            row("inspect-backend", "").bytes("good").fin().opaque(),
            row("inspect-backend-rejected", "").bytes("bad one").opaque(),
            row("inspect-backend-silent", "").opaque(),
        ],
    ));
    rows.extend(on(
        7,
        [
            row("session-accept", "").bytes("bytes").fin().opaque(),
            row("session-reject", "").bytes("bytes").from([127, 0, 10, 70]).opaque(),
            row("session-reject-after-connection-accept", "").bytes("bytes").from([127, 0, 10, 65]).opaque(),
        ],
    ));
    rows.extend(on(
        8,
        [
            row("inspect-in-http", "GET /len/3").then("GET /len/4"),
            row("inspect-in-http-rejected", "GET /reject").opaque(),
            row("inspect-in-http-second-rejected", "GET /len/3").then("GET /reject"),
            row("inspect-in-http-by-backend", "GET /backend").opaque(),
            row("inspect-in-http-body", "POST /len/3|Content-Length: 5").bytes("hello"),
        ],
    ));
    rows.extend(on(
        9,
        [
            row("inspect-unless", "").bytes("yes").fin().opaque(),
            row("inspect-unless-not", "").bytes("no").fin().opaque(),
        ],
    ));
    rows
}
