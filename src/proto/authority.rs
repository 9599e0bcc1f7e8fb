//! Whose host it is: the authority of a target and the value of Host (RFC 3986, 3.2; RFC 9110, 7.2). Rules, logs and the outgoing
//! message share what is read here; what two readers could take for different hosts is refused, as HAProxy 3.2 does.
use super::text::TARGET;

/// Bytes of a host: not those that end it for some reader, or begin something else. Brackets are looked at apart.
const HOST: [bool; 256] = {
    let mut table = TARGET;
    let marks = b",/@?\\[]";
    let mut i = 0;
    while i < marks.len() {
        table[marks[i] as usize] = false;
        i += 1;
    }
    table
};

/// Whether this may be Host's value: empty, or `host[:port]` without a byte that reads in two ways; brackets stand around the
/// whole host.
#[inline]
#[must_use]
pub fn is_host(value: &[u8]) -> bool {
    value.iter().all(|&b| HOST[usize::from(b)]) || is_bracketed(value)
}

#[cold]
fn is_bracketed(value: &[u8]) -> bool {
    let Some((inside, rest)) = value.strip_prefix(b"[").and_then(|v| {
        let end = memchr::memchr(b']', v)?;
        Some((&v[..end], &v[end + 1..]))
    }) else {
        return false;
    };
    let plain = |text: &[u8]| text.iter().all(|&b| HOST[usize::from(b)]);
    plain(inside) && plain(rest) && matches!(rest.first(), None | Some(b':'))
}

/// Splits `host:port` at the last colon outside brackets.
#[must_use]
pub fn split_port(authority: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memrchr2(b':', b']', authority) {
        Some(at) if authority[at] == b':' => (&authority[..at], Some(&authority[at + 1..])),
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As HAProxy 3.2.26 takes and refuses them.
    #[test]
    fn hosts_are_what_no_reader_cuts() {
        for good in [
            "", "h", "h:80", "h:", "[::1]", "[::1]:80", "::1", "a_b", "a%b", "a;b", "*", "a..b", "a\"b",
            "[]:",
        ] {
            assert!(is_host(good.as_bytes()), "{good}");
        }
        for bad in [
            "a b", "a,b", "a/b", "a@b", "a?b", "a#b", "a\\b", "a\x01b", "a\x7fb", "a\tb", "[::1", "a]b",
            "a[b]", "[::1]x", "[::1]]", "a:[b]", "[", "]", "http://a", "ä",
        ] {
            assert!(!is_host(bad.as_bytes()), "{bad}");
        }
    }
}
