//! What may stand in a message: names, values, targets (RFC 9110, 5.1, 5.5 and 9.1; RFC 9112, 3.2). Whatever rules, variables and
//! peers give is brought into this form where it is put into a head, so that what goes out is always one message.
use std::borrow::Cow;

const fn table(marks: &[u8], from: u8, to: u8, alphanumeric: bool) -> [bool; 256] {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 128 {
        let c = b as u8;
        table[b] = (c >= from && c < to) || (alphanumeric && c.is_ascii_alphanumeric());
        b += 1;
    }
    let mut i = 0;
    while i < marks.len() {
        table[marks[i] as usize] = !table[marks[i] as usize];
        i += 1;
    }
    table
}

/// Bytes of a token (RFC 9110, 5.6.2).
pub const TOKEN: [bool; 256] = table(b"!#$%&'*+-.^_`|~", 0, 0, true);

/// Bytes of a request target: visible ASCII but `#`, as HAProxy.
pub const TARGET: [bool; 256] = table(b"#", 0x21, 0x7f, false);

/// Whether this is a token: a method, a field's name.
#[must_use]
pub fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&b| TOKEN[usize::from(b)])
}

/// Whether a field's value may not have this byte: control characters but TAB, and DEL.
#[inline]
const fn is_control(b: u8) -> bool {
    (b < 0x20 && b != b'\t') || b == 0x7f
}

/// Whether a field may have this value: nearly all may, so all bytes are looked at without a branch.
#[inline]
#[must_use]
pub fn is_value(text: &[u8]) -> bool {
    !text.iter().fold(false, |bad, &b| bad | is_control(b))
}

fn percent(b: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.extend_from_slice(&[b'%', HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]);
}

/// Appends text, bytes for which `bad` holds as `%` and two digits.
fn encoded(text: &[u8], bad: impl Fn(u8) -> bool, out: &mut Vec<u8>) {
    for &b in text {
        if bad(b) { percent(b, out) } else { out.push(b) }
    }
}

/// Appends a field's value: what no value may have goes as `%` and two digits, as HAProxy writes what formats give.
#[inline]
pub fn put_value(text: &[u8], out: &mut Vec<u8>) {
    if is_value(text) { out.extend_from_slice(text) } else { encoded(text, is_control, out) }
}

/// A field's value in the form of [`put_value`].
#[must_use]
pub fn value(text: &[u8]) -> Cow<'_, [u8]> {
    if is_value(text) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::new();
    encoded(text, is_control, &mut out);
    Cow::Owned(out)
}

/// A request target: what no target may have, blanks too, goes as `%` and two digits.
#[must_use]
pub fn target(text: &[u8]) -> Cow<'_, [u8]> {
    if text.iter().all(|&b| TARGET[usize::from(b)]) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::new();
    encoded(text, |b| !TARGET[usize::from(b)], &mut out);
    Cow::Owned(out)
}

/// A field's name: a token in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldName {
    text: Cow<'static, [u8]>,
    frames: bool,
}

impl FieldName {
    pub const CACHE_CONTROL: FieldName = FieldName::known("cache-control");
    pub const CONTENT_TYPE: FieldName = FieldName::known("content-type");
    pub const HOST: FieldName = FieldName::known("host");
    pub const LOCATION: FieldName = FieldName::known("location");
    pub const SET_COOKIE: FieldName = FieldName::known("set-cookie");

    /// One that is known when the program is built.
    ///
    /// # Panics
    /// It is no token in lower case: at build time, in a constant.
    #[must_use]
    pub const fn known(name: &'static str) -> FieldName {
        let text = name.as_bytes();
        assert!(!text.is_empty());
        let mut i = 0;
        while i < text.len() {
            assert!(TOKEN[text[i] as usize] && !text[i].is_ascii_uppercase());
            i += 1;
        }
        FieldName { frames: frames(text), text: Cow::Borrowed(text) }
    }

    /// One that a file names, in any case.
    ///
    /// # Errors
    /// The first byte that a name may not have, and where it stands; none for an empty name.
    pub fn new(name: &[u8]) -> Result<FieldName, Option<(usize, u8)>> {
        if let Some(at) = name.iter().position(|&b| !TOKEN[usize::from(b)]) {
            return Err(Some((at, name[at])));
        }
        let text = name.to_ascii_lowercase();
        if text.is_empty() { Err(None) } else { Ok(FieldName { frames: frames(&text), text: text.into() }) }
    }

    /// The name in lower case.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// Whether the field says how a message is framed or what becomes of its connection.
    #[must_use]
    pub fn frames(&self) -> bool {
        self.frames
    }
}

/// Whether a field of this name, in lower case, frames a message or speaks of its connection: the codec's, not the rules'.
#[must_use]
pub const fn frames(name: &[u8]) -> bool {
    matches!(name, b"content-length" | b"transfer-encoding" | b"connection" | b"upgrade")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_value_may_not_have_is_encoded() {
        let all: Vec<u8> = (0..=255).collect();
        let mut out = Vec::new();
        put_value(&all, &mut out);
        assert_eq!(out, *value(&all));
        assert!(is_value(&out) && !is_value(&all));
        assert!(out.starts_with(b"%00%01%02%03%04%05%06%07%08\t%0A%0B%0C%0D"));
        assert!(out.windows(6).any(|w| w == b"~%7F\x80\x81"), "bytes above stay");
        assert!(matches!(value(b"a b"), Cow::Borrowed(_)));
    }

    #[test]
    fn targets_have_neither_blanks_nor_fragments() {
        assert_eq!(*target(b"/a b#c\xff\t?d\x7f"), *b"/a%20b%23c%FF%09?d%7F");
        assert!(matches!(target(b"/a?b=%20"), Cow::Borrowed(_)));
    }

    #[test]
    fn names_are_tokens_in_lower_case() {
        assert_eq!(FieldName::new(b"X-A").unwrap(), FieldName::known("x-a"));
        assert_eq!(FieldName::new(b"X-A:"), Err(Some((3, b':'))));
        assert_eq!(FieldName::new(b""), Err(None));
        assert_eq!(FieldName::new(b"x\xff"), Err(Some((1, 0xff))));
        assert!(FieldName::new(b"Content-Length").unwrap().frames() && !FieldName::known("host").frames());
    }
}
