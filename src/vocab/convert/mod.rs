//! Converters, one row a file (configuration manual, 7.3.1).
use crate::rules::Cx;
use crate::rules::sample::{Convert, Kind, Sample};
use std::borrow::Cow;
use std::fmt;

macro_rules! rows {
    ($($module:ident)*) => {
        $(mod $module;)*
        /// Every converter, sorted by file.
        pub static ROWS: &[&[ConvertRow]] = &[$($module::ROWS),*];
    };
}

rows! { arithmetic base64 bool_ bytes case concat field hex ipmask length map regsub set_var trim url_dec word }

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
    for (place, arg) in numbers.iter_mut().zip(args) {
        *place = arg.parse().map_err(|_| format!("'{arg}' is not a number"))?;
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

/// Where part `index` (from 1, from the end where negative) of a text lies; empty where there is none.
fn nth_part(text: &[u8], index: i64, delimiters: &[u8], skip_empty: bool) -> std::ops::Range<usize> {
    let mut parts = Vec::new();
    let mut start = 0;
    for end in (0..=text.len()).filter(|&i| i == text.len() || delimiters.contains(&text[i])) {
        if !(skip_empty && start == end) {
            parts.push(start..end);
        }
        start = end + 1;
    }
    let at = if index > 0 { index - 1 } else { parts.len() as i64 + index };
    usize::try_from(at).ok().and_then(|i| parts.get(i).cloned()).unwrap_or(0..0)
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
            ("base64", vec![], s("hi!"), s("aGkh")),
            ("concat", vec!["-x"], s("a"), s("a-x")),
            ("add", vec!["2"], Sample::Int(40), Sample::Int(42)),
            ("mod", vec!["7"], Sample::Int(40), Sample::Int(5)),
            ("not", vec![], Sample::Bool(false), Sample::Bool(true)),
            ("ipmask", vec!["16"], Sample::Addr([10, 1, 2, 3].into()), Sample::Addr([10, 1, 0, 0].into())),
        ] {
            assert_eq!(apply(name, &args, input).as_ref(), Some(&want), "{name}({args:?})");
        }
        assert_eq!(apply("field", &["4", "."], s("a.b.c")), Some(s("")));
        assert_eq!(apply("b64dec", &[], s("aGkh")), Some(Sample::Bin(Cow::Borrowed(b"hi!"))));
        assert_eq!(apply("b64dec", &[], s("a*")), None);
    }

    #[test]
    fn every_row_is_documented_and_unique() {
        for row in rows() {
            assert!(row.doc.len() > 10 && row.doc.ends_with('.'), "{}", row.name);
            assert_eq!(rows().filter(|r| r.name == row.name).count(), 1, "{}", row.name);
        }
    }
}
