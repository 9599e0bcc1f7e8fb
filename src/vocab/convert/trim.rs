//! `ltrim(chars)`, `rtrim(chars)`: characters at an end of the text are taken off.
use super::ConvertRow;
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Convert, Cx};

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[
    ConvertRow {
        name: "ltrim",
        args: (1, 1),
        takes: Kind::Str,
        gives: Kind::Str,
        doc: "The text without these characters at its beginning.",
        make: |args| Ok(Box::new(Trim { chars: args[0].clone().into_bytes(), left: true })),
    },
    ConvertRow {
        name: "rtrim",
        args: (1, 1),
        takes: Kind::Str,
        gives: Kind::Str,
        doc: "The text without these characters at its end.",
        make: |args| Ok(Box::new(Trim { chars: args[0].clone().into_bytes(), left: false })),
    },
];

#[derive(Debug)]
struct Trim {
    chars: Vec<u8>,
    left: bool,
}

impl Convert for Trim {
    fn convert<'c>(&'c self, input: Sample<'c>, _cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let whole = super::text(input);
        let stays = |b: &u8| !self.chars.contains(b);
        let range = if self.left {
            whole.iter().position(stays).unwrap_or(whole.len())..whole.len()
        } else {
            0..whole.iter().rposition(stays).map_or(0, |last| last + 1)
        };
        Some(Sample::Str(super::part(whole, range)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ends_are_trimmed() {
        let trim = |name: &str, chars: &str, text: &'static str| {
            let made = (super::super::find(name).unwrap().make)(&[chars.to_owned()]).unwrap();
            crate::vocab::expr::with_empty_cx(|cx| {
                let mut out = Vec::new();
                made.convert(Sample::Str(text.as_bytes().into()), cx).unwrap().write_text(&mut out);
                String::from_utf8(out).unwrap()
            })
        };
        assert_eq!(trim("ltrim", "/a", "/a/b/a/"), "b/a/");
        assert_eq!(trim("rtrim", "/a", "/a/b/a/"), "/a/b");
        assert_eq!(trim("rtrim", " ", "  "), "");
        assert_eq!(trim("ltrim", "x", "abc"), "abc");
    }
}
