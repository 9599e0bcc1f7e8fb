//! The persistence cookie as text: found in, taken out of and written into `Cookie` and `Set-Cookie` fields. Pure functions;
//! what is cut and kept is byte for byte what HAProxy cuts and keeps.
use crate::plan::persist::{Cookie, CookieMode};
use crate::proto::http;

/// Divides the server's value from the application's (`prefix`).
const PREFIX_MARK: u8 = b'~';
/// Divides the server's value from the dates (`maxidle`, `maxlife`).
pub const DATE_MARK: u8 = b'|';

fn is_blank(b: u8) -> bool {
    b == b' ' || b == b'\t'
}

/// The first position from `at` on that is no blank.
fn skip_blanks(line: &[u8], mut at: usize) -> usize {
    while at < line.len() && is_blank(line[at]) {
        at += 1;
    }
    at
}

/// One `name=value` of a field. Positions: the name, the sign behind it, the value, the next delimiter.
#[derive(Clone, Copy)]
struct Pair {
    name: (usize, usize),
    equal: usize,
    value: (usize, usize),
    next: usize,
}

impl Pair {
    /// Reads the pair at `from`. Names end at `=` or at one of `ends`.
    fn read(line: &[u8], from: usize, ends: &[u8]) -> Pair {
        let start = skip_blanks(line, from);
        let (mut equal, mut name_end) = (start, start);
        while equal < line.len() && line[equal] != b'=' && !ends.contains(&line[equal]) {
            equal += 1;
            if !is_blank(line[equal - 1]) {
                name_end = equal;
            }
        }
        let name = (start, name_end);
        if line.get(equal) != Some(&b'=') {
            return Pair { name, equal, value: (equal, equal), next: equal };
        }
        let value = skip_blanks(line, equal + 1);
        let next = http::cookie_value_end(line, value);
        let mut end = next;
        while end > value && is_blank(line[end - 1]) {
            end -= 1;
        }
        Pair { name, equal, value: (value, end), next }
    }

    /// Takes the blanks around `=` out of the line.
    fn tighten(mut self, line: &mut Vec<u8>) -> Pair {
        let before = self.equal - self.name.1;
        line.drain(self.name.1..self.equal);
        self.equal -= before;
        let after = self.value.0 - before - (self.equal + 1);
        line.drain(self.equal + 1..self.equal + 1 + after);
        let gone = before + after;
        self.value = (self.value.0 - gone, self.value.1 - gone);
        self.next -= gone;
        self
    }
}

/// Takes the value whose delimiter stands at `from` (0 for the first one) out of a list; the next one's stands at `next`.
/// Gives where that one's delimiter stands now, and how many bytes are gone (HAProxy's `http_del_hdr_value`).
fn take_out(line: &mut Vec<u8>, mut from: usize, mut next: usize) -> (usize, usize) {
    let before = line.len();
    if from == 0 {
        if next < line.len() {
            next += 1;
        }
        next = skip_blanks(line, next);
        line.drain(..next);
        return (0, before - line.len());
    }
    while from > 0 && is_blank(line[from - 1]) {
        from -= 1;
    }
    // The delimiter stays, and one blank where there is room for it.
    let mut to = from;
    if next < line.len() {
        line[to] = line[next];
        to += 1;
        next += 1;
        if to + 1 < next {
            line[to] = b' ';
            to += 1;
        }
    }
    next = skip_blanks(line, next).max(to);
    line.drain(to..next);
    (from, before - line.len())
}

/// Looks at the cookies of one `Cookie` field. `found` gets each value of the persistence cookie, without the application's
/// part. The server's part is taken out where the mode says so. False: nothing is left, the field goes.
pub fn of_request(line: &mut Vec<u8>, cookie: &Cookie, found: &mut dyn FnMut(&[u8])) -> bool {
    let hides = cookie.mode == CookieMode::Insert && cookie.indirect;
    let whole = line.len();
    let (mut out_from, mut preserve): (Option<usize>, bool) = (None, false);
    let (mut prev, mut first) = (0, true);
    while prev < line.len() {
        let start = if first { prev } else { prev + 1 };
        first = false;
        let mut pair = Pair::read(line, start, b",;");
        let no_value = pair.equal == pair.next;
        // Attributes of the old kind go with the cookie before them.
        if line.get(pair.name.0) == Some(&b'$') {
            prev = pair.next;
            continue;
        }
        let blanks = pair.name.1 != pair.equal || pair.value.0 > pair.equal + 1;
        if !no_value && blanks {
            pair = pair.tighten(line);
        }
        if no_value || line[pair.name.0..pair.name.1] != *cookie.name.as_bytes() {
            // Another cookie: it stays, and what was to be taken out goes alone.
            preserve = true;
            if let Some(from) = out_from.take() {
                let (_, gone) = take_out(line, from, prev);
                pair.next -= gone;
            }
            prev = pair.next;
            continue;
        }
        let value = &line[pair.value.0..pair.value.1];
        let prefix = cookie.mode == CookieMode::Prefix;
        let mark = value.iter().position(|b| *b == PREFIX_MARK).filter(|_| prefix);
        found(&value[..mark.unwrap_or(value.len())]);
        if let Some(mark) = mark {
            line.drain(pair.value.0..pair.value.0 + mark + 1);
            pair.next -= mark + 1;
            out_from = None;
            preserve = true;
        } else if out_from.is_none() && hides {
            out_from = Some(prev);
        }
        prev = pair.next;
    }
    if let Some(from) = out_from {
        line.truncate(if preserve { from } else { 0 });
    }
    !line.is_empty() || whole == 0
}

/// What becomes of a `Set-Cookie` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The persistence cookie is not in it.
    Other,
    /// It is, and stays as it is or was changed.
    Kept,
    /// It is taken out; so is the field where nothing else is left in it.
    TakenOut,
}

/// What is done with the persistence cookie of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    Nothing,
    TakeOut,
    /// This value instead of the application's.
    Replace(&'a [u8]),
    /// This value and a mark before the application's.
    Prefix(&'a [u8]),
}

/// Looks at one `Set-Cookie` field, or with `many` at a `Set-Cookie2`, which may hold several cookies.
pub fn of_answer(line: &mut Vec<u8>, many: bool, name: &[u8], change: Change<'_>) -> Fate {
    let mut fate = Fate::Other;
    let (mut prev, mut first) = (0, true);
    while prev < line.len() {
        let start = if first { prev } else { prev + 1 };
        first = false;
        let mut pair = Pair::read(line, start, if many { b",;" } else { b";" });
        if pair.next < line.len() {
            // The cookie's attributes belong to it.
            pair.next = if many { list_end(line, pair.next) } else { line.len() };
        }
        if pair.equal == pair.value.1 {
            prev = pair.next;
            continue;
        }
        if pair.name.1 != pair.equal || pair.value.0 > pair.equal + 1 {
            pair = pair.tighten(line);
        }
        if line[pair.name.0..pair.name.1] != *name {
            prev = pair.next;
            continue;
        }
        fate = Fate::Kept;
        let before = line.len();
        match change {
            Change::Nothing => {}
            Change::TakeOut => {
                fate = Fate::TakenOut;
                if prev == 0 && pair.next == line.len() {
                    line.clear();
                    return fate;
                }
                (prev, _) = take_out(line, prev, pair.next);
                first = prev == 0;
                continue;
            }
            Change::Replace(value) => {
                line.splice(pair.value.0..pair.value.1, value.iter().copied());
            }
            Change::Prefix(value) => {
                let text = value.iter().copied().chain([PREFIX_MARK]);
                line.splice(pair.value.0..pair.value.0, text);
            }
        }
        prev = pair.next + line.len() - before;
    }
    fate
}

/// Where a list's element ends: at a comma outside of quotes.
fn list_end(line: &[u8], at: usize) -> usize {
    let mut end = http::cookie_value_end(line, at);
    while line.get(end) == Some(&b';') {
        end = http::cookie_value_end(line, end + 1);
    }
    end
}

/// A value, and the dates behind it: when the client was seen last, and first (seconds since 1970).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated<'a> {
    pub value: &'a [u8],
    pub last: Option<u32>,
    pub first: Option<u32>,
}

/// Divides `VALUE|last|first`.
pub fn dated(value: &[u8]) -> Dated<'_> {
    let Some(mark) = memchr::memchr(DATE_MARK, value) else {
        return Dated { value, last: None, first: None };
    };
    let rest = &value[mark + 1..];
    let date = |text: &[u8]| b64_to_30(text).filter(|v| *v > 0).map(|v| v << 2);
    let first = memchr::memchr(DATE_MARK, rest).and_then(|at| date(&rest[at + 1..]));
    Dated { value: &value[..mark], last: date(rest), first }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// 30 bits as five characters, the first bits first.
pub fn b64_of_30(number: u32) -> [u8; 5] {
    std::array::from_fn(|i| BASE64[(number >> (24 - 6 * i)) as usize & 0x3f])
}

/// The first five characters as 30 bits.
fn b64_to_30(text: &[u8]) -> Option<u32> {
    text.get(..5)?.iter().try_fold(0, |number, b| {
        let digit = BASE64.iter().position(|c| c == b)? as u32;
        Some(number << 6 | digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(mode: CookieMode, indirect: bool) -> Cookie {
        Cookie { name: "S".to_owned(), mode, indirect, ..Cookie::default() }
    }

    fn request(mode: CookieMode, line: &str) -> (String, Vec<String>) {
        let (mut bytes, mut seen) = (line.as_bytes().to_vec(), Vec::new());
        let stays = of_request(&mut bytes, &cookie(mode, true), &mut |v| {
            seen.push(String::from_utf8_lossy(v).into_owned());
        });
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (if stays { text } else { "(gone)".to_owned() }, seen)
    }

    /// `tests/differential/cookies.rs` gives the same lines to haproxy.
    #[test]
    fn an_indirect_cookie_is_cut_out_and_the_others_stay() {
        let cut = |line| request(CookieMode::Insert, line);
        assert_eq!(cut("S=a"), ("(gone)".to_owned(), vec!["a".to_owned()]));
        assert_eq!(cut("x=1; S=a").0, "x=1");
        assert_eq!(cut("S=a; x=1").0, "x=1");
        assert_eq!(cut("x=1; S=a; y=2").0, "x=1; y=2");
        assert_eq!(cut("x=1 ;S=a,  y = 2").0, "x=1, y=2");
        assert_eq!(cut("S=a; S=b"), ("(gone)".to_owned(), vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(cut(";S=a").0, "(gone)");
        assert_eq!(cut("x; S=a").0, "x");
        assert_eq!(cut("XS=a; Sx=1").0, "XS=a; Sx=1");
    }

    #[test]
    fn a_prefix_is_cut_off() {
        let cut = |line| request(CookieMode::Prefix, line);
        assert_eq!(cut("x=1; S=a~app; y=2"), ("x=1; S=app; y=2".to_owned(), vec!["a".to_owned()]));
        assert_eq!(cut("S=app"), ("S=app".to_owned(), vec!["app".to_owned()]));
        assert_eq!(cut("S=~app"), ("S=app".to_owned(), vec![String::new()]));
    }

    #[test]
    fn any_bytes_are_borne() {
        let parts = ["S=a", ";", ",", " ", "\"", "\\", "$P", "=", "~", "|", "x", "S", "\t", "S = b"];
        let mut seed = 1u64;
        for _ in 0..50_000 {
            let mut line = Vec::new();
            for _ in 0..8 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                line.extend_from_slice(parts[(seed >> 33) as usize % parts.len()].as_bytes());
            }
            for mode in [CookieMode::Passive, CookieMode::Insert, CookieMode::Prefix] {
                let mut copy = line.clone();
                of_request(&mut copy, &cookie(mode, true), &mut |v| {
                    dated(v);
                });
                assert!(copy.len() <= line.len());
            }
            for change in [Change::Nothing, Change::TakeOut, Change::Replace(b"v"), Change::Prefix(b"v")] {
                for many in [false, true] {
                    of_answer(&mut line.clone(), many, b"S", change);
                }
            }
        }
    }

    #[test]
    fn answers_are_changed_in_place() {
        let change = |line: &str, many, change| {
            let mut bytes = line.as_bytes().to_vec();
            let fate = of_answer(&mut bytes, many, b"S", change);
            (String::from_utf8_lossy(&bytes).into_owned(), fate)
        };
        assert_eq!(change("S=app; path=/", false, Change::TakeOut), (String::new(), Fate::TakenOut));
        assert_eq!(change("T=app; S=1", false, Change::TakeOut), ("T=app; S=1".to_owned(), Fate::Other));
        assert_eq!(change("S=app; path=/", false, Change::Replace(b"a")).0, "S=a; path=/");
        assert_eq!(change("S = app; path=/", false, Change::Prefix(b"a")).0, "S=a~app; path=/");
        assert_eq!(change("T=1;x=y, S=2", true, Change::TakeOut).1, Fate::TakenOut);
    }

    #[test]
    fn dates_are_read_and_written() {
        assert_eq!(b64_to_30(&b64_of_30(0x2345_6789)), Some(0x2345_6789));
        assert_eq!(b64_of_30(1), *b"AAAAB");
        let d = dated(b"s1|AAAAB|AAAAC");
        assert_eq!((d.value, d.last, d.first), (&b"s1"[..], Some(4), Some(8)));
        assert_eq!(dated(b"s1|AAAA").last, None);
        assert_eq!(dated(b"s1").value, b"s1");
    }
}
