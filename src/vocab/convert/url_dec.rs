//! `url_dec([in_form])`: percent-encoding undone.
use super::ConvertRow;
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Convert, Cx};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[ConvertRow {
    name: "url_dec",
    args: (0, 1),
    takes: Kind::Str,
    gives: Kind::Str,
    doc: "The text with its percent-encoding undone; with a true argument, or behind a question mark, a plus is a space.",
    make,
}];

#[derive(Debug)]
struct Decode {
    in_form: bool,
}

fn make(args: &[String]) -> Result<Box<dyn Convert>, String> {
    let in_form = super::optional_integer(args, 0)?.is_some_and(|n| n != 0);
    Ok(Box::new(Decode { in_form }))
}

impl Convert for Decode {
    fn convert<'c>(&'c self, input: Sample<'c>, _cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let whole = super::text(input);
        let mut in_form = self.in_form;
        let mut out = Vec::with_capacity(whole.len());
        let mut rest = &whole[..];
        while let Some((&b, tail)) = rest.split_first() {
            rest = tail;
            match b {
                b'+' if in_form => out.push(b' '),
                b'%' => {
                    let digit = |i: usize| rest.get(i).and_then(|&d| char::from(d).to_digit(16));
                    // As HAProxy 3.2, NUL decodes to nothing at all.
                    out.push(Some((digit(0)? << 4 | digit(1)?) as u8).filter(|b| *b != 0)?);
                    rest = &rest[2..];
                }
                b => {
                    in_form |= b == b'?';
                    out.push(b);
                }
            }
        }
        Some(Sample::Str(Cow::Owned(out)))
    }
}
