//! Every wire format with something wrong in it: nothing panics, no more is consumed than is there, and what is whole is only
//! the beginning of something however early it was cut.
use super::h1::{self, BodyReader, Parsed, RequestKind};
use super::http::{RequestHead, ResponseHead};
use super::{dns, netscaler, proxy_protocol, socks4};
use crate::base::mutate::cases;

const CASES: u64 = 200_000;

#[test]
fn proxy_headers() {
    let addrs = |s: &str, d: &str| Some((s.parse().unwrap(), d.parse().unwrap()));
    let mut examples: Vec<Vec<u8>> = vec![
        b"PROXY TCP4 1.2.3.4 5.6.7.8 1000 65535\r\nGET / HTTP/1.1\r\n\r\n".to_vec(),
        b"PROXY TCP6 2001:db8::1 ::ffff:1.2.3.4 1 2\r\nrest".to_vec(),
        b"PROXY UNKNOWN ff:ff 1 2 3\r\nrest".to_vec(),
    ];
    let extensions: [(u8, &[u8]); 4] = [(1, b"h2"), (2, b"host.test"), (0x20, &[1, 0, 0, 0, 0]), (5, b"id")];
    for (addresses, sum) in [
        (addrs("1.2.3.4:5", "6.7.8.9:10"), true),
        (addrs("[2001:db8::1]:5", "[2001:db8::2]:6"), false),
        (None, true),
    ] {
        let mut out = Vec::new();
        proxy_protocol::write_v2(addresses, sum, extensions.iter().copied(), &mut out);
        out.extend_from_slice(b"rest");
        examples.push(out);
    }
    let examples: Vec<&[u8]> = examples.iter().map(Vec::as_slice).collect();
    let mut whole = 0;
    cases(CASES, &examples, |bytes| {
        let Ok(proxy_protocol::Parsed::Complete { header, consumed }) = proxy_protocol::parse(bytes, 16_384)
        else {
            return;
        };
        whole += 1;
        assert!(consumed <= bytes.len() && header.extensions.iter().count() <= bytes.len());
        for cut in [0, consumed / 2, consumed - 1] {
            assert_eq!(proxy_protocol::parse(&bytes[..cut], 16_384), Ok(proxy_protocol::Parsed::Partial));
        }
    });
    assert!(whole > CASES / 20, "{whole} were whole");
}

#[test]
fn netscaler_headers_and_socks_answers() {
    let mut packet = vec![0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 3, 0xe8, 7, 0xd0];
    packet.resize(40, 0);
    let mut six = vec![0x60, 0, 0, 0, 0, 20, 6, 64];
    six.resize(60, 7);
    let header = |parts: &[&[u8]]| parts.concat();
    let examples = [
        header(&[&5u32.to_be_bytes(), &40u32.to_be_bytes(), &packet, b"rest"]),
        header(&[&5u32.to_be_bytes(), &52u32.to_be_bytes(), &[0, 1, 0, 40], &packet, b"rest"]),
        header(&[&5u32.to_be_bytes(), &60u32.to_be_bytes(), &six, b"rest"]),
    ];
    let examples: Vec<&[u8]> = examples.iter().map(Vec::as_slice).collect();
    let mut whole = 0;
    cases(CASES, &examples, |bytes| {
        if let Some(answer) = bytes.first_chunk() {
            assert_eq!(socks4::granted(*answer), answer[..2] == [0, 0x5a]);
        }
        let Ok(netscaler::Parsed::Complete { consumed, .. }) = netscaler::parse(bytes, 5, 999) else {
            return;
        };
        whole += 1;
        assert!(consumed <= bytes.len());
        assert_eq!(netscaler::parse(&bytes[..consumed - 1], 5, 999), Ok(netscaler::Parsed::Partial));
    });
    assert!(whole > CASES / 20, "{whole} were whole");
}

#[test]
fn dns_answers() {
    const NAME: &str = "app.test";
    let question = dns::question(7, NAME, dns::Ask::A, 4_096).unwrap();
    // The question, an alias and two addresses behind pointers, a service, and an option nobody reads.
    let mut answer = question[..12].to_vec();
    answer[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 4, 0, 0, 0, 0]);
    answer.extend_from_slice(b"\x03app\x04test\0\0\x01\0\x01");
    answer.extend_from_slice(b"\xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x04\x01b\xc0\x10");
    answer.extend_from_slice(b"\x01b\xc0\x10\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\0\0\x01");
    answer.extend_from_slice(b"\x01b\xc0\x10\0\x1c\0\x01\0\0\0\x3c\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01");
    answer.extend_from_slice(b"\x01b\xc0\x10\0\x21\0\x01\0\0\0\x3c\0\x0a\0\x01\0\x02\x1f\x90\x01w\xc0\x10");
    let mut read = 0;
    cases(CASES / 2, &[&answer, &question], |bytes| {
        let _ = dns::id_of(bytes);
        for ask in [dns::Ask::A, dns::Ask::Srv] {
            if let Ok(records) = dns::answer(bytes, NAME, ask, 4_096) {
                read += 1;
                assert!(!records.is_empty());
                records.iter().for_each(|r| _ = r.order());
            }
        }
    });
    assert!(read > CASES / 100, "{read} were read");
}

const REQUESTS: &[&[u8]] = &[
    b"GET /a/b?c=d HTTP/1.1\r\nHost: example.test\r\nCookie: a=b; c=\"d\"\r\nConnection: keep-alive\r\n\r\n",
    b"POST http://h.test:80/p HTTP/1.1\r\nHost: h.test:80\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
    b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5;x=\"y\"\r\nhello\r\n0\r\nTrailer: 1\r\n\r\n",
    b"CONNECT h.test:443 HTTP/1.1\r\nHost: h.test:443\r\nUpgrade: x\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\r\n\r\nOPTIONS * HTTP/1.1\r\nhost:\t a \t\r\n\r\n",
];

#[test]
fn requests_with_their_bodies() {
    let limits = h1::Limits { max_head: 400, max_headers: 20 };
    let (mut head, mut again) = (RequestHead::default(), RequestHead::default());
    let mut whole = 0;
    cases(CASES / 2, REQUESTS, |bytes| {
        let Ok(Parsed::Complete { consumed }) = h1::parse_request(bytes, &limits, &mut head) else { return };
        whole += 1;
        assert!(consumed <= bytes.len());
        let early = h1::parse_request(&bytes[..consumed - 1], &limits, &mut again);
        assert!(matches!(early, Ok(Parsed::Partial)), "{early:?}");
        walk(BodyReader::new(head.body), &bytes[consumed..]);
        walk(BodyReader::stripping(head.body), &bytes[consumed..]);
    });
    assert!(whole > CASES / 40, "{whole} were whole");
}

#[test]
fn answers_with_their_bodies() {
    const EXAMPLES: &[&[u8]] = &[
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: S=a; path=/\r\n\r\nhello",
        b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n00;a\r\n\r\n",
        b"HTTP/1.0 302 Found\r\nLocation: /\r\n\r\nto the end",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nbytes",
    ];
    let limits = h1::Limits { max_head: 400, max_headers: 20 };
    let (mut head, mut again) = (ResponseHead::default(), ResponseHead::default());
    let kind = RequestKind::default();
    let mut whole = 0;
    cases(CASES / 2, EXAMPLES, |bytes| {
        let Ok(Parsed::Complete { consumed }) = h1::parse_response(bytes, &limits, &kind, &mut head) else {
            return;
        };
        whole += 1;
        assert!(consumed <= bytes.len());
        let early = h1::parse_response(&bytes[..consumed - 1], &limits, &kind, &mut again);
        assert!(matches!(early, Ok(Parsed::Partial)), "{early:?}");
        walk(BodyReader::new(head.body), &bytes[consumed..]);
    });
    assert!(whole > CASES / 40, "{whole} were whole");
}

/// Walks a body in one piece: what is taken and what is given are inside of what there is.
fn walk(mut reader: BodyReader, bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    if let Ok(walk) = reader.walk(&mut bytes) {
        assert!(walk.consumed <= bytes.len() && walk.out_len <= bytes.len() && walk.payload <= walk.consumed);
    }
}
