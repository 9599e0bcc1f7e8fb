//! Tables of what is accepted and refused, and properties over every cut of the input.
use super::*;
use crate::proto::http::RequestHead;

fn request(bytes: &[u8]) -> Result<RequestHead, HeadErrorKind> {
    let mut head = RequestHead::default();
    match parse_request(bytes, &Limits::default(), &mut head) {
        Ok(Parsed::Complete { consumed }) => {
            assert_eq!(consumed, bytes.len(), "{}", bytes.escape_ascii());
            Ok(head)
        }
        Ok(Parsed::Partial) => panic!("partial: {}", bytes.escape_ascii()),
        Err(e) => Err(e.kind),
    }
}

#[test]
fn a_plain_request() {
    let head = request(b"GET /a?b HTTP/1.1\r\nHost: a\r\nFoo-Bar:  x y \t\r\n\r\n").unwrap();
    assert_eq!((head.method(), head.uri()), (&b"GET"[..], &b"/a?b"[..]));
    let mut out = Vec::new();
    write_request(&head, &mut out);
    assert_eq!(out, b"GET /a?b HTTP/1.1\r\nhost: a\r\nfoo-bar: x y\r\n\r\n");
}
