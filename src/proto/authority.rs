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
    is_plain(value) || value.iter().all(|&b| HOST[usize::from(b)]) || is_bracketed(value)
}

/// Whether all are letters, digits, `-`, `.`, `:` or `;`, as in nearly all hosts: eight bytes at a time, the last eight twice
/// where they overlap. False says nothing.
#[inline]
fn is_plain(value: &[u8]) -> bool {
    let Some(last) = value.last_chunk::<8>() else { return value.iter().all(|&b| HOST[usize::from(b)]) };
    let (words, _) = value.as_chunks::<8>();
    words.iter().all(|word| is_plain_word(*word)) && is_plain_word(*last)
}

/// Compares each byte with the bounds of its ranges: below 128 a sum with 128 less a bound sets the high bit from there on.
#[inline]
fn is_plain_word(word: [u8; 8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let x = u64::from_le_bytes(word);
    let from = |x: u64, bound: u8| x.wrapping_add(ONES * (0x80 - bound as u64));
    let small = (x | (ONES * 0x20)) & !HIGH;
    let letters = from(small, b'a') & !from(small, b'z' + 1);
    let y = x & !HIGH;
    // From `-` to `;`, but for the slash between them.
    let marks = from(y, b'-') & !from(y, b';' + 1);
    let slash = y ^ (ONES * 0x2f);
    let no_slash = slash.wrapping_add(ONES * 0x7f);
    (letters | (marks & no_slash)) & from(y, b' ') & !x & HIGH == HIGH
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
    fn eight_bytes_at_a_time_say_the_same() {
        for byte in 0..=255 {
            for at in 0..11 {
                let mut host = *b"www-a.h:80x";
                host[at] = byte;
                assert_eq!(
                    is_host(&host),
                    host.iter().all(|&b| HOST[usize::from(b)]),
                    "{}",
                    host.escape_ascii()
                );
            }
        }
    }

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
