//! Server and bind lines: headers of the PROXY protocol that come and go, redirections, the server's name.

use crate::table::{Row, on, row};

const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const GET: &[u8] = b"GET /len/3 HTTP/1.1\r\nHost: h\r\n\r\n";
/// 1.2.3.4:1000 to 5.6.7.8:2000.
const FOUR: &[u8] = &[1, 2, 3, 4, 5, 6, 7, 8, 3, 232, 7, 208];

/// A header of version 2 and a request behind it.
fn block(command: u8, family: u8, rest: &[&[u8]]) -> Vec<u8> {
    let rest = rest.concat();
    let length = u16::try_from(rest.len()).expect("short").to_be_bytes();
    [V2, &[command, family], &length, &rest, GET].concat()
}

fn extension(kind: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("short").to_be_bytes();
    [&[kind][..], &length, value].concat()
}

fn line(text: &str) -> Vec<u8> {
    [text.as_bytes(), b"\r\n", GET].concat()
}

fn said(id: &'static str, bytes: Vec<u8>) -> Row {
    row(id, "").bytes(bytes)
}

/// The same where no answer comes: what was sent did not begin with a header that counts.
fn refused(id: &'static str, bytes: Vec<u8>) -> Row {
    said(id, bytes).opaque()
}

pub fn rows() -> Vec<Row> {
    let mut rows = accepted();
    rows.extend(on(
        2,
        [
            row("expect-proxy-not-asked", "GET /len/3"),
            said("expect-proxy", line("PROXY TCP4 1.2.3.4 5.6.7.8 1000 2000")).from([127, 0, 10, 70]),
            refused("expect-proxy-missing", GET.to_vec()).from([127, 0, 10, 70]),
        ],
    ));
    rows.extend(on(
        3,
        [
            row("redir-get", "GET /a/b?q=1"),
            row("redir-head", "HEAD /a"),
            row("redir-absolute", "GET http://example.test/a/b HTTP/1.1|Host: example.test||"),
            row("redir-post-passes", "POST /len/3|Content-Length: 1").bytes("x"),
            row("redir-closes", "GET /a").send("GET /b").answers(1),
        ],
    ));
    rows.extend(on(
        4,
        [
            row("name-header", "GET /len/3|X-SERVER: mine|x-server: mine2"),
            row("name-header-next", "GET /len/3").then("GET /len/3"),
        ],
    ));
    rows.extend(outgoing());
    rows.extend(netscaler());
    rows.extend(on(
        8,
        [
            row("own-header-for-each-client", "GET /len/3").then("GET /len/4"),
            row("own-header-for-another-client", "GET /len/3").from([127, 0, 10, 70]),
        ],
    ));
    rows
}

fn accepted() -> Vec<Row> {
    let with = |parts: &[&[u8]]| block(0x21, 0x11, &[&[FOUR], parts].concat());
    vec![
        said("proxy-v1-ipv4", line("PROXY TCP4 1.2.3.4 5.6.7.8 1000 2000")),
        said("proxy-v1-ipv6", line("PROXY TCP6 2001:db8::1 ::1 0 65535")),
        said("proxy-v1-in-two-pieces", b"PROXY TCP4 1.2.3.4 5.6.7.8 1000 2000\r\n".to_vec())
            .pause(20)
            .bytes(GET),
        said("proxy-v1-two-requests", line("PROXY TCP4 1.2.3.4 5.6.7.8 1000 2000")).then("GET /len/4"),
        said("proxy-v2-ipv4", with(&[])),
        said("proxy-v2-ipv6", block(0x21, 0x21, &[&[7; 36]])),
        said(
            "proxy-v2-extensions",
            with(&[&extension(2, b"a.test"), &extension(5, b"id"), &extension(0xe0, b"x")]),
        ),
        said("proxy-v2-authority-twice", with(&[&extension(2, b"one"), &extension(2, b"two")])),
        refused("proxy-none", GET.to_vec()),
        refused("proxy-v1-lf", b"PROXY TCP4 1.2.3.4 5.6.7.8 1000 2000\nGET / HTTP/1.1\r\n\r\n".to_vec()),
        refused("proxy-v1-two-spaces", line("PROXY TCP4  1.2.3.4 5.6.7.8 1000 2000")),
        refused("proxy-v1-word-more", line("PROXY TCP4 1.2.3.4 5.6.7.8 1000 2000 x")),
        refused("proxy-v1-other-family", line("PROXY TCP6 1.2.3.4 ::1 1000 2000")),
        refused("proxy-v1-unknown-protocol", line("PROXY TCP5 1.2.3.4 5.6.7.8 1000 2000")),
        refused("proxy-v1-no-ports", line("PROXY TCP4 1.2.3.4 5.6.7.8")),
        refused("proxy-v1-too-long", line(&format!("PROXY UNKNOWN {}", "x".repeat(120)))),
        refused("proxy-v2-datagram", block(0x21, 0x12, &[FOUR])),
        refused("proxy-v2-unix", block(0x21, 0x31, &[&[0; 216]])),
        refused("proxy-v2-unspecified", block(0x21, 0x00, &[])),
        refused("proxy-v2-short", block(0x21, 0x11, &[&FOUR[..8]])),
        refused("proxy-v2-command", block(0x22, 0x11, &[FOUR])),
        refused("proxy-v2-version", block(0x11, 0x11, &[FOUR])),
        refused("proxy-v2-checksum-wrong", with(&[&extension(3, b"abcd")])),
        refused("proxy-v2-checksum-short", with(&[&extension(3, b"abc")])),
        refused("proxy-v2-extension-cut", with(&[b"\x04\0\x09ab"])),
        refused("proxy-v2-authority-long", with(&[&extension(2, &[b'x'; 256])])),
        refused("proxy-v2-id-long", with(&[&extension(5, &[b'x'; 129])])),
        refused("proxy-silence", Vec::new()),
        said("proxy-left", b"PROX".to_vec()).fin().opaque(),
    ]
}

/// What goes out, seen by a server that sends everything back. The client's own port is in it where no header named one.
fn outgoing() -> Vec<Row> {
    let with = |parts: &[&[u8]]| block(0x21, 0x11, &[&[FOUR], parts].concat());
    let blocks = [
        said("send-proxy-v2-after-v1", line("PROXY TCP4 1.2.3.4 5.6.7.8 1000 2000")).fin().opaque(),
        said("send-proxy-v2-ipv6", block(0x21, 0x21, &[&[7; 36]])).fin().opaque(),
        said("send-proxy-v2-authority-passes", with(&[&extension(2, b"a.test"), &extension(5, b"id")]))
            .fin()
            .opaque(),
        said("send-proxy-v2-other-extensions-stay", with(&[&extension(4, b""), &extension(0xe0, b"x")]))
            .fin()
            .opaque(),
    ];
    on(6, blocks)
}

fn netscaler() -> Vec<Row> {
    let mut packet =
        vec![0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x03, 0xe8, 0x07, 0xd0];
    packet.resize(40, 0);
    let magic = 1_234_567u32.to_be_bytes();
    let legacy = [&magic[..], &40u32.to_be_bytes(), &packet, GET].concat();
    let standard = [&magic[..], &52u32.to_be_bytes(), &[0, 1, 0, 40], &packet, GET].concat();
    let wrong = [&7u32.to_be_bytes()[..], &40u32.to_be_bytes(), &packet, GET].concat();
    let mut udp = legacy.clone();
    udp[8 + 9] = 17;
    on(
        7,
        [
            said("netscaler-legacy", legacy),
            said("netscaler-standard", standard),
            refused("netscaler-other-magic", wrong),
            refused("netscaler-no-tcp", udp),
            refused("netscaler-none", GET.to_vec()),
        ],
    )
}
