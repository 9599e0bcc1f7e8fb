//! Log-format strings at run time (configuration manual, 8.2.6): text, variables and sample expressions.
use super::coded::{Coding, Item, Map, What};
use super::cx::Cx;
use super::record::Record;
use super::sample::{Names, Sample, SampleExpr};
use crate::proto::text::value as message_value;
use std::fmt;

/// How a value is written: the flags of the manual and what the place of the format asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style(u8);

impl Style {
    /// `+Q`: in quotes.
    pub const QUOTE: Style = Style(1);
    /// `+X`: numbers and addresses in hexadecimal.
    pub const HEX: Style = Style(2);
    /// `+E`: `"`, `\` and `]` get a `\` before them.
    pub const ESCAPE: Style = Style(4);
    /// What is missing is written as `-`.
    pub const MANDATORY: Style = Style(8);
    /// Control characters in values of expressions become `%xx`.
    pub const PERCENT: Style = Style(16);

    /// `+json`: values in JSON; what is written of messages is not protected otherwise.
    pub const JSON: Style = Style(32);
    /// `+cbor`: values in CBOR.
    pub const CBOR: Style = Style(64);
    /// `+bin`: binary data stays as it is.
    pub const BINARY: Style = Style(128);

    /// As it is.
    pub const PLAIN: Style = Style(0);

    /// Whether all of these hold.
    #[inline]
    #[must_use]
    pub const fn has(self, other: Style) -> bool {
        self.0 & other.0 == other.0
    }

    /// With these as well.
    #[must_use]
    pub const fn and(self, other: Style) -> Style {
        Style(self.0 | other.0)
    }

    /// With these or without them.
    #[must_use]
    pub const fn set(self, other: Style, on: bool) -> Style {
        if on { Style(self.0 | other.0) } else { Style(self.0 & !other.0) }
    }
}

impl std::ops::BitOr for Style {
    type Output = Style;
    fn bitor(self, other: Style) -> Style {
        self.and(other)
    }
}

/// When a line is written. No format is ready before the answer, as in HAProxy: rules may set what it shows, and the server is
/// not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// As the exchange begins: a line without a format.
    Begin,
    /// With the answer's head; in TCP mode with the connection to the server.
    #[default]
    Answer,
    /// At the end.
    End,
}

/// Writes one variable (`%ci`). The record is that of the present exchange, where there is one.
pub type Variable = fn(&Cx<'_>, Option<&Record>, Style, &mut Vec<u8>);

/// The text behind a variable, where it is short: most are one byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    bytes: [u8; 4],
    len: u8,
}

impl Tail {
    /// The text, where it is short enough.
    #[must_use]
    pub fn of(text: &[u8]) -> Option<Tail> {
        let mut bytes = [0; 4];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Tail { bytes, len: text.len() as u8 })
    }

    #[inline(always)]
    fn write(self, out: &mut Vec<u8>) {
        out.push(self.bytes[0]);
        if self.len > 1 {
            self.write_more(out);
        }
    }

    fn write_more(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes[1..usize::from(self.len).min(4)]);
    }

    /// Whether it ends with a blank.
    #[inline]
    fn is_blank(self) -> bool {
        self.len > 0 && self.bytes[usize::from(self.len - 1) & 3] == b' '
    }
}

/// One piece of a format.
pub enum Part {
    Text(Vec<u8>),
    /// A blank, unless one stands there already: the piece before may have written nothing.
    Space,
    Variable(&'static str, Variable, Style, Tail),
    Expr(SampleExpr, Style),
    /// An item with a coding, a type, or a name in a format that has a coding as a whole.
    Coded(Box<Item>),
}

impl Part {
    /// The variable's name, where it is one.
    #[must_use]
    pub fn variable(&self) -> Option<&'static str> {
        match self {
            Part::Variable(name, ..) => Some(name),
            Part::Coded(item) => match item.what {
                What::Variable(name, ..) => Some(name),
                What::Expr(_) => None,
            },
            _ => None,
        }
    }

    /// The expression, where it is one.
    #[must_use]
    pub fn expr(&self) -> Option<&SampleExpr> {
        match self {
            Part::Expr(expr, _) => Some(expr),
            Part::Coded(item) => match &item.what {
                What::Expr(expr) => Some(expr),
                What::Variable(..) => None,
            },
            _ => None,
        }
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Text(t) => write!(f, "{:?}", String::from_utf8_lossy(t)),
            Part::Space => f.write_str("' '"),
            Part::Variable(name, ..) => write!(f, "%{name}"),
            Part::Expr(e, _) => write!(f, "%[{}]", e.text),
            Part::Coded(item) => write!(f, "%({})…", item.name.as_deref().unwrap_or_default()),
        }
    }
}

/// A whole format.
#[derive(Debug, Default)]
pub struct Format {
    pub parts: Vec<Part>,
    pub when: When,
    /// `%ID` is among the variables: the id is made before.
    pub names_id: bool,
    /// Expressions are among the parts.
    pub evaluates: bool,
    /// The whole is a map of its named items.
    pub coding: Option<Coding>,
    /// Writes the same as all parts of an exchange with a record, in one piece.
    pub whole: Option<Whole>,
}

/// Writes a whole format.
pub type Whole = fn(&Cx<'_>, &Record, &mut Vec<u8>);

impl Format {
    /// The text, where the format has nothing else.
    #[must_use]
    pub fn constant(&self) -> Option<&[u8]> {
        match self.parts.as_slice() {
            [] => Some(b""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Appends the format's value; what has no value writes nothing, or `-` where the format says so.
    pub fn write(&self, cx: &Cx<'_>, out: &mut Vec<u8>) {
        if self.names_id {
            let _ = super::record::unique_id(cx);
        }
        if let Some(whole) = self.whole {
            let slot = cx.conn.record.0.borrow();
            if let Some(record) = slot.as_deref() {
                return whole(cx, record, out);
            }
        }
        if let Some(coding) = self.coding {
            return self.write_map(coding, cx, out);
        }
        if !self.evaluates {
            // Variables change nothing: one look at the record serves all.
            let slot = cx.conn.record.0.borrow();
            // Blanks at the beginning are dropped too.
            let mut blank = true;
            for part in &self.parts {
                write_part(part, cx, slot.as_deref(), &mut blank, out);
            }
            return;
        }
        let mut blank = true;
        for part in &self.parts {
            let slot = (!matches!(part, Part::Expr(..) | Part::Coded(_))).then(|| cx.conn.record.0.borrow());
            write_part(part, cx, slot.as_ref().and_then(|s| s.as_deref()), &mut blank, out);
        }
    }

    #[cold]
    fn write_map(&self, coding: Coding, cx: &Cx<'_>, out: &mut Vec<u8>) {
        let (mut map, mut scratch) = (Map::begin(coding, out), Vec::new());
        for part in &self.parts {
            // What has no name has no place in a map.
            let Part::Coded(item) = part else { continue };
            let Some(name) = &item.name else { continue };
            map.entry(name, |coding, out| coded(item, cx, coding, &mut scratch, out));
        }
        map.end();
    }

    /// Finds the names that its expressions hold, and tells which variables it has.
    ///
    /// # Errors
    /// HAProxy's words for a name that does not exist.
    pub fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        self.parts.iter().filter_map(Part::variable).for_each(|name| names.writes_variable(name));
        self.parts.iter().filter_map(Part::expr).try_for_each(|expr| expr.fetch.resolve(names))
    }
}

/// Appends one part. `blank`: a blank stands before it. Nearly all parts are variables.
#[inline(always)]
fn write_part(part: &Part, cx: &Cx<'_>, record: Option<&Record>, blank: &mut bool, out: &mut Vec<u8>) {
    let Part::Variable(_, write, style, tail) = part else { return write_other(part, cx, blank, out) };
    let before = out.len();
    write(cx, record, *style, out);
    if tail.len > 0 {
        tail.write(out);
        *blank = tail.is_blank();
    } else {
        *blank &= out.len() == before;
    }
}

#[inline(never)]
fn write_other(part: &Part, cx: &Cx<'_>, blank: &mut bool, out: &mut Vec<u8>) {
    match part {
        Part::Text(text) => {
            out.extend_from_slice(text);
            *blank = text.last() == Some(&b' ');
        }
        Part::Space => {
            if !*blank {
                out.push(b' ');
            }
            *blank = true;
        }
        Part::Expr(expr, style) => {
            let before = out.len();
            value(out, *style, expr.eval(cx));
            *blank &= out.len() == before;
        }
        Part::Coded(item) => {
            let before = out.len();
            coded(item, cx, None, &mut Vec::new(), out);
            *blank &= out.len() == before;
        }
        Part::Variable(..) => {}
    }
}

/// Appends a coded item. Expressions may change the record, so that it is not held while they are looked at.
fn coded(item: &Item, cx: &Cx<'_>, coding: Option<Coding>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
    match &item.what {
        What::Variable(..) => {
            let slot = cx.conn.record.0.borrow();
            item.write(cx, slot.as_deref(), coding, scratch, out);
        }
        What::Expr(_) => item.write(cx, None, coding, scratch, out),
    }
}

/// Appends text, `None` for what is missing.
pub fn text(out: &mut Vec<u8>, style: Style, text: Option<&[u8]>) {
    let quote = style.has(Style::QUOTE);
    if quote {
        out.push(b'"');
    }
    match text {
        Some(text) if !text.is_empty() => {
            if style.has(Style::ESCAPE) {
                escaped(out, text);
            } else {
                out.extend_from_slice(text);
            }
        }
        _ if !quote && style.has(Style::MANDATORY) => out.push(b'-'),
        _ => {}
    }
    if quote {
        out.push(b'"');
    }
}

fn escaped(out: &mut Vec<u8>, text: &[u8]) {
    for &byte in text {
        if matches!(byte, b'"' | b'\\' | b']') {
            out.push(b'\\');
        }
        out.push(byte);
    }
}

/// Appends the value of an expression.
pub fn value(out: &mut Vec<u8>, style: Style, sample: Option<Sample<'_>>) {
    match sample {
        Some(Sample::Str(b) | Sample::Bin(b) | Sample::Method(b)) if style.has(Style::PERCENT) => {
            text(out, style, Some(&message_value(&b)));
        }
        Some(Sample::Str(b) | Sample::Bin(b) | Sample::Method(b)) => text(out, style, Some(&b)),
        Some(other) => {
            let quote = style.has(Style::QUOTE);
            if quote {
                out.push(b'"');
            }
            other.write_text(out);
            if quote {
                out.push(b'"');
            }
        }
        None => text(out, style, None),
    }
}

const HEX_DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// What of a message is not written as it is (manual 8.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// A request line.
    Line,
    /// A captured field: the marks between fields too.
    Field,
}

const fn encoded(field: bool) -> [bool; 256] {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        let c = b as u8;
        table[b] = c < 32 || c >= 127 || c == b'"' || c == b'#' || (field && matches!(c, b'{' | b'|' | b'}'));
        b += 1;
    }
    table
}
static LINE: [bool; 256] = encoded(false);
static FIELD: [bool; 256] = encoded(true);

/// Whether a request line can be written as it is: eight bytes at a time, as nearly all can.
fn is_plain(bytes: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut odd = 0;
    for word in words {
        let x = u64::from_le_bytes(*word);
        let below_blank = x.wrapping_sub(ONES * 0x20) & !x;
        // `"` and `#` differ in the last bit alone.
        let marks = (x & (ONES * 0xfe)) ^ (ONES * 0x22);
        let marks = marks.wrapping_sub(ONES) & !marks;
        let deleted = x ^ (ONES * 0x7f);
        let deleted = deleted.wrapping_sub(ONES) & !deleted;
        odd |= x | below_blank | marks | deleted;
    }
    odd & HIGH == 0 && rest.iter().all(|&b| !LINE[usize::from(b)])
}

/// Appends bytes of a message; those that would disturb are written as `#` and two digits.
pub fn message(out: &mut Vec<u8>, style: Style, encoding: Encoding, bytes: &[u8]) {
    let table = match encoding {
        Encoding::Line => &LINE,
        Encoding::Field => &FIELD,
    };
    let escape = style.has(Style::ESCAPE);
    // What is coded is protected by its coding.
    if (!escape && encoding == Encoding::Line && is_plain(bytes)) || style.has(Style::JSON) {
        out.extend_from_slice(bytes);
        return;
    }
    let mut rest = bytes;
    while let Some(at) =
        rest.iter().position(|&b| table[usize::from(b)] || (escape && matches!(b, b'\\' | b']')))
    {
        out.extend_from_slice(&rest[..at]);
        let b = rest[at];
        if table[usize::from(b)] {
            out.extend_from_slice(&[b'#', HEX_DIGITS[(b >> 4) as usize], HEX_DIGITS[(b & 15) as usize]]);
        } else {
            out.extend_from_slice(&[b'\\', b]);
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// Appends a number in decimal. Most timers and counts have one digit.
#[inline(always)]
pub fn number(out: &mut Vec<u8>, n: i64) {
    if (0..=9).contains(&n) { out.push(b'0' + n as u8) } else { large_number(out, n) }
}

#[inline(never)]
fn large_number(out: &mut Vec<u8>, n: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// Appends at least `digits` digits in hexadecimal.
pub fn hex(out: &mut Vec<u8>, n: u64, digits: usize) {
    use std::io::Write;
    // Writing to a vector cannot fail.
    let _ = write!(out, "{n:0digits$X}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(f: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        f(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_is_quoted_escaped_or_missing() {
        let all = Style::QUOTE | Style::ESCAPE | Style::MANDATORY;
        assert_eq!(written(|o| text(o, all, Some(br#"a"\]b"#))), r#""a\"\\\]b""#);
        assert_eq!(written(|o| text(o, all, None)), "\"\"");
        assert_eq!(written(|o| text(o, Style::MANDATORY, Some(b""))), "-");
        assert_eq!(written(|o| text(o, Style::default(), None)), "");
        assert_eq!(written(|o| value(o, Style::QUOTE, Some(Sample::Int(7)))), "\"7\"");
        assert_eq!(
            written(|o| value(o, Style::PERCENT, Some(Sample::Str(b"a\x01\tb"[..].into())))),
            "a%01\tb"
        );
    }

    #[test]
    fn messages_are_printable() {
        let line = |b: &[u8], s| written(|o| message(o, s, Encoding::Line, b));
        assert_eq!(line(b"GET /\xff#\"{ HTTP/1.1", Style::default()), "GET /#FF#23#22{ HTTP/1.1");
        for b in 0..=255u8 {
            for place in 0..11 {
                let mut text = *b"GET /abcdef";
                text[place] = b;
                assert_eq!(is_plain(&text), !LINE[usize::from(b)], "{b} at {place}");
            }
        }
        assert_eq!(line(b"a]\\\"", Style::ESCAPE), "a\\]\\\\#22");
        assert_eq!(written(|o| message(o, Style::default(), Encoding::Field, b"{a|b}")), "#7Ba#7Cb#7D");
    }

    #[test]
    fn numbers() {
        for n in [0, 7, 10, 99, 100, -1, 4_294_967_296] {
            assert_eq!(written(|o| number(o, n)), n.to_string());
        }
        assert_eq!(written(|o| hex(o, 0xab, 4)), "00AB");
    }
}
