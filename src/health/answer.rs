//! The head of an HTTP check's answer. It goes to nobody, so that two readers who disagree about it do no harm: it is read as
//! leniently as HAProxy reads it. Lines may end in LF, the reason may be missing, a status may have one digit, a folded field
//! goes on behind spaces, a length beside a coding does not count.
use crate::proto::h1::RequestKind;
use crate::proto::http::{Body, ResponseHead, Version, trim};
use std::ops::Range;

/// Fields of a head at most (`tune.http.maxhdr`, without the status line).
const MAX_FIELDS: usize = 100;

/// A whole head.
#[derive(Debug, PartialEq, Eq)]
pub struct Whole {
    /// Where its body begins.
    pub consumed: usize,
    /// Where the status stands as it came.
    pub digits: Range<usize>,
}

/// Why there is no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The bytes ended.
    More,
    Wrong,
}

/// Reads the head at the start of `bytes` into `out`.
///
/// # Errors
/// More bytes are needed, or it is no HTTP/1 answer.
pub fn read(bytes: &[u8], kind: RequestKind, out: &mut ResponseHead) -> Result<Whole, Stop> {
    out.clear();
    let (digits, mut at) = status_line(bytes, out)?;
    let mut framing = Framing::default();
    let mut lines = 0;
    loop {
        let (line, mut next) = line(bytes, at)?;
        if line.is_empty() {
            out.body = framing.body(out.status, kind).ok_or(Stop::Wrong)?;
            if framing.chunked {
                out.head.remove(b"content-length");
            }
            return Ok(Whole { consumed: next, digits });
        }
        lines += 1;
        let colon = bytes[line.clone()].iter().position(|b| *b == b':').ok_or(Stop::Wrong)?;
        let name = &bytes[line.start..line.start + colon];
        if lines > MAX_FIELDS || name.is_empty() || !name.iter().all(|b| is_token(*b)) {
            return Err(Stop::Wrong);
        }
        let mut value = bytes[line.start + colon + 1..line.end].to_vec();
        let mut end = line.end;
        // What ends a line that is folded counts as blanks.
        while matches!(bytes.get(next).ok_or(Stop::More)?, b' ' | b'\t') {
            let (more, after) = self::line(bytes, next)?;
            value.resize(value.len() + next - end, b' ');
            value.extend_from_slice(&bytes[more.clone()]);
            (end, next) = (more.end, after);
        }
        if value.contains(&0) {
            return Err(Stop::Wrong);
        }
        if let Some(value) = framing.field(name, trim(&value), out.status)? {
            out.head.add_as_read(name, &value);
        }
        at = next;
    }
}

/// `HTTP/1.1 200 OK`, behind empty lines. Gives where the status stands and where the fields begin.
fn status_line(bytes: &[u8], out: &mut ResponseHead) -> Result<(Range<usize>, usize), Stop> {
    let mut at = 0;
    while matches!(bytes.get(at), Some(b'\r' | b'\n')) {
        at = line(bytes, at)
            .and_then(|(line, next)| if line.is_empty() { Ok(next) } else { Err(Stop::Wrong) })?;
    }
    for wanted in b"HTTP/0.0" {
        let byte = *bytes.get(at).ok_or(Stop::More)?;
        if !(byte == *wanted || (*wanted == b'0' && byte.is_ascii_digit())) {
            return Err(Stop::Wrong);
        }
        at += 1;
    }
    let newer = (bytes[at - 3], bytes[at - 1]) >= (b'1', b'1');
    out.version = if newer { Version::Http11 } else { Version::Http10 };
    let from = run_end(bytes, at, |b| matches!(b, b' ' | b'\t'))?;
    let to = run_end(bytes, from, |b| b.is_ascii_digit())?;
    if from == at || !(1..=3).contains(&(to - from)) || !matches!(bytes[to], b' ' | b'\t' | b'\r' | b'\n') {
        return Err(Stop::Wrong);
    }
    out.status = bytes[from..to].iter().fold(0, |n, b| n * 10 + u16::from(b - b'0'));
    let (reason, next) = line(bytes, to)?;
    // Shown as a text, which ends at a NUL.
    let reason = bytes[reason].split(|b| *b == 0).next().unwrap_or_default();
    out.set_reason_as_read(trim(reason));
    Ok((from..to, next))
}

/// The first place from `at` on whose byte is another.
fn run_end(bytes: &[u8], at: usize, of: impl Fn(&u8) -> bool) -> Result<usize, Stop> {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().position(|b| !of(b)).map(|n| at + n).ok_or(Stop::More)
}

/// The line at `at` without its LF or CR LF, and where the next one begins.
fn line(bytes: &[u8], at: usize) -> Result<(Range<usize>, usize), Stop> {
    let rest = bytes.get(at..).unwrap_or_default();
    let stop = rest.iter().position(|b| matches!(b, b'\r' | b'\n')).ok_or(Stop::More)?;
    match rest[stop..] {
        [b'\n', ..] => Ok((at..at + stop, at + stop + 1)),
        [b'\r', b'\n', ..] => Ok((at..at + stop, at + stop + 2)),
        [_] => Err(Stop::More),
        _ => Err(Stop::Wrong),
    }
}

fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

/// What the fields say about the body.
#[derive(Default)]
struct Framing {
    length: Option<u64>,
    coded: bool,
    chunked: bool,
}

impl Framing {
    /// Looks at a field; gives the value to be kept, if it is.
    fn field(&mut self, name: &[u8], value: &[u8], status: u16) -> Result<Option<Vec<u8>>, Stop> {
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        // Answers without a body say nothing of one.
        let bodiless = matches!(status, 100..=199 | 204);
        let items = || value.split(|b| *b == b',').map(trim);
        if is(b"content-length") {
            let mut lengths = items().map(length);
            let first = lengths.next().flatten().ok_or(Stop::Wrong)?;
            if lengths.any(|n| n != Some(first)) || self.length.is_some_and(|n| n != first) {
                return Err(Stop::Wrong);
            }
            // Equal ones become one.
            let kept = self.length.replace(first).is_none() && !bodiless;
            return Ok(kept.then(|| first.to_string().into_bytes()));
        }
        if is(b"transfer-encoding") {
            self.coded = true;
            for coding in items() {
                if self.chunked || !coding.eq_ignore_ascii_case(b"chunked") {
                    return Err(Stop::Wrong);
                }
                self.chunked = true;
            }
            return Ok((!bodiless).then(|| value.to_vec()));
        }
        if is(b"connection") {
            // Those speak of this connection alone.
            let own = |w: &&[u8]| {
                w.is_empty() || w.eq_ignore_ascii_case(b"close") || w.eq_ignore_ascii_case(b"keep-alive")
            };
            if !items().any(|w| own(&w)) {
                return Ok(Some(value.to_vec()));
            }
            let kept = items().filter(|w| !own(w)).collect::<Vec<_>>().join(&b", "[..]);
            return Ok((!kept.is_empty()).then_some(kept));
        }
        Ok(Some(value.to_vec()))
    }

    /// How the body ends; nothing where the coding is none that is known.
    fn body(&self, status: u16, kind: RequestKind) -> Option<Body> {
        if self.coded && !self.chunked {
            return None;
        }
        Some(match status {
            101 => Body::Tunnel,
            100..=199 | 204 | 304 => Body::None,
            _ if kind.head => Body::None,
            _ if self.chunked => Body::Chunked,
            _ => self.length.map_or(Body::UntilClose, Body::Length),
        })
    }
}

/// A length: digits alone.
fn length(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> String {
        let mut head = ResponseHead::default();
        match read(bytes, RequestKind::default(), &mut head) {
            Err(stop) => format!("{stop:?}"),
            Ok(whole) => {
                let mut out = format!("{} {:?}", head.status, String::from_utf8_lossy(head.reason()));
                for (name, value) in head.head.fields() {
                    out +=
                        &format!(" {}={:?}", String::from_utf8_lossy(name), String::from_utf8_lossy(value));
                }
                out + &format!(" {:?} {:?}", head.body, String::from_utf8_lossy(&bytes[whole.consumed..]))
            }
        }
    }

    /// What HAProxy 3.2.26 took and did not take.
    #[test]
    fn lenient_as_haproxy() {
        for (bytes, wanted) in [
            (&b"HTTP/1.1 200 OK\n\nhi"[..], r#"200 "OK" UntilClose "hi""#),
            (b"HTTP/1.1 200 OK\r\nA: b\nC:d \r\n\n", r#"200 "OK" a="b" c="d" UntilClose """#),
            (b"\n\r\n\nHTTP/1.1\t200\tO \0K \n\n", "200 \"O\" UntilClose \"\""),
            (b"HTTP/0.9 99\n\n", r#"99 "" UntilClose """#),
            (b"HTTP/1.0 0 \n\n", r#"0 "" UntilClose """#),
            (b"HTTP/1.1 101 Up\n\n", r#"101 "Up" Tunnel """#),
            (b"HTTP/1.1 200 OK\r\nA: b\r\n  c\n\td\r\n\r\n", "200 \"OK\" a=\"b    c \\td\" UntilClose \"\""),
            (b"HTTP/1.1 200 OK\nA:\n b\n \n\n", r#"200 "OK" a="b" UntilClose """#),
            (
                b"HTTP/1.1 200 OK\nContent-Length: 2, 02\nContent-Length: 2\n\n",
                r#"200 "OK" content-length="2" Length(2) """#,
            ),
            (
                b"HTTP/1.0 200 OK\nTransfer-Encoding: Chunked\nConnection: close, x\n\n",
                r#"200 "OK" transfer-encoding="Chunked" connection="x" Chunked """#,
            ),
            (
                b"HTTP/1.1 200 OK\nContent-Length: 5\nTransfer-Encoding: chunked\n\n",
                r#"200 "OK" transfer-encoding="chunked" Chunked """#,
            ),
            (b"HTTP/1.1 204 No\nContent-Length: 5\n\nhello", r#"204 "No" None "hello""#),
            (b"HTTP/1.1 200 OK\nA: b\n", "More"),
            (b"HTTP/1.1 200 OK\nA: b\n\r", "More"),
            (b"HTTP/1.1 200 O", "More"),
            (b"HTTP/1.1 20", "More"),
            (b"HT", "More"),
            (b"HX", "Wrong"),
            (b"HTTP/1.1 2000 OK\n\n", "Wrong"),
            (b"HTTP/1.1 200; OK\n\n", "Wrong"),
            (b"HTTP/1.1 OK\n\n", "Wrong"),
            (b"HTTP/1.1200 OK\n\n", "Wrong"),
            (b"HTTP/2 200 OK\n\n", "Wrong"),
            (b"HTTP/1.1 200 O\rK\n\n", "Wrong"),
            (b"HTTP/1.1 200 OK\nA : b\n\n", "Wrong"),
            (b"HTTP/1.1 200 OK\n A: b\n\n", "Wrong"),
            (b"HTTP/1.1 200 OK\nA\n\n", "Wrong"),
            (b"HTTP/1.1 200 OK\n: b\n\n", "Wrong"),
            (b"HTTP/1.1 200 OK\nA: b\0\n\n", "Wrong"),
            (b"HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 3\n\n", "Wrong"),
            (b"HTTP/1.1 200 OK\nContent-Length: -1\n\n", "Wrong"),
            (b"HTTP/1.1 200 OK\nTransfer-Encoding: gzip, chunked\n\n", "Wrong"),
            (b"HTTP/1.1 200 OK\nTransfer-Encoding:\n\n", "Wrong"),
        ] {
            assert_eq!(shown(bytes), wanted, "{:?}", String::from_utf8_lossy(bytes));
        }
        let many = |n| [&b"HTTP/1.1 200 OK\n"[..], &b"A: b\n".repeat(n), b"\n"].concat();
        assert!(shown(&many(100)).starts_with("200"));
        assert_eq!(shown(&many(101)), "Wrong");
    }

    #[test]
    fn damaged_heads_are_read() {
        let examples: &[&[u8]] = &[
            b"HTTP/1.1 200 OK\r\nA: b\n c\r\nContent-Length: 2, 2\r\n\r\nhi",
            b"\nHTTP/1.0 99\nTransfer-Encoding: chunked\nConnection: close, x\n\n0\r\n\r\n",
        ];
        let mut whole = 0;
        crate::base::mutate::cases(100_000, examples, |bytes| {
            let mut head = ResponseHead::default();
            if let Ok(found) = read(bytes, RequestKind::default(), &mut head) {
                assert!(found.consumed <= bytes.len() && found.digits.end <= found.consumed);
                whole += 1;
            }
        });
        assert!(whole > 1_000, "{whole}");
    }
}
