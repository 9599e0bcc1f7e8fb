//! Converters, one row a file (configuration manual, 7.3.1).
use crate::rules::Cx;
use crate::rules::sample::{Convert, Kind, Sample};
use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

macro_rules! rows {
    ($($module:ident)*) => {
        $(mod $module;)*
        /// Every converter, sorted by file.
        pub static ROWS: &[&[ConvertRow]] = &[$($module::ROWS),*];
    };
}

rows! { arithmetic base64 bool_ bytes case concat field hex iif ipmask length map regsub set_var trim url_dec word }

/// One converter.
pub struct ConvertRow {
    pub name: &'static str,
    /// How many arguments it needs at least and takes at most.
    pub args: (usize, usize),
    pub takes: Kind,
    pub gives: Kind,
    /// One paragraph of manual.
    pub doc: &'static str,
    pub make: fn(&[String]) -> Result<Box<dyn Convert>, String>,
}

/// The row of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static ConvertRow> {
    rows().find(|row| row.name == name)
}

/// Every row.
pub fn rows() -> impl Iterator<Item = &'static ConvertRow> {
    ROWS.iter().flat_map(|rows| rows.iter())
}

/// A converter that is a function of the value and numbers.
struct Numbers<const N: usize> {
    numbers: [i64; N],
    apply: fn(Sample<'_>, &[i64; N]) -> Option<Sample<'static>>,
}

impl<const N: usize> fmt::Debug for Numbers<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.numbers)
    }
}

impl<const N: usize> Convert for Numbers<N> {
    fn convert<'c>(&'c self, input: Sample<'c>, _cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        (self.apply)(input, &self.numbers)
    }
}

/// Makes one from number arguments; those left out are 0.
fn numbers<const N: usize>(
    args: &[String],
    apply: fn(Sample<'_>, &[i64; N]) -> Option<Sample<'static>>,
) -> Result<Box<dyn Convert>, String> {
    let mut numbers = [0; N];
    for (i, place) in numbers.iter_mut().enumerate() {
        *place = optional_integer(args, i)?.unwrap_or(0);
    }
    Ok(Box::new(Numbers { numbers, apply }))
}

/// The bytes of a value, borrowed where they can be.
fn text(input: Sample<'_>) -> Cow<'_, [u8]> {
    match input {
        Sample::Str(b) | Sample::Bin(b) | Sample::Method(b) => b,
        other => {
            let mut out = Vec::new();
            other.write_text(&mut out);
            Cow::Owned(out)
        }
    }
}

/// A part of text, borrowed where the whole is.
fn part(whole: Cow<'_, [u8]>, range: std::ops::Range<usize>) -> Cow<'_, [u8]> {
    match whole {
        Cow::Borrowed(b) => Cow::Borrowed(&b[range]),
        Cow::Owned(b) => Cow::Owned(b[range].to_vec()),
    }
}

/// The bytes of a value for what reads bytes: a number has eight, an address its own, the rest its text.
fn bytes(input: Sample<'_>) -> Cow<'_, [u8]> {
    match input {
        Sample::Int(n) => Cow::Owned(n.to_be_bytes().to_vec()),
        Sample::Bool(b) => Cow::Owned(i64::from(b).to_be_bytes().to_vec()),
        Sample::Addr(IpAddr::V4(a)) => Cow::Owned(a.octets().to_vec()),
        Sample::Addr(IpAddr::V6(a)) => Cow::Owned(a.octets().to_vec()),
        other => text(other),
    }
}

/// A number argument: one that is too large is the largest there is.
fn integer(text: &str) -> Option<i64> {
    super::expr::integer(text)
}

/// The number argument at `index`; `Some(0)` where it is empty, as in HAProxy.
fn optional_integer(args: &[String], index: usize) -> Result<Option<i64>, String> {
    let Some(arg) = args.get(index) else { return Ok(None) };
    if arg.is_empty() {
        return Ok(Some(0));
    }
    let wrong = || format!("failed to parse '{arg}' as type 'integer' at position {}", index + 1);
    integer(arg).map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Applies `name(args)` to text.
    fn apply(name: &str, args: &[&str], input: Sample<'static>) -> Option<Sample<'static>> {
        let args: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
        let converter = (find(name).unwrap().make)(&args).unwrap();
        crate::vocab::expr::with_empty_cx(|cx| converter.convert(input, cx).map(Sample::into_owned))
    }

    fn s(text: &str) -> Sample<'static> {
        Sample::Str(Cow::Owned(text.as_bytes().to_vec()))
    }

    #[test]
    fn converters_do_what_the_manual_says() {
        for (name, args, input, want) in [
            ("lower", vec![], s("AbC"), s("abc")),
            ("upper", vec![], s("aBc"), s("ABC")),
            ("length", vec![], s("hello"), Sample::Int(5)),
            ("field", vec!["2", "."], s("a.b.c"), s("b")),
            ("field", vec!["-1", "."], s("a.b.c"), s("c")),
            ("word", vec!["2", "/"], s("//a//b/c"), s("b")),
            ("bytes", vec!["1", "2"], s("abcd"), Sample::Bin(Cow::Borrowed(b"bc"))),
            ("regsub", vec!["^/a/", "/b/"], s("/a/x"), s("/b/x")),
            ("regsub", vec!["o", "0", "g"], s("foo"), s("f00")),
            ("url_dec", vec![], s("a%20b+c"), s("a b+c")),
            ("hex", vec![], s("AZ"), s("415A")),
            ("hex", vec![], Sample::Int(5), s("0000000000000005")),
            ("base64", vec![], Sample::Addr([127, 0, 0, 1].into()), s("fwAAAQ==")),
            (
                "bytes",
                vec!["0", "2"],
                Sample::Addr([127, 0, 0, 1].into()),
                Sample::Bin(Cow::Borrowed(&[127, 0])),
            ),
            ("bytes", vec!["6"], s("abcdef"), Sample::Bin(Cow::Borrowed(b""))),
            ("ltrim", vec![""], s("abc"), s("abc")),
            ("add", vec![""], Sample::Int(1), Sample::Int(1)),
            ("iif", vec!["", "b"], Sample::Bool(true), s("")),
            ("iif", vec!["a", "b"], Sample::Int(0), s("b")),
            ("base64", vec![], s("hi!"), s("aGkh")),
            ("concat", vec!["-x"], s("a"), s("a-x")),
            ("add", vec!["2"], Sample::Int(40), Sample::Int(42)),
            ("mod", vec!["7"], Sample::Int(40), Sample::Int(5)),
            ("not", vec![], Sample::Bool(false), Sample::Bool(true)),
            ("ipmask", vec!["16"], Sample::Addr([10, 1, 2, 3].into()), Sample::Addr([10, 1, 0, 0].into())),
        ] {
            assert_eq!(apply(name, &args, input).as_ref(), Some(&want), "{name}({args:?})");
        }
        assert_eq!(apply("field", &["4", "."], s("a.b.c")), None);
        assert_eq!(apply("word", &["1", "/"], s("//")), None);
        assert_eq!(apply("b64dec", &[], s("aGkh")), Some(Sample::Bin(Cow::Borrowed(b"hi!"))));
        assert_eq!(apply("b64dec", &[], s("a*")), None);
    }

    /// Several parts in a row; each line was given to HAProxy 3.2.26.
    #[test]
    fn parts_are_counted_from_either_end() {
        let lines: &[(&str, &str, &[&str; 3], Option<&str>)] = &[
            ("a.b..c.", "field", &["1", ".", "2"], Some("a.b")),
            ("a.b..c.", "field", &["2", ".", "2"], Some("b.")),
            ("a.b..c.", "field", &["1", ".", "0"], Some("a.b..c.")),
            ("a.b..c.", "field", &["2", ".", "0"], Some("b..c.")),
            ("a.b..c.", "field", &["1", ".", "10"], Some("a.b..c.")),
            ("a.b..c.", "field", &["1", ".", "-1"], Some("a.b..c.")),
            ("a.b..c.", "field", &["-1", ".", "2"], Some("c.")),
            ("a.b..c.", "field", &["-2", ".", "2"], Some(".c")),
            ("a.b..c.", "field", &["-1", ".", "0"], Some("a.b..c.")),
            ("a.b..c.", "field", &["-2", ".", "0"], Some("a.b..c")),
            ("a.b..c.", "field", &["-1", ".", "10"], Some("a.b..c.")),
            ("a.b..c.", "field", &["-2", ".", "-1"], Some("a.b..c")),
            ("a.b..c.", "field", &["1", ".", "1"], Some("a")),
            ("a.b..c.", "field", &["5", ".", "2"], Some("")),
            ("a.b..c.", "field", &["6", ".", "2"], None),
            ("a.b..c.", "field", &["9", ".", "0"], None),
            ("a.b..c.", "field", &["-9", ".", "0"], None),
            ("a.b..c.", "field", &["1", ".", ""], Some("a.b..c.")),
            ("abc", "field", &["1", ".", "2"], Some("abc")),
            ("abc", "field", &["-1", ".", "2"], Some("abc")),
            ("/a//b/c/", "word", &["1", "/", "2"], Some("a//b")),
            ("/a//b/c/", "word", &["1", "/", "3"], Some("a//b/c")),
            ("/a//b/c/", "word", &["1", "/", "0"], Some("a//b/c/")),
            ("/a//b/c/", "word", &["2", "/", "0"], Some("b/c/")),
            ("/a//b/c/", "word", &["3", "/", "0"], Some("c/")),
            ("/a//b/c/", "word", &["1", "/", "10"], Some("a//b/c/")),
            ("/a//b/c/", "word", &["2", "/", "10"], Some("b/c/")),
            ("/a//b/c/", "word", &["1", "/", "-1"], Some("a//b/c/")),
            ("/a//b/c/", "word", &["-1", "/", "2"], Some("b/c")),
            ("/a//b/c/", "word", &["-1", "/", "0"], Some("/a//b/c")),
            ("/a//b/c/", "word", &["-2", "/", "0"], Some("/a//b")),
            ("/a//b/c/", "word", &["-1", "/", "10"], Some("/a//b/c")),
            ("/a//b/c/", "word", &["-3", "/", "2"], Some("/a")),
            ("/a//b/c/", "word", &["9", "/", "0"], None),
            ("/a//b/c/", "word", &["1", "/", ""], Some("a//b/c/")),
            ("a/b", "word", &["1", "/", "2"], Some("a/b")),
            ("a/b", "word", &["1", "/", "0"], Some("a/b")),
            ("a/b", "word", &["-1", "/", "0"], Some("a/b")),
            ("a/b//", "word", &["1", "/", "0"], Some("a/b//")),
            ("a/b//", "word", &["-1", "/", "0"], Some("a/b")),
        ];
        for (text, name, args, want) in lines {
            assert_eq!(apply(name, *args, s(text)), want.map(s), "{text},{name}({args:?})");
        }
    }

    #[test]
    fn every_row_is_documented_and_unique() {
        for row in rows() {
            assert!(row.doc.len() > 10 && row.doc.ends_with('.'), "{}", row.name);
            assert_eq!(rows().filter(|r| r.name == row.name).count(), 1, "{}", row.name);
        }
    }
}
