//! What the first bytes of a connection say: a TLS client's hello (RFC 5246, 7.4.1.2; RFC 6066, 3) and the cookie of a Remote
//! Desktop connection ([MS-RDPBCGR] 2.2.1.1). As HAProxy reads them (manual 7.3.5).

/// Why there is nothing to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Not {
    /// More bytes may change that.
    Yet,
    /// It is something else.
    This,
}

/// Takes bytes from the front.
struct Take<'b>(&'b [u8]);

impl<'b> Take<'b> {
    fn bytes(&mut self, n: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of so many bytes, the highest first.
    fn number(&mut self, bytes: usize) -> Option<usize> {
        Some(self.bytes(bytes)?.iter().fold(0, |n, b| n << 8 | usize::from(*b)))
    }

    /// What stands behind its length.
    fn vector(&mut self, length: usize) -> Option<&'b [u8]> {
        let n = self.number(length)?;
        self.bytes(n)
    }
}

/// The type of the first handshake message: 1 for a client's hello.
///
/// # Errors
/// There is none, or it is not whole yet.
pub fn tls_hello_type(bytes: &[u8]) -> Result<u8, Not> {
    let first = *bytes.first().ok_or(Not::Yet)?;
    if !(0x14..=0x17).contains(&first) && first != 0xff {
        return Err(Not::This);
    }
    if bytes.len() < 9 {
        return Err(Not::Yet);
    }
    let number = |range: std::ops::Range<usize>| bytes[range].iter().fold(0, |n, b| n << 8 | usize::from(*b));
    if bytes[1] < 3 || number(3..5) < 4 {
        return Err(Not::This);
    }
    if bytes.len() < 9 + number(6..9) { Err(Not::Yet) } else { Ok(bytes[5]) }
}

/// A client's hello, from its version on.
fn hello(bytes: &[u8]) -> Result<Take<'_>, Not> {
    // The smallest that has an extension: the message's head, and each field at its smallest.
    const LEAST: usize = 2 + 32 + 1 + 2 + 2 + 1 + 1 + 2 + 2;
    let at = |i: usize| bytes.get(i).copied().ok_or(Not::Yet);
    let is = |so: bool| if so { Ok(()) } else { Err(Not::This) };
    is(at(0)? == 0x16)?;
    at(2)?;
    is(bytes[1] >= 3)?;
    at(4)?;
    is(usize::from(bytes[3]) << 8 | usize::from(bytes[4]) >= 4 + LEAST)?;
    is(at(5)? == 1)?;
    at(8)?;
    let length = bytes[6..9].iter().fold(0, |n, b| n << 8 | usize::from(*b));
    is(length >= LEAST)?;
    // HAProxy counts the message's head as a part of its length here.
    if bytes.len() - 5 < length {
        return Err(Not::Yet);
    }
    let body = &bytes[9..bytes.len().min(9 + length)];
    is(body[0] >= 3 && body[1] >= 1)?;
    Ok(Take(body))
}

/// Each extension of a client's hello, until `visit` says what it is.
fn extension<'b, T>(bytes: &'b [u8], visit: impl Fn(usize, &'b [u8]) -> Option<T>) -> Result<T, Not> {
    let mut hello = hello(bytes)?;
    let mut all = || {
        hello.bytes(34)?;
        if hello.vector(1)?.len() > 32 || hello.vector(2)?.len() < 2 || hello.vector(1)?.is_empty() {
            return None;
        }
        Some(Take(hello.vector(2)?))
    };
    let mut extensions = all().ok_or(Not::This)?;
    while let (Some(kind), Some(content)) = (extensions.number(2), extensions.vector(2)) {
        if let Some(found) = visit(kind, content) {
            return Ok(found);
        }
    }
    Err(Not::This)
}

/// The name of the server that a TLS client asks for.
///
/// # Errors
/// There is none, or it is not whole yet.
pub fn tls_sni(bytes: &[u8]) -> Result<&[u8], Not> {
    extension(bytes, |kind, content| {
        if kind != 0 {
            return None;
        }
        let mut list = Take(Take(content).vector(2)?);
        if list.number(1)? != 0 {
            return None;
        }
        list.vector(2)
    })
}

/// The first protocol that a TLS client offers.
///
/// # Errors
/// There is none, or it is not whole yet.
pub fn tls_alpn(bytes: &[u8]) -> Result<&[u8], Not> {
    extension(bytes, |kind, content| {
        if kind != 16 {
            return None;
        }
        Take(Take(content).vector(2)?).vector(1)
    })
}

/// The value of an RDP cookie: of that name, or of whatever name stands there.
///
/// # Errors
/// There is none, or it is not whole yet.
pub fn rdp_cookie<'b>(bytes: &'b [u8], name: Option<&[u8]>) -> Result<&'b [u8], Not> {
    let word = bytes.get(11..).filter(|rest| rest.len() > 7).ok_or(Not::Yet)?;
    let (cookie, rest) = word.split_at(7);
    if !cookie.eq_ignore_ascii_case(b"Cookie:") {
        return Err(Not::This);
    }
    let spaces = rest.iter().take_while(|b| **b == b' ').count();
    let rest = &rest[spaces..];
    let value = match name {
        Some(name) => {
            let end = name.len();
            if rest.len() <= end {
                return Err(Not::Yet);
            }
            if rest[end] != b'=' || !rest[..end].eq_ignore_ascii_case(name) {
                return Err(Not::This);
            }
            &rest[end + 1..]
        }
        None => match rest.iter().position(|b| matches!(b, b'=' | b'\r' | b'\n')) {
            None => return Err(Not::Yet),
            Some(at) if rest[at] == b'=' => &rest[at + 1..],
            Some(_) => return Err(Not::This),
        },
    };
    let end = memchr::memchr(b'\r', value).ok_or(Not::Yet)?;
    match value.get(end + 1) {
        None => Err(Not::Yet),
        Some(b'\n') => Ok(&value[..end]),
        Some(_) => Err(Not::This),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client's hello with a session id, two ciphers and these extensions.
    fn hello(extensions: &[u8]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([4, 1, 2, 3, 4, 0, 4, 0x13, 1, 0x13, 2, 1, 0]);
        body.extend((extensions.len() as u16).to_be_bytes());
        body.extend(extensions);
        let mut bytes = vec![0x16, 3, 1];
        bytes.extend((body.len() as u16 + 4).to_be_bytes());
        bytes.extend([1, 0]);
        bytes.extend((body.len() as u16).to_be_bytes());
        bytes.extend(body);
        bytes
    }

    const NAME: &[u8] = &[0, 0, 0, 8, 0, 6, 0, 0, 3, b'a', b'.', b'b'];
    const PROTOCOLS: &[u8] =
        &[0, 16, 0, 14, 0, 12, 2, b'h', b'2', 8, b'h', b't', b't', b'p', b'/', b'1', b'.', b'1'];

    #[test]
    fn a_hello_is_read() {
        let bytes = hello(&[&[0, 23, 0, 0][..], PROTOCOLS, NAME].concat());
        assert_eq!(tls_hello_type(&bytes), Ok(1));
        assert_eq!(tls_sni(&bytes), Ok(&b"a.b"[..]));
        assert_eq!(tls_alpn(&bytes), Ok(&b"h2"[..]));
        let none = hello(&[0, 23, 0, 4, 0, 0, 0, 0]);
        assert_eq!((tls_sni(&none), tls_alpn(&none)), (Err(Not::This), Err(Not::This)));
        for other in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x16, 2, 0, 0, 90, 1, 0, 0, 80]] {
            assert_eq!((tls_hello_type(other), tls_sni(other)), (Err(Not::This), Err(Not::This)));
        }
    }

    #[test]
    fn a_hello_in_pieces_is_waited_for() {
        let bytes = hello(&[&[0, 23, 0, 0][..], NAME].concat());
        for end in 0..bytes.len() {
            assert_eq!(tls_hello_type(&bytes[..end]), Err(Not::Yet), "{end} bytes");
            assert!(tls_sni(&bytes[..end]) != Ok(&b"a.b"[..]) || end >= bytes.len() - 4, "{end} bytes");
        }
    }

    #[test]
    fn nothing_that_lies_about_its_lengths_is_believed() {
        let bytes = hello(NAME);
        // Each byte as each value: no panic, and a name that lies inside.
        for at in 0..bytes.len() {
            for value in [0, 1, 2, 32, 33, 127, 128, 254, 255] {
                let mut wrong = bytes.clone();
                wrong[at] = value;
                let _ = (tls_hello_type(&wrong), tls_alpn(&wrong), tls_sni(&wrong));
            }
        }
    }

    #[test]
    fn rdp_cookies_are_read() {
        let of = |text: &str, name: Option<&str>| {
            let bytes = [&[3, 0, 0, 44, 39, 0xe0, 0, 0, 0, 0, 0][..], text.as_bytes()].concat();
            rdp_cookie(&bytes, name.map(str::as_bytes)).map(|v| String::from_utf8(v.to_vec()).unwrap())
        };
        let found = Ok("joe".to_owned());
        assert_eq!(of("Cookie: mstshash=joe\r\n", None), found);
        assert_eq!(of("cookie:mstshash=joe\r\nmore", Some("MSTShash")), found);
        assert_eq!(of("Cookie: mstshash=joe\r\n", Some("msts")), Err(Not::This));
        assert_eq!(of("Cookie: mstshash=joe\rx", None), Err(Not::This));
        assert_eq!(of("Kookie: mstshash=joe\r\n", None), Err(Not::This));
        assert_eq!(of("Cookie: mstshash\r\n", None), Err(Not::This));
        for part in ["", "Cook", "Cookie:", "Cookie: msts", "Cookie: mstshash=joe", "Cookie: mstshash=joe\r"]
        {
            assert_eq!(of(part, Some("mstshash")), Err(Not::Yet), "{part}");
        }
    }
}
