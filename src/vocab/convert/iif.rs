//! `iif(true,false)`: one of two texts.
use super::ConvertRow;
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Convert, Cx};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[ConvertRow {
    name: "iif",
    args: (2, 2),
    takes: Kind::Int,
    gives: Kind::Str,
    doc: "The first text where the value is true, else the second.",
    make: |args| Ok(Box::new(Choice { yes: args[0].clone(), no: args[1].clone() })),
}];

#[derive(Debug)]
struct Choice {
    yes: String,
    no: String,
}

impl Convert for Choice {
    fn convert<'c>(&'c self, input: Sample<'c>, _cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let chosen = if input.as_int()? != 0 { &self.yes } else { &self.no };
        Some(Sample::Str(Cow::Borrowed(chosen.as_bytes())))
    }
}
