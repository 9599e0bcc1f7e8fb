//! `concat(text)`: text behind the value.
use super::ConvertRow;
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Convert, Cx};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[ConvertRow {
    name: "concat",
    args: (1, 1),
    takes: Kind::Str,
    gives: Kind::Str,
    doc: "The value with the text given behind it; variables are not supported yet.",
    make: |args| Ok(Box::new(Concat(args[0].clone().into_bytes()))),
}];

#[derive(Debug)]
struct Concat(Vec<u8>);

impl Convert for Concat {
    fn convert<'c>(&'c self, input: Sample<'c>, _cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let mut out = super::text(input).into_owned();
        out.extend_from_slice(&self.0);
        Some(Sample::Str(Cow::Owned(out)))
    }
}
