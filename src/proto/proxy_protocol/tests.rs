use super::*;
use proptest::prelude::*;

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn whole(bytes: &[u8]) -> Result<(Header, usize), Error> {
    match parse(bytes, 16_384)? {
        Parsed::Complete { header, consumed } => Ok((header, consumed)),
        Parsed::Partial => panic!("partial: {bytes:?}"),
    }
}

#[test]
fn lines_of_version_1() {
    for (line, is) in [
        ("TCP4 1.2.3.4 5.6.7.8 1000 2000", Ok(Some((addr("1.2.3.4:1000"), addr("5.6.7.8:2000"))))),
        ("TCP6 2001:db8::1 ::1 0 2", Ok(Some((addr("[2001:db8::1]:0"), addr("[::1]:2"))))),
        ("UNKNOWN", Ok(None)),
        ("UNKNOWN ffff::1 and what not", Ok(None)),
        ("TCP4  1.2.3.4 5.6.7.8 1000 2000", Err(Error::Invalid)),
        ("TCP4 1.2.3 5.6.7.8 1000 2000", Err(Error::Invalid)),
        ("TCP4 1.2.3.4 5.6.7.8 100000 2000", Err(Error::Invalid)),
        ("TCP4 1.2.3.4 5.6.7.8 -1 2", Err(Error::Invalid)),
        ("TCP4 1.2.3.4 5.6.7.8 +1 2", Err(Error::Invalid)),
        ("TCP4 1.2.3.4 5.6.7.8 01 2", Err(Error::Invalid)),
        ("TCP4 1.2.3.4 5.6.7.8 1 2 x", Err(Error::Invalid)),
        ("TCP4 1.2.3.4 5.6.7.8", Err(Error::Invalid)),
        ("TCP6 1.2.3.4 ::1 1 2", Err(Error::Invalid)),
        ("UDP4 1.2.3.4 5.6.7.8 1 2", Err(Error::UnhandledProtocol)),
        ("UNKNOWNX", Err(Error::Invalid)),
    ] {
        let bytes = format!("PROXY {line}\r\nrest");
        let got = whole(bytes.as_bytes()).map(|(header, consumed)| {
            assert_eq!(consumed, bytes.len() - 4);
            header.addresses
        });
        assert_eq!(got, is, "{line}");
    }
    assert_eq!(parse(b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\nx", 99), Err(Error::Invalid));
    assert_eq!(parse(&[b"PROXY UNKNOWN ".as_slice(), &[b'x'; 200]].concat(), 9), Err(Error::TooLong));
    assert_eq!(parse(b"GET / HTTP/1.1", 99), Err(Error::NoHeader));
    assert_eq!(parse(b"", 99), Ok(Parsed::Partial));
    assert_eq!(parse(b"PRO", 99), Ok(Parsed::Partial));
}

/// A block with these bytes behind the signature, the length put in.
fn block(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    bytes.extend_from_slice(&[command, family]);
    bytes.extend_from_slice(&u16::try_from(rest.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(rest);
    bytes
}

const FOUR: &[u8] = &[1, 2, 3, 4, 5, 6, 7, 8, 3, 232, 7, 208];

#[test]
fn blocks_of_version_2() {
    let with = |extension: &[u8]| block(0x21, 0x11, &[FOUR, extension].concat());
    let long = |kind: u8, len: usize| {
        let mut e = vec![kind];
        e.extend_from_slice(&u16::try_from(len).unwrap().to_be_bytes());
        e.resize(3 + len, b'x');
        e
    };
    for (bytes, is) in [
        (with(b""), Ok(true)),
        (block(0x21, 0x21, &[0; 36]), Ok(true)),
        (block(0x20, 0, b""), Ok(false)),
        (block(0x20, 0x11, FOUR), Ok(false)),
        (with(b"\x04\0\0\xe0\0\x02ab"), Ok(true)),
        (with(&long(TYPE_AUTHORITY, 255)), Ok(true)),
        (with(&long(TYPE_AUTHORITY, 256)), Err(Error::Extension)),
        (with(&long(TYPE_UNIQUE_ID, 128)), Ok(true)),
        (with(&long(TYPE_UNIQUE_ID, 129)), Err(Error::Extension)),
        (with(b"\x02\0\x09ab"), Err(Error::Extension)),
        (with(b"\x02\0"), Err(Error::Extension)),
        (with(b"\x03\0\x04abcd"), Err(Error::Extension)),
        (with(b"\x03\0\x03abc"), Err(Error::Extension)),
        (with(&long(TYPE_NOOP, 17_000)), Err(Error::TooLong)),
        (block(0x21, 0x12, FOUR), Err(Error::UnhandledProtocol)),
        (block(0x21, 0x00, FOUR), Err(Error::UnhandledProtocol)),
        (block(0x21, 0x31, &[0; 216]), Err(Error::UnhandledProtocol)),
        (block(0x21, 0x11, &FOUR[..8]), Err(Error::Invalid)),
        (block(0x22, 0x11, FOUR), Err(Error::Invalid)),
        (block(0x11, 0x11, FOUR), Err(Error::Invalid)),
    ] {
        let got = whole(&[&bytes[..], b"rest"].concat()).map(|(header, consumed)| {
            assert_eq!(consumed, bytes.len());
            header.addresses.is_some()
        });
        assert_eq!(got, is, "{bytes:?}");
    }
    let (header, _) = whole(&with(b"\x02\0\x01a\x05\0\x02id\x02\0\x01b")).unwrap();
    assert_eq!(header.addresses, Some((addr("1.2.3.4:1000"), addr("5.6.7.8:2000"))));
    assert_eq!(header.extensions.get(TYPE_AUTHORITY), Some(&b"b"[..]), "of several the last");
    assert_eq!(header.extensions.get(TYPE_UNIQUE_ID), Some(&b"id"[..]));
    assert_eq!(header.extensions.get(TYPE_ALPN), None);
}

#[test]
fn headers_as_haproxy_writes_them() {
    let written = |f: fn(&mut Vec<u8>)| {
        let mut out = b"before".to_vec();
        f(&mut out);
        out.split_off(6)
    };
    let v4 = written(|out| write_v1(Some((addr("127.0.0.1:39238"), addr("127.0.10.90:7801"))), out));
    assert_eq!(v4, b"PROXY TCP4 127.0.0.1 127.0.10.90 39238 7801\r\n");
    let mapped = written(|out| write_v1(Some((addr("[::ffff:127.0.0.1]:1"), addr("[::1]:2"))), out));
    assert_eq!(mapped, b"PROXY TCP6 ::ffff:127.0.0.1 ::1 1 2\r\n");
    assert_eq!(written(|out| write_v1(None, out)), b"PROXY UNKNOWN\r\n");
    assert_eq!(written(|out| write_v2(None, false, [], out)), b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0");
    // Taken from haproxy 2.6.12: `send-proxy-v2 proxy-v2-options crc32c,unique-id`.
    let summed = written(|out| {
        let pair = (addr("127.0.0.1:41712"), addr("127.0.10.90:7803"));
        write_v2(Some(pair), true, [(TYPE_UNIQUE_ID, &b""[..])], out);
    });
    assert_eq!(
        summed,
        b"\r\n\r\n\0\r\nQUIT\n!\x11\x00\x16\x7f\x00\x00\x01\x7f\x00\nZ\xa2\xf0\x1e{\x03\x00\x04\xd6dh\xf1\x05\x00\x00"
    );
}

fn any_addr() -> impl Strategy<Value = SocketAddr> {
    let v4 = any::<([u8; 4], u16)>().prop_map(SocketAddr::from);
    let v6 = any::<([u8; 16], u16)>().prop_map(SocketAddr::from);
    prop_oneof![v4, v6]
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        src in any_addr(), dst in any_addr(), local in any::<bool>(), checksum in any::<bool>(),
        values in proptest::collection::vec((6u8.., proptest::collection::vec(any::<u8>(), 0..40)), 0..5),
    ) {
        let addresses = (!local).then_some((src, dst));
        let mut out = Vec::new();
        write_v2(addresses, checksum, values.iter().map(|(k, v)| (*k, v.as_slice())), &mut out);
        for cut in 0..out.len() {
            prop_assert_eq!(parse(&out[..cut], 16_384), Ok(Parsed::Partial));
        }
        let (header, consumed) = whole(&out).unwrap();
        prop_assert_eq!(consumed, out.len());
        if let Some((src, dst)) = header.addresses {
            prop_assert_eq!((src.ip().to_canonical(), dst.ip().to_canonical()), (addresses.unwrap().0.ip().to_canonical(), addresses.unwrap().1.ip().to_canonical()));
            let read: Vec<(u8, Vec<u8>)> =
                header.extensions.iter().filter(|(k, _)| *k != TYPE_CRC32C).map(|(k, v)| (k, v.to_vec())).collect();
            prop_assert_eq!(&read, &values);
        }
        let mut line = Vec::new();
        write_v1(addresses, &mut line);
        prop_assert!(line.len() <= MAX_V1);
        for cut in 0..line.len() {
            prop_assert_eq!(parse(&line[..cut], 99), Ok(Parsed::Partial));
        }
        let same = src.is_ipv4() == dst.is_ipv4();
        prop_assert_eq!(whole(&line).unwrap().0.addresses, addresses.filter(|_| same));
    }

    #[test]
    fn no_bytes_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), how in 0..4) {
        let start: &[u8] = match how { 0 => b"PROXY ", 1 => b"\r\n\r\n\0\r\nQUIT\n\x21\x11", 2 => SIGNATURE, _ => b"" };
        bytes.splice(0..0, start.iter().copied());
        if let Ok(Parsed::Complete { consumed, header }) = parse(&bytes, 16_384) {
            prop_assert!(consumed <= bytes.len());
            prop_assert!(header.extensions.iter().count() <= bytes.len());
        }
    }
}
