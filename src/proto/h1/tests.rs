//! Heads: tables of what is accepted and refused, each over every prefix of its bytes.
use super::HeadErrorKind as Kind;
use super::*;
use crate::proto::http::{Body, RequestHead, ResponseHead, Version};

/// Parses every prefix: each must be `Partial` until the head is whole or the mistake is seen, and what is seen first
/// is what is seen with all bytes. Then parses the whole with the start of a next message behind it.
pub(super) fn request(bytes: &[u8]) -> Result<RequestHead, HeadError> {
    let parse = |bytes: &[u8], head: &mut RequestHead| parse_request(bytes, &Limits::default(), head);
    every_prefix(bytes, parse)
}

pub(super) fn response(bytes: &[u8], kind: RequestKind) -> Result<ResponseHead, HeadError> {
    let parse =
        |bytes: &[u8], head: &mut ResponseHead| parse_response(bytes, &Limits::default(), &kind, head);
    every_prefix(bytes, parse)
}

fn every_prefix<H: Default + std::fmt::Debug>(
    bytes: &[u8],
    parse: impl Fn(&[u8], &mut H) -> Result<Parsed, HeadError>,
) -> Result<H, HeadError> {
    let mut head = H::default();
    let whole = parse(bytes, &mut head);
    assert_ne!(whole, Ok(Parsed::Partial), "{}", bytes.escape_ascii());
    let mut seen = false;
    let mut scratch = H::default();
    for len in 0..bytes.len() {
        match parse(&bytes[..len], &mut scratch) {
            Ok(Parsed::Partial) => assert!(!seen, "{} bytes of {}", len, bytes.escape_ascii()),
            other => {
                assert_eq!(other, whole, "{} bytes of {}", len, bytes.escape_ascii());
                assert!(whole.is_err());
                seen = true;
            }
        }
    }
    let mut more = bytes.to_vec();
    more.extend_from_slice(b"GET /next HTTP/1.1\r\n");
    assert_eq!(parse(&more, &mut scratch), whole, "{}", bytes.escape_ascii());
    if let Ok(Parsed::Complete { consumed }) = whole {
        assert_eq!(consumed, bytes.len(), "{}", bytes.escape_ascii());
        assert_eq!(format!("{head:?}"), format!("{scratch:?}"));
    }
    whole.map(|_| head)
}

/// A request of these lines as it goes out again; the error's kind where it is refused.
fn forwarded(lines: &str) -> Result<String, Kind> {
    let head = request(format!("{lines}\r\n\r\n").as_bytes()).map_err(|e| e.kind)?;
    let mut out = Vec::new();
    write_request(&head, &mut out);
    Ok(String::from_utf8(out).unwrap())
}

fn accepts(lines: &str, out: &str) {
    assert_eq!(forwarded(lines), Ok(format!("{out}\r\n\r\n")), "{lines:?}");
}

fn refuses(kind: Kind, lines: &str) {
    assert_eq!(forwarded(lines), Err(kind), "{lines:?}");
}

/// A request line and Host with this field below.
fn refuses_field(kind: Kind, field: &str) {
    refuses(kind, &format!("POST / HTTP/1.1\r\nHost: a\r\n{field}"));
}

fn get(fields: &str) -> RequestHead {
    request(format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").as_bytes()).unwrap()
}

const G: RequestKind = RequestKind { head: false, connect: false, upgrade: false, websocket: false };
const HEAD: RequestKind = RequestKind { head: true, ..G };
const CONNECT: RequestKind = RequestKind { connect: true, ..G };
const UPGRADE: RequestKind = RequestKind { upgrade: true, ..G };
const WEBSOCKET: RequestKind = RequestKind { websocket: true, ..UPGRADE };

#[test]
fn request_lines() {
    accepts("GET /a?b=/ HTTP/1.1\r\nHost: a", "GET /a?b=/ HTTP/1.1\r\nhost: a");
    accepts("\r\n\r\nGET / HTTP/1.1\r\nHost: a", "GET / HTTP/1.1\r\nhost: a");
    accepts("GET / HTTP/1.0", "GET / HTTP/1.0");
    accepts("get-x!#$%&'*+-.^_`|~09 / HTTP/1.1", "get-x!#$%&'*+-.^_`|~09 / HTTP/1.1");
    accepts("GET   /a   HTTP/1.1", "GET /a HTTP/1.1");
    accepts("GET /\"<>{}|^`\\ HTTP/1.1", "GET /\"<>{}|^`\\ HTTP/1.1");
    refuses(Kind::BareLf, "\nGET / HTTP/1.1");
    refuses(Kind::BareCr, "\rGET / HTTP/1.1");
    refuses(Kind::Method, " GET / HTTP/1.1");
    refuses(Kind::Method, "G(T / HTTP/1.1");
    refuses(Kind::Method, "GÉT / HTTP/1.1");
    refuses(Kind::Method, "GET\t/ HTTP/1.1");
    refuses(Kind::Method, "GET");
    refuses(Kind::Version, "GET /");
    refuses(Kind::Target, "GET ");
    refuses(Kind::BareLf, "GET / HTTP/1.1\nHost: a");
    refuses(Kind::BareCr, "GET / HTTP/1.1\rHost: a");
    refuses(Kind::Version, "GET / HTTP/1.1 ");
}

#[test]
fn versions_are_read_as_haproxy_reads_them() {
    for (text, version) in [("1.0", Version::Http10), ("0.9", Version::Http10), ("1.1", Version::Http11)] {
        assert_eq!(request(format!("GET / HTTP/{text}\r\n\r\n").as_bytes()).unwrap().version, version);
    }
    for text in ["1.2", "2.0", "3.0", "9.9"] {
        accepts(&format!("GET / HTTP/{text}"), "GET / HTTP/1.1");
    }
    for text in
        ["http/1.1", "HTTP/11.1", "HTTP/1.10", "HTTX/1.1", "HTTP/1,1", "HTTP/.1", "HTTP/1", "HTTP/a.b"]
    {
        refuses(Kind::Version, &format!("GET / {text}"));
    }
    refuses(Kind::Http2Preface, "PRI * HTTP/2.0");
}

#[test]
fn targets() {
    for target in ["/", "//a/b"] {
        accepts(&format!("GET {target} HTTP/1.1"), &format!("GET {target} HTTP/1.1"));
    }
    // Without a Host the target's is everybody's.
    for (target, out, host) in [
        ("http://h", "http://h/", "h"),
        ("http://h/", "http://h/", "h"),
        ("HTTP://u:p@h/x", "HTTP://u:p@h/x", "h"),
        ("ftp://h:21/", "ftp://h:21/", "h:21"),
        ("http://h:80/", "http://h/", "h"),
        ("http://[::1]/", "http://[::1]/", "[::1]"),
    ] {
        accepts(&format!("GET {target} HTTP/1.1"), &format!("GET {out} HTTP/1.1\r\nhost: {host}"));
    }
    for target in [
        "*",
        "*x",
        "foo",
        "a:80",
        "http:/x",
        "http:",
        "1http://h/",
        "http:///x",
        "http://h?x=/",
        "http://a:1:80/",
        "http://internal?@a/",
        "http://a@internal@a/",
        "http://a,b/",
        "http://a\\b/",
    ] {
        refuses(Kind::Target, &format!("GET {target} HTTP/1.1"));
    }
    for odd in ["\u{1}", "\t", "\u{7f}", "é", "#b", "\0"] {
        refuses(Kind::Target, &format!("GET /{odd} HTTP/1.1"));
    }
    refuses(Kind::Version, "GET /a b HTTP/1.1");
    accepts("OPTIONS * HTTP/1.1\r\nHost: a", "OPTIONS * HTTP/1.1\r\nhost: a");
    accepts("CONNECT a:8080 HTTP/1.1", "CONNECT a:8080 HTTP/1.1\r\nhost: a:8080");
    refuses(Kind::Target, "OPTIONS *a HTTP/1.1");
    accepts("CONNECT a:8080 HTTP/1.1\r\nHost: a:8080", "CONNECT a:8080 HTTP/1.1\r\nhost: a:8080");
    accepts("CONNECT [::1]:81 HTTP/1.1\r\nHost: [::1]:81", "CONNECT [::1]:81 HTTP/1.1\r\nhost: [::1]:81");
    for target in ["a", "a:", ":80", "/x", "http://a:80/", "u@a:80", "a:x", "a:123456", "*"] {
        refuses(Kind::Target, &format!("CONNECT {target} HTTP/1.1\r\nHost: a"));
    }
}

#[test]
fn the_authority_must_be_host_but_for_a_default_port() {
    // (target, Host, target out, Host out): seen with HAProxy 2.6.
    for (target, host, target_out, host_out) in [
        ("http://a/x", "A", "http://a/x", "A"),
        ("http://a:80/x", "a:80", "http://a/x", "a"),
        ("http://a:80/x", "a", "http://a/x", "a"),
        ("http://a/x", "a:80", "http://a/x", "a:80"),
        ("http://a:/x", "a:", "http://a/x", "a"),
        ("https://a:443/x", "a:443", "https://a/x", "a"),
        ("https://a:80/x", "a:80", "https://a:80/x", "a:80"),
        ("http://u@a:80/x", "a:80", "http://u@a/x", "a"),
        ("http://[::1]:80/x", "[::1]:80", "http://[::1]/x", "[::1]"),
        ("http://a:80", "a", "http://a/", "a"),
        ("http://a:x/", "a:x", "http://a:x/", "a:x"),
    ] {
        accepts(
            &format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nX: y"),
            &format!("GET {target_out} HTTP/1.1\r\nhost: {host_out}\r\nx: y"),
        );
    }
    accepts("CONNECT a:443 HTTP/1.1\r\nHost: a:443", "CONNECT a:443 HTTP/1.1\r\nhost: a");
    accepts("CONNECT a:443 HTTP/1.1\r\nHost: a", "CONNECT a:443 HTTP/1.1\r\nhost: a");
    for (target, host) in [
        ("GET http://b/x", "a"),
        ("GET http://a/x", ""),
        ("GET http://a:81/x", "a"),
        ("GET https://a:80/x", "a"),
        ("GET ftp://a:80/x", "a"),
        ("CONNECT b:443", "a:443"),
        ("CONNECT a:8080", "a"),
        ("CONNECT a:80", "a:443x"),
    ] {
        refuses(Kind::HostMismatch, &format!("{target} HTTP/1.1\r\nHost: {host}"));
    }
    for host in ["u@a", "a, b", "a b", "a/", "a?b", "a\\b", "a\u{1}", "a\u{7f}", "é", "[a", "a[b]"] {
        refuses(Kind::Host, &format!("GET / HTTP/1.1\r\nHost: {host}"));
        refuses(Kind::Host, &format!("GET http://a/x HTTP/1.1\r\nHost: {host}"));
    }
}

#[test]
fn hosts_are_joined_if_equal() {
    accepts("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nHOST: A", "GET / HTTP/1.1\r\nhost: a\r\nx: y");
    accepts("GET / HTTP/1.1\r\nX: y", "GET / HTTP/1.1\r\nx: y");
    refuses(Kind::RepeatedHost, "GET / HTTP/1.1\r\nHost: a\r\nHost: b");
    refuses(Kind::RepeatedHost, "GET / HTTP/1.0\r\nHost: a\r\nHost:");
}

#[test]
fn field_lines() {
    accepts("GET / HTTP/1.1\r\nA:\r\nB: \t \r\nC:x:y", "GET / HTTP/1.1\r\na: \r\nb: \r\nc: x:y");
    accepts("GET / HTTP/1.1\r\nX: a\u{1}é\u{7f}\t\tb", "GET / HTTP/1.1\r\nx: a\u{1}é\u{7f}\t\tb");
    refuses_field(Kind::Fold, "X: a\r\n b");
    refuses_field(Kind::Fold, "X: a\r\n\tb: c");
    refuses(Kind::Fold, "GET / HTTP/1.1\r\n Host: a");
    refuses_field(Kind::SpaceBeforeColon, "X : a");
    refuses_field(Kind::SpaceBeforeColon, "X\t: a");
    for name in ["", "X(y)", "é", "a\0", "\"a\"", "a/b", "a@b", "\u{b}a"] {
        refuses_field(Kind::Name, &format!("{name}: a"));
    }
    refuses_field(Kind::Name, "Xy");
    refuses_field(Kind::BareCr, "X: a\rb");
    refuses_field(Kind::BareCr, "X: a\r\r\nY: b");
    refuses_field(Kind::BareCr, "X: a\r\n\rY: b");
    refuses_field(Kind::BareLf, "X: a\nY: b");
    refuses_field(Kind::BareLf, "X: a\r\n\nGET / HTTP/1.1");
    // Every place of a word of eight bytes, which is the scanner's step.
    for before in 0..17 {
        let value = "v".repeat(before);
        refuses_field(Kind::Nul, &format!("X:{value}\0vvvvvvvvvvvvvvvv"));
        refuses_field(Kind::BareLf, &format!("X:{value}\nvvvvvvvvvvvvvvvv"));
        refuses_field(Kind::BareCr, &format!("X:{value}\rvvvvvvvvvvvvvvvv"));
        accepts(&format!("GET / HTTP/1.1\r\nX:{value}"), &format!("GET / HTTP/1.1\r\nx: {value}"));
    }
}

#[test]
fn lengths() {
    let body = |fields: &str| get(fields).body;
    assert_eq!(body(""), Body::None);
    assert_eq!(body("Content-Length: 0\r\n"), Body::Length(0));
    assert_eq!(body("content-LENGTH:\t3 \r\n"), Body::Length(3));
    assert_eq!(body("Content-Length: 03\r\n"), Body::Length(3));
    assert_eq!(body("Content-Length: 9223372036854775807\r\n"), Body::Length(i64::MAX as u64));
    let odd = ["", "+3", "-3", "3.0", "0x3", "3 x", "3, 3", "3,", ",3", "3;", "3\u{b}", "٣", "\"3\""];
    for value in
        odd.into_iter().chain(["9223372036854775808", "18446744073709551616", "99999999999999999999999"])
    {
        refuses_field(Kind::Length, &format!("Content-Length: {value}"));
    }
    refuses_field(Kind::RepeatedLength, "Content-Length: 3\r\nContent-Length: 4");
    refuses_field(Kind::RepeatedLength, "Content-Length: 3\r\nContent-Length: 3");
}

#[test]
fn codings() {
    assert_eq!(get("Transfer-Encoding: chunked\r\n").body, Body::Chunked);
    assert_eq!(get("TRANSFER-encoding:  CHUNKED\t\r\n").body, Body::Chunked);
    for value in ["", "foo", "gzip", "identity", "xchunked", "chunkedx", "chunked, gzip", "chunked,chunked"] {
        refuses_field(Kind::NotChunked, &format!("Transfer-Encoding: {value}"));
    }
    for value in [
        "chunked,",
        "chunked;q=1",
        "\"chunked\"",
        "\u{b}chunked",
        "chunked chunked",
        "chunked\r\nTransfer-Encoding: chunked",
    ] {
        refuses_field(Kind::NotChunked, &format!("Transfer-Encoding: {value}"));
    }
    for value in ["gzip, chunked", "foo,chunked", ",chunked", "gzip\r\nTransfer-Encoding: chunked"] {
        refuses_field(Kind::CodingBeforeChunked, &format!("Transfer-Encoding: {value}"));
    }
    refuses_field(Kind::LengthAndCoding, "Content-Length: 3\r\nTransfer-Encoding: chunked");
    refuses_field(Kind::LengthAndCoding, "Transfer-Encoding: chunked\r\nContent-Length: 0");
    refuses(Kind::CodingInHttp10, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked");
    refuses(Kind::ConnectBody, "CONNECT a:1 HTTP/1.1\r\nContent-Length: 1");
    refuses(Kind::ConnectBody, "CONNECT a:1 HTTP/1.1\r\nTransfer-Encoding: chunked");
}

#[test]
fn persistence_stays_with_its_connection() {
    for (version, connection, keep, out) in [
        ("1.1", "", true, ""),
        ("1.1", "Connection: close\r\n", false, ""),
        ("1.1", "Connection: Keep-Alive\r\n", true, ""),
        ("1.1", "Connection: keep-alive, close\r\n", false, ""),
        ("1.1", "Connection: \r\n", true, ""),
        ("1.1", "Connection: x-foo\r\n", true, "connection: x-foo\r\n"),
        ("1.1", "Connection: x-foo ,, CLOSE, b\r\n", false, "connection: x-foo, b\r\n"),
        (
            "1.1",
            "Connection: a\r\nConnection: close\r\nConnection: keep-alive,b\r\n",
            false,
            "connection: a\r\nconnection: b\r\n",
        ),
        ("1.1", "Connection: closed\r\n", true, "connection: closed\r\n"),
        ("1.1", "Proxy-Connection: close\r\n", true, "proxy-connection: close\r\n"),
        ("1.0", "", false, ""),
        ("1.0", "Connection: keep-alive\r\n", true, ""),
        ("1.0", "Connection: keep-alive\r\nConnection: close\r\n", false, ""),
    ] {
        let head = request(format!("GET / HTTP/{version}\r\n{connection}X: y\r\n\r\n").as_bytes()).unwrap();
        assert_eq!(head.keep_alive, keep, "{version} {connection:?}");
        let mut bytes = Vec::new();
        write_request(&head, &mut bytes);
        assert_eq!(String::from_utf8(bytes).unwrap(), format!("GET / HTTP/{version}\r\n{out}x: y\r\n\r\n"));
    }
}

#[test]
fn upgrades_and_expectations() {
    let asked = get("Connection: keep-alive, Upgrade\r\nUpgrade: foo\r\n");
    assert!(asked.upgrade && !asked.websocket && asked.keep_alive);
    assert_eq!(asked.head.get(b"connection"), Some(&b"Upgrade"[..]));
    assert!(!get("Upgrade: foo\r\n").upgrade);
    assert!(!get("Connection: upgrade\r\n").upgrade);
    assert!(get("Connection: upgrade\r\nUpgrade: foo\r\nContent-Length: 0\r\n").upgrade);
    assert!(get("Connection: upgrade\r\nUpgrade: foo\r\nContent-Length: 1\r\n").upgrade);
    for (fields, out) in [
        ("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n", "connection: HTTP2-Settings\r\n"),
        ("Connection: upgrade\r\nUpgrade: H2C\r\nUpgrade: h2\r\n", ""),
        ("Connection: upgrade\r\nUpgrade: h2c, tcp\r\n", "connection: upgrade\r\nupgrade: tcp\r\n"),
    ] {
        let head = get(fields);
        let mut bytes = Vec::new();
        write_request(&head, &mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.ends_with(&format!("host: a\r\n{out}\r\n")), "{fields:?}: {text}");
        assert_eq!(head.upgrade, out.contains("tcp"));
    }
    assert!(!request(b"GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n").unwrap().upgrade);
    let websocket = get("Upgrade: WebSocket\r\nConnection: upgrade\r\nSec-WebSocket-Key: a\r\n");
    assert!(websocket.upgrade && websocket.websocket);
    assert_eq!(RequestKind::of(&websocket), WEBSOCKET);
    refuses_field(Kind::WebSocket, "Connection: upgrade\r\nUpgrade: websocket");
    refuses_field(Kind::WebSocket, "Connection: upgrade\r\nUpgrade: foo, websocket\r\nSec-WebSocket-Key: ");
    assert!(get("Expect: 100-Continue\r\n").expect_continue);
    assert!(!get("Expect: foo\r\n").expect_continue);
    assert!(!request(b"POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").unwrap().expect_continue);
}

#[test]
fn heads_have_limits() {
    let mut head = RequestHead::default();
    let limits = Limits { max_head: 30, max_headers: 2 };
    let mut parse =
        |bytes: &[u8]| parse_request(bytes, &limits, &mut head).map_err(|e| (e.kind, e.at, e.status()));
    assert_eq!(parse(b"GET / HTTP/1.1\r\na: b\r\nc: d\r\n\r\n"), Ok(Parsed::Complete { consumed: 30 }));
    assert_eq!(parse(b"GET / HTTP/1.1\r\na: b\r\nc: dd\r\n\r\n"), Err((Kind::TooLong, 30, 400)));
    assert_eq!(parse(b"GET / HTTP/1.1\r\na: b\r\nc: ddd"), Ok(Parsed::Partial));
    assert_eq!(parse(b"GET / HTTP/1.1\r\na: b\r\nc: ddddd"), Err((Kind::TooLong, 30, 400)));
    assert_eq!(parse(b"GET / HTTP/1.1\r\na:\r\nb:\r\nc:"), Err((Kind::TooManyFields, 24, 400)));
    assert_eq!(
        parse(b"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n"),
        Err((Kind::TooLong, 30, 400))
    );
    let fields = |n: usize| format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(n));
    assert!(request(fields(100).as_bytes()).is_ok());
    assert_eq!(request(fields(101).as_bytes()).unwrap_err().kind, Kind::TooManyFields);
}

#[test]
fn parsing_again_waits_for_a_line() {
    let limits = Limits { max_head: 20, max_headers: 9 };
    assert!(worth_parsing(b"G", 0, &limits));
    assert!(!worth_parsing(b"GET / HT", 3, &limits));
    assert!(worth_parsing(b"GET / HTTP/1.1\r\n", 3, &limits));
    assert!(!worth_parsing(b"GET / HTTP/1.1\r\n", 16, &limits));
    assert!(worth_parsing(b"GET / HTTP/1.1\r\nabcd", 16, &limits));
}

#[test]
fn errors_say_where_and_what_to_answer() {
    let error = request(b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n").unwrap_err();
    assert_eq!((error.kind, error.at, error.status()), (Kind::Length, 33, 400));
    assert_eq!(error.to_string(), "bad Content-Length at byte 33");
    let error = request(b"\r\nPOST / HTTP/1.1\r\nTransfer-Encoding: a, chunked\r\n\r\n").unwrap_err();
    assert_eq!((error.kind, error.at, error.status()), (Kind::CodingBeforeChunked, 38, 422));
    let error = response(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: a, chunked\r\n\r\n", G).unwrap_err();
    assert_eq!(error.status(), 502);
}

#[test]
fn status_lines() {
    for (line, out) in [
        ("HTTP/1.1 200 OK", "HTTP/1.1 200 OK"),
        ("HTTP/1.0 200 OK", "HTTP/1.0 200 OK"),
        ("HTTP/2.0 200 OK", "HTTP/1.1 200 OK"),
        ("\r\nHTTP/1.1 200 OK", "HTTP/1.1 200 OK"),
        ("HTTP/1.1 200", "HTTP/1.1 200 "),
        ("HTTP/1.1 200 ", "HTTP/1.1 200 "),
        ("HTTP/1.1  999  O\u{1}é K  x ", "HTTP/1.1 999 O\u{1}é K  x "),
    ] {
        let mut bytes = Vec::new();
        write_response(&response(format!("{line}\r\n\r\n").as_bytes(), G).unwrap(), &mut bytes);
        assert_eq!(String::from_utf8(bytes).unwrap(), format!("{out}\r\n\r\n"));
    }
    for (line, kind) in [
        ("ICY 200 OK", Kind::Version),
        ("RTSP/1.0 200 OK", Kind::Version),
        ("hello world", Kind::Version),
        ("HTTP/1.1", Kind::Version),
        ("HTTP/1.1\t200", Kind::Version),
        ("HTTP/1.1 ", Kind::Status),
        ("HTTP/1.1 20 OK", Kind::Status),
        ("HTTP/1.1 2000 OK", Kind::Status),
        ("HTTP/1.1 099 OK", Kind::Status),
        ("HTTP/1.1 +20 OK", Kind::Status),
        ("HTTP/1.1 200 O\0K", Kind::Nul),
        ("HTTP/1.1 200 O\rK", Kind::BareCr),
        ("HTTP/1.1 200 OK\nX: a", Kind::BareLf),
        ("HTTP/1.1 200\nX: a", Kind::BareLf),
    ] {
        let error = response(format!("{line}\r\n\r\n").as_bytes(), G).unwrap_err();
        assert_eq!((error.kind, error.status()), (kind, 502), "{line:?}");
    }
}

#[test]
fn where_an_answers_body_ends() {
    let length = "Content-Length: 5\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n";
    let upgrade = "Connection: upgrade\r\nUpgrade: foo\r\n";
    for (status, fields, kind, body, keep_alive) in [
        (200, "", G, Body::UntilClose, false),
        (200, length, G, Body::Length(5), true),
        (200, chunked, G, Body::Chunked, true),
        (205, length, G, Body::Length(5), true),
        (404, "Connection: close\r\nContent-Length: 5\r\n", G, Body::Length(5), false),
        (200, "", HEAD, Body::None, true),
        (200, length, HEAD, Body::None, true),
        (200, chunked, HEAD, Body::None, true),
        (100, "", G, Body::None, true),
        (103, length, G, Body::None, true),
        (103, "", CONNECT, Body::None, true),
        (204, length, G, Body::None, true),
        (204, chunked, G, Body::None, true),
        (304, "", G, Body::None, true),
        (304, length, G, Body::None, true),
        (304, chunked, G, Body::None, true),
        (200, length, CONNECT, Body::Tunnel, false),
        (299, chunked, CONNECT, Body::Tunnel, false),
        (403, length, CONNECT, Body::Length(5), true),
        (101, upgrade, UPGRADE, Body::Tunnel, false),
        (200, length, UPGRADE, Body::Length(5), true),
    ] {
        let head = response(format!("HTTP/1.1 {status} X\r\n{fields}\r\n").as_bytes(), kind).unwrap();
        assert_eq!((head.body, head.keep_alive), (body, keep_alive), "{status} {fields:?} {kind:?}");
        let framed =
            head.head.get(b"content-length").is_some() || head.head.get(b"transfer-encoding").is_some();
        assert_eq!(
            framed,
            !(matches!(status, 100..=199 | 204) || (kind == CONNECT && status < 300))
                && fields.contains("5\r\n") | fields.contains("chunked")
        );
    }
    let old =
        |fields: &str| response(format!("HTTP/1.0 200 OK\r\n{fields}\r\n").as_bytes(), G).unwrap().keep_alive;
    assert!(!old(length));
    assert!(old("Content-Length: 5\r\nConnection: keep-alive\r\n"));
    assert!(!old("Connection: keep-alive\r\n"), "without a length only the close ends it");
}

#[test]
fn answers_that_are_refused() {
    for (head, kind, error) in [
        ("101 S\r\nConnection: upgrade\r\nUpgrade: foo\r\n", G, Kind::UnaskedUpgrade),
        ("101 S\r\n", UPGRADE, Kind::UnaskedUpgrade),
        ("101 S\r\nUpgrade: foo\r\n", UPGRADE, Kind::UnaskedUpgrade),
        ("101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n", WEBSOCKET, Kind::WebSocket),
        ("200 OK\r\nContent-Length: 5\r\nContent-Length: 4\r\n", G, Kind::RepeatedLength),
        ("200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n", G, Kind::RepeatedLength),
        ("200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n", G, Kind::LengthAndCoding),
        ("304 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n", G, Kind::LengthAndCoding),
        ("200 OK\r\nTransfer-Encoding: gzip\r\n", G, Kind::NotChunked),
        ("200 OK\r\nTransfer-Encoding: chunked, gzip\r\n", G, Kind::NotChunked),
        ("200 OK\r\nTransfer-Encoding: gzip, chunked\r\n", G, Kind::CodingBeforeChunked),
        ("200 OK\r\nX : a\r\n", G, Kind::SpaceBeforeColon),
        ("200 OK\r\nX: a\r\n b\r\n", G, Kind::Fold),
        ("200 OK\r\nX: a\0\r\n", G, Kind::Nul),
    ] {
        let error_found = response(format!("HTTP/1.1 {head}\r\n").as_bytes(), kind).unwrap_err();
        assert_eq!((error_found.kind, error_found.status()), (error, 502), "{head:?}");
    }
    let old = b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(response(old, G).unwrap_err().kind, Kind::CodingInHttp10);
    let accept =
        b"HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n";
    assert_eq!(response(accept, WEBSOCKET).unwrap().body, Body::Tunnel);
}

#[test]
fn reasons() {
    assert_eq!((reason_phrase(302), reason_phrase(299)), ("Moved Temporarily", "Success"));
    let mut out = Vec::new();
    write_status_line(Version::Http11, 503, reason_phrase(503).as_bytes(), &mut out);
    assert_eq!(out, b"HTTP/1.1 503 Service Unavailable\r\n");
}
