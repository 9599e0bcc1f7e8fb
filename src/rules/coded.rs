//! Values of a format as JSON or CBOR, and values of a given type (`%{+json}o`, `%(name:sint)[…]`: configuration manual of
//! HAProxy 3.0, 8.2.6).
use super::cx::Cx;
use super::format::{Style, Variable, number};
use super::record::Record;
use super::sample::{Sample, SampleExpr, leading_int};

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// RFC 8259.
    Json,
    /// RFC 8949, each byte as two hexadecimal digits.
    Cbor,
    /// RFC 8949 as it is (`+bin`).
    BinaryCbor,
}

impl Coding {
    /// What the flags of a style ask for.
    #[must_use]
    pub fn of(style: Style) -> Option<Coding> {
        if style.has(Style::JSON) {
            return Some(Coding::Json);
        }
        style.has(Style::CBOR).then(|| match style.has(Style::BINARY) {
            true => Coding::BinaryCbor,
            false => Coding::Cbor,
        })
    }
}

/// The type behind a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    Str,
    Int,
    Bool,
}

/// One item.
pub struct Item {
    pub name: Option<String>,
    pub typed: Option<Typed>,
    /// Its own coding, where the whole format has none.
    pub coding: Option<Coding>,
    pub style: Style,
    pub what: What,
}

/// What an item shows.
pub enum What {
    /// A variable, and whether it is a number.
    Variable(&'static str, Variable, bool),
    Expr(SampleExpr),
}

/// A value before it is written.
#[derive(Debug, PartialEq)]
enum Value<'a> {
    Nothing,
    Bool(bool),
    Int(i64),
    Text(&'a [u8]),
    Bytes(&'a [u8]),
}

impl Item {
    /// Appends the value, coded or as the style says. `scratch` is room to work in.
    pub fn write(
        &self,
        cx: &Cx<'_>,
        record: Option<&Record>,
        coding: Option<Coding>,
        scratch: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) {
        let coding = coding.or(self.coding);
        scratch.clear();
        match &self.what {
            What::Variable(_, write, is_number) => {
                // What is coded needs no other protection.
                let plain = Style::QUOTE | Style::ESCAPE | Style::MANDATORY;
                write(cx, record, self.style.set(plain, false).set(Style::JSON, true), scratch);
                let value = of_text(scratch, *is_number && !self.style.has(Style::HEX), self.typed);
                self.put(value, coding, out);
            }
            What::Expr(expr) => {
                let sample = expr.eval(cx);
                let binary = matches!(sample, Some(Sample::Bin(_)));
                let value = match (&sample, self.typed) {
                    (None, _) => Value::Nothing,
                    (Some(Sample::Bool(b)), None | Some(Typed::Bool)) => Value::Bool(*b),
                    (Some(Sample::Int(n)), None) => Value::Int(*n),
                    (Some(sample), Some(Typed::Int)) => sample.as_int().map_or(Value::Nothing, Value::Int),
                    (Some(sample), Some(Typed::Bool)) => as_bool(sample),
                    (Some(sample), Some(Typed::Str) | None) => {
                        sample.write_text(scratch);
                        match binary && self.style.has(Style::BINARY) {
                            true => Value::Bytes(scratch),
                            false => Value::Text(scratch),
                        }
                    }
                };
                self.put(value, coding, out);
            }
        }
    }

    fn put(&self, value: Value<'_>, coding: Option<Coding>, out: &mut Vec<u8>) {
        match coding {
            Some(Coding::Json) => json(&value, out),
            Some(Coding::Cbor) => {
                let from = out.len();
                cbor(&value, out);
                hexadecimal(from, out);
            }
            Some(Coding::BinaryCbor) => cbor(&value, out),
            None => {
                let text = |out: &mut Vec<u8>, t: Option<&[u8]>| super::format::text(out, self.style, t);
                match value {
                    Value::Nothing => text(out, None),
                    Value::Bool(b) => text(out, Some(if b { b"1" } else { b"0" })),
                    Value::Int(n) => text(out, Some(itoa::Buffer::new().format(n).as_bytes())),
                    Value::Text(t) | Value::Bytes(t) => text(out, Some(t)),
                }
            }
        }
    }
}

/// The text of a variable as a value. A figure that still grows, or a server that was tried again, has a `+` before it,
/// which is no part of the number.
fn of_text(text: &[u8], is_number: bool, typed: Option<Typed>) -> Value<'_> {
    let digits = text.strip_prefix(b"+").unwrap_or(text);
    let parsed = std::str::from_utf8(digits).ok().and_then(|t| t.parse().ok());
    match typed {
        _ if text.is_empty() => Value::Nothing,
        Some(Typed::Int) => Value::Int(leading_int(digits)),
        Some(Typed::Bool) => Value::Bool(leading_int(digits) != 0 || text == b"true"),
        None if is_number => parsed.map_or(Value::Text(text), Value::Int),
        Some(Typed::Str) | None => Value::Text(text),
    }
}

/// `true` and `false`, or a number (HAProxy's `c_str2bool`).
fn as_bool<'a>(sample: &Sample<'_>) -> Value<'a> {
    match sample {
        Sample::Str(t) if t.eq_ignore_ascii_case(b"true") => Value::Bool(true),
        Sample::Str(t) if t.eq_ignore_ascii_case(b"false") => Value::Bool(false),
        other => other.as_int().map_or(Value::Nothing, |n| Value::Bool(n != 0)),
    }
}

fn json(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Nothing => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int(n) => number(out, *n),
        Value::Text(text) | Value::Bytes(text) => {
            out.push(b'"');
            // What is not UTF-8 has no place in JSON.
            for chunk in text.utf8_chunks() {
                json_text(chunk.valid(), out);
                if !chunk.invalid().is_empty() {
                    out.extend_from_slice("\u{fffd}".as_bytes());
                }
            }
            out.push(b'"');
        }
    }
}

fn json_text(text: &str, out: &mut Vec<u8>) {
    for &byte in text.as_bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..=31 | 127 => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&digits(byte));
            }
            _ => out.push(byte),
        }
    }
}

fn digits(byte: u8) -> [u8; 2] {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]
}

/// What is written from `from` on becomes digits.
fn hexadecimal(from: usize, out: &mut Vec<u8>) {
    let bytes = out.split_off(from);
    bytes.iter().for_each(|b| out.extend_from_slice(&digits(*b)));
}

/// Major types of RFC 8949, 3.1, in place.
const UNSIGNED: u8 = 0 << 5;
const NEGATIVE: u8 = 1 << 5;
const BYTES: u8 = 2 << 5;
const TEXT: u8 = 3 << 5;
const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;
const NULL: u8 = 0xf6;
/// A map whose length is told by its end.
const MAP: u8 = 0xbf;
const END: u8 = 0xff;

fn cbor(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Nothing => out.push(NULL),
        Value::Bool(b) => out.push(if *b { TRUE } else { FALSE }),
        Value::Int(n @ 0..) => head(UNSIGNED, *n as u64, out),
        Value::Int(n) => head(NEGATIVE, !(*n as u64), out),
        Value::Text(text) if std::str::from_utf8(text).is_ok() => {
            head(TEXT, text.len() as u64, out);
            out.extend_from_slice(text);
        }
        Value::Text(bytes) | Value::Bytes(bytes) => {
            head(BYTES, bytes.len() as u64, out);
            out.extend_from_slice(bytes);
        }
    }
}

/// A type with its number in as few bytes as it takes.
fn head(kind: u8, n: u64, out: &mut Vec<u8>) {
    match n {
        0..=23 => out.push(kind | n as u8),
        24..=0xff => out.extend_from_slice(&[kind | 24, n as u8]),
        0x100..=0xffff => {
            out.push(kind | 25);
            out.extend_from_slice(&(n as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            out.push(kind | 26);
            out.extend_from_slice(&(n as u32).to_be_bytes());
        }
        _ => {
            out.push(kind | 27);
            out.extend_from_slice(&n.to_be_bytes());
        }
    }
}

/// A map of names and values, as a whole format with a coding gives.
pub struct Map<'o> {
    coding: Coding,
    from: usize,
    first: bool,
    out: &'o mut Vec<u8>,
}

impl Map<'_> {
    /// Begins behind what `out` holds.
    pub fn begin(coding: Coding, out: &mut Vec<u8>) -> Map<'_> {
        let from = out.len();
        out.push(if coding == Coding::Json { b'{' } else { MAP });
        Map { coding, from, first: true, out }
    }

    /// Appends a name; `value` writes what belongs to it. Items without a name have no place here.
    pub fn entry(&mut self, name: &str, value: impl FnOnce(Option<Coding>, &mut Vec<u8>)) {
        if self.coding == Coding::Json {
            if !std::mem::take(&mut self.first) {
                self.out.extend_from_slice(b", ");
            }
            json(&Value::Text(name.as_bytes()), self.out);
            self.out.extend_from_slice(b": ");
            value(Some(Coding::Json), self.out);
        } else {
            cbor(&Value::Text(name.as_bytes()), self.out);
            // The whole becomes digits at the end.
            value(Some(Coding::BinaryCbor), self.out);
        }
    }

    /// Ends it.
    pub fn end(self) {
        self.out.push(if self.coding == Coding::Json { b'}' } else { END });
        if self.coding == Coding::Cbor {
            hexadecimal(self.from, self.out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coded(f: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        f(&mut out);
        out
    }

    #[test]
    fn json_is_what_rfc_8259_has() {
        let text = |v: Value<'_>| String::from_utf8(coded(|o| json(&v, o))).unwrap();
        assert_eq!(text(Value::Nothing) + &text(Value::Bool(true)) + &text(Value::Int(-7)), "nulltrue-7");
        assert_eq!(text(Value::Text(b"a\"\\\n\x7f\xffz")), "\"a\\\"\\\\\\u000A\\u007F\u{fffd}z\"");
        assert_eq!(text(Value::Text("é".as_bytes())), "\"é\"");
    }

    /// The examples of RFC 8949, appendix A.
    #[test]
    fn cbor_is_what_rfc_8949_has() {
        let hex = |v: Value<'_>| {
            String::from_utf8(coded(|o| {
                cbor(&v, o);
                hexadecimal(0, o);
            }))
            .unwrap()
        };
        for (n, want) in [
            (0, "00"),
            (23, "17"),
            (24, "1818"),
            (1_000, "1903E8"),
            (1_000_000, "1A000F4240"),
            (1_000_000_000_000, "1B000000E8D4A51000"),
            (-1, "20"),
            (-100, "3863"),
            (-1_000, "3903E7"),
            (i64::MIN, "3B7FFFFFFFFFFFFFFF"),
        ] {
            assert_eq!(hex(Value::Int(n)), want, "{n}");
        }
        assert_eq!(hex(Value::Text(b"IETF")), "6449455446");
        assert_eq!(hex(Value::Bytes(&[1, 2, 3, 4])), "4401020304");
        assert_eq!(hex(Value::Text(b"\xff")), "41FF", "no text");
        assert_eq!(hex(Value::Nothing) + &hex(Value::Bool(false)) + &hex(Value::Bool(true)), "F6F4F5");
    }

    #[test]
    fn maps_have_names_and_ends() {
        let map = |coding| {
            coded(|out| {
                let mut map = Map::begin(coding, out);
                for name in ["a", "b"] {
                    map.entry(name, |coding, out| {
                        let value = Value::Int(1);
                        if coding == Some(Coding::Json) { json(&value, out) } else { cbor(&value, out) }
                    });
                }
                map.end();
            })
        };
        assert_eq!(map(Coding::Json), br#"{"a": 1, "b": 1}"#);
        assert_eq!(
            map(Coding::Cbor),
            b"BF6161016162 01FF".iter().filter(|b| **b != b' ').copied().collect::<Vec<_>>()
        );
        assert_eq!(map(Coding::BinaryCbor), [0xbf, 0x61, b'a', 1, 0x61, b'b', 1, 0xff]);
    }

    #[test]
    fn variables_become_values() {
        assert_eq!(of_text(b"+12", true, None), Value::Int(12));
        assert_eq!(of_text(b"007", true, None), Value::Int(7));
        assert_eq!(of_text(b"200", true, Some(Typed::Str)), Value::Text(b"200"));
        assert_eq!(of_text(b"", false, None), Value::Nothing);
        assert_eq!(of_text(b"12ab", false, Some(Typed::Int)), Value::Int(12));
        assert_eq!(of_text(b"1", false, Some(Typed::Bool)), Value::Bool(true));
        assert_eq!(of_text(b"x", true, None), Value::Text(b"x"));
    }
}
