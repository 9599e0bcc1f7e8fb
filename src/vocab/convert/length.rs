//! `length`: bytes of the text.
use super::ConvertRow;
use crate::rules::sample::{Kind, Sample};

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[ConvertRow {
    name: "length",
    args: (0, 0),
    takes: Kind::Str,
    gives: Kind::Int,
    doc: "How many bytes the text has.",
    make: |args| super::numbers::<0>(args, |s, _| Some(Sample::Int(super::text(s).len() as i64))),
}];
