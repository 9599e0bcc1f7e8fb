//! Properties: what is written is read back the same, what is read can be written and read again with the same
//! meaning, and no bytes panic.
use super::*;
use crate::proto::http::{Body, Head, RequestHead, ResponseHead, Version};
use crate::proto::text::FieldName;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Fields that say nothing of framing or connection.
fn plain_field() -> impl Strategy<Value = (String, Vec<u8>)> {
    let name = "x[!#$%&'*+.^_`|~0-9A-Za-z-]{0,24}";
    let byte = prop_oneof![8 => 0x20u8..0x7f, 1 => 0x80u8.., 1 => Just(b'\t'), 1 => 1u8..9];
    let value = vec(byte, 0..40).prop_map(|v| {
        let blank = |b: &u8| matches!(b, b' ' | b'\t');
        let from = v.iter().position(|b| !blank(b)).unwrap_or(v.len());
        let to = v.iter().rposition(|b| !blank(b)).map_or(from, |n| n + 1);
        v[from..to].to_vec()
    });
    (name, value)
}

fn framing() -> impl Strategy<Value = Body> {
    prop_oneof![Just(Body::None), Just(Body::Chunked), (0..=i64::MAX as u64).prop_map(Body::Length)]
}

fn put_framing(body: Body, head: &mut Head) {
    match body {
        Body::Chunked => head.push(b"transfer-encoding", b"chunked"),
        Body::Length(n) => head.push(b"content-length", n.to_string().as_bytes()),
        Body::None | Body::UntilClose | Body::Tunnel => {}
    }
}

fn same_fields(a: &Head, b: &Head) {
    let list = |h: &Head| h.fields().map(|(n, v)| (n.to_vec(), v.to_vec())).collect::<Vec<_>>();
    assert_eq!(list(a), list(b));
}

/// Pieces of heads and bodies, right and wrong, to be strung together.
fn shards() -> impl Strategy<Value = Vec<u8>> {
    const SHARDS: &[&[u8]] = &[
        b"GET / HTTP/1.1\r\n",
        b"POST http://a:80/ HTTP/1.1\r\n",
        b"CONNECT a:443 HTTP/1.1\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 101 \r\n",
        b"Host: a\r\n",
        b"Host: a:80\r\n",
        b"Content-Length: 3\r\n",
        b"Content-Length: 4\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: x, chunked\r\n",
        b"Connection: close, upgrade, a\r\n",
        b"Connection: keep-alive\r\n",
        b"Upgrade: websocket\r\n",
        b"Sec-WebSocket-Key: a\r\n",
        b"Sec-WebSocket-Accept: a\r\n",
        b"Expect: 100-continue\r\n",
        b"\r\n",
        b"\r",
        b"\n",
        b" ",
        b":",
        b"\0",
        b"x: y\r\n",
        b",",
        b"3\r\nabc\r\n",
        b"0\r\n\r\n",
        b"5;a=b\r\n",
        b"ffff",
        b"\xff",
    ];
    vec(prop_oneof![9 => select(SHARDS).prop_map(<[u8]>::to_vec), 1 => vec(any::<u8>(), 0..9)], 0..14)
        .prop_map(|parts| parts.concat())
}

/// Whatever is accepted is forwarded as something that says the same, whole and by every reader.
fn rewritten_says_the_same(bytes: &[u8]) {
    let limits = Limits::default();
    let mut head = RequestHead::default();
    if let Ok(Parsed::Complete { consumed }) = parse_request(bytes, &limits, &mut head) {
        assert!(consumed <= bytes.len());
        let (mut out, mut again) = (Vec::new(), RequestHead::default());
        write_request(&head, &mut out);
        let parsed = parse_request(&out, &limits, &mut again).expect("what is forwarded is valid");
        assert_eq!(parsed, Parsed::Complete { consumed: out.len() });
        assert_eq!((again.method(), again.uri(), again.version), (head.method(), head.uri(), head.version));
        assert_eq!((again.body, again.upgrade), (head.body, head.upgrade));
        same_fields(&again.head, &head.head);
    }
    for flags in 0..16u8 {
        let on = |bit: u8| flags & bit != 0;
        let kind = RequestKind { head: on(1), connect: on(2), upgrade: on(4), websocket: on(8) };
        let mut head = ResponseHead::default();
        if let Ok(Parsed::Complete { consumed }) = parse_response(bytes, &limits, &kind, &mut head) {
            assert!(consumed <= bytes.len());
            let (mut out, mut again) = (Vec::new(), ResponseHead::default());
            write_response(&head, &mut out);
            let parsed =
                parse_response(&out, &limits, &kind, &mut again).expect("what is forwarded is valid");
            assert_eq!(parsed, Parsed::Complete { consumed: out.len() });
            assert_eq!((again.status, again.reason(), again.body), (head.status, head.reason(), head.body));
            same_fields(&again.head, &head.head);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn requests_come_back(
        method in "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}",
        path in "/[!\"$-~]{0,60}",
        old in any::<bool>(),
        body in framing(),
        fields in vec(plain_field(), 0..20),
    ) {
        let version = if old && body != Body::Chunked { Version::Http10 } else { Version::Http11 };
        let mut head = RequestHead { version, body, ..RequestHead::default() };
        prop_assume!(method != "CONNECT");
        head.set_uri(path.as_bytes()).unwrap();
        head.set_method(method.as_bytes()).unwrap();
        for (name, value) in &fields {
            head.head.add(&FieldName::new(name.as_bytes()).unwrap(), value);
        }
        put_framing(body, &mut head.head);
        let mut out = Vec::new();
        write_request(&head, &mut out);
        let again = super::tests::request(&out).unwrap();
        prop_assert_eq!((again.method(), again.uri()), (head.method(), head.uri()));
        prop_assert_eq!((again.version, again.body), (version, body));
        same_fields(&again.head, &head.head);
    }

    #[test]
    fn answers_come_back(
        status in 200u16..1000,
        reason in "[!-~][ -~]{0,20}",
        body in framing(),
        fields in vec(plain_field(), 0..20),
    ) {
        let mut head = ResponseHead { status, ..ResponseHead::default() };
        head.reason = head.head.push_text(reason.as_bytes());
        for (name, value) in &fields {
            head.head.add(&FieldName::new(name.as_bytes()).unwrap(), value);
        }
        prop_assume!(status != 204 || body == Body::None);
        put_framing(body, &mut head.head);
        let mut out = Vec::new();
        write_response(&head, &mut out);
        let again = super::tests::response(&out, RequestKind::default()).unwrap();
        prop_assert_eq!((again.status, again.reason()), (status, reason.as_bytes()));
        let expected = match (status, body) {
            (204 | 304, _) => Body::None,
            (_, Body::None) => Body::UntilClose,
            _ => body,
        };
        prop_assert_eq!(again.body, expected);
        same_fields(&again.head, &head.head);
    }

    #[test]
    fn chunked_bodies_come_back(
        chunks in vec((vec(any::<u8>(), 1..300), "(;[a-z]{1,5}(=\"[!#-~ ]{0,9}\")?)?"), 0..8),
        trailers in vec(plain_field(), 0..4),
        cuts in vec(1usize..90, 1..20),
    ) {
        let (mut wire, mut clean, mut content) = (Vec::new(), Vec::new(), Vec::new());
        for (data, extension) in &chunks {
            chunk_header(data.len(), &mut clean);
            clean.extend_from_slice(data);
            clean.extend_from_slice(CHUNK_END);
            wire.extend_from_slice(format!("{:x}{extension}\r\n", data.len()).as_bytes());
            wire.extend_from_slice(data);
            wire.extend_from_slice(CHUNK_END);
            content.extend_from_slice(data);
        }
        let mut section = Vec::new();
        for (name, value) in &trailers {
            section.extend_from_slice(name.to_ascii_lowercase().as_bytes());
            section.extend_from_slice(b": ");
            section.extend_from_slice(value);
            section.extend_from_slice(b"\r\n");
        }
        for bytes in [&mut wire, &mut clean] {
            bytes.extend_from_slice(&LAST_CHUNK[..3]);
            bytes.extend_from_slice(&section);
            bytes.extend_from_slice(CHUNK_END);
        }
        let wire_len = wire.len();
        wire.extend_from_slice(b"GET / HTTP/1.1\r\n");
        for strip in [false, true] {
            let mut reader = if strip { BodyReader::stripping(Body::Chunked) } else { BodyReader::new(Body::Chunked) };
            let (mut out, mut at, mut payload) = (Vec::new(), 0, 0);
            for cut in cuts.iter().cycle() {
                let mut buf = wire[at..wire.len().min(at + cut)].to_vec();
                let walk = reader.walk(&mut buf).unwrap();
                out.extend_from_slice(&buf[..walk.out_len]);
                (at, payload) = (at + walk.consumed, payload + walk.payload);
                if walk.done {
                    break;
                }
            }
            prop_assert_eq!((at, payload), (wire_len, content.len()));
            prop_assert_eq!(&out, if strip { &content } else { &clean });
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop_oneof![vec(any::<u8>(), 0..200), shards()], cut in 1usize..20) {
        rewritten_says_the_same(&bytes);
        for body in [Body::Chunked, Body::Length(7), Body::UntilClose] {
            let mut reader = BodyReader::new(body);
            for piece in bytes.chunks(cut) {
                if !reader.walk(&mut piece.to_vec()).is_ok_and(|walk| !walk.done) {
                    break;
                }
            }
        }
    }

    #[test]
    fn a_damaged_head_says_the_same(at in any::<prop::sample::Index>(), byte in any::<u8>(), put in any::<bool>()) {
        const HEADS: [&[u8]; 2] = [
            b"POST http://u@h:80/p?q HTTP/1.1\r\nHost: h:80\r\nConnection: close, upgrade\r\nUpgrade: websocket\r\n\
              Sec-WebSocket-Key: k\r\nContent-Length: 12\r\nTE: trailers\r\n\r\n",
            b"HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\nConnection: a,keep-alive ,b\r\nX: y\r\n\r\n",
        ];
        for head in HEADS {
            let mut bytes = head.to_vec();
            let at = at.index(bytes.len());
            if put { bytes.insert(at, byte) } else { bytes[at] = byte }
            rewritten_says_the_same(&bytes);
        }
    }
}

#[test]
fn a_form_feed_is_no_blank() {
    for head in [
        &b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close, \x0cupgrade\r\nUpgrade: websocket\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\x0c, close\r\nUpgrade: websocket\r\n\r\n",
    ] {
        rewritten_says_the_same(head);
    }
}

#[test]
fn nothing_grows_at_the_second_message() {
    let bytes = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close, x-foo\r\nX-Foo: bar\r\n\r\n";
    let mut head = RequestHead::default();
    let mut out = Vec::new();
    let mut sizes = Vec::new();
    for _ in 0..3 {
        out.clear();
        parse_request(bytes, &Limits::default(), &mut head).unwrap();
        write_request(&head, &mut out);
        sizes.push((head.head.capacity(), out.capacity()));
    }
    assert_eq!(sizes[0], sizes[1]);
    assert_eq!(sizes[1], sizes[2]);
}
