//! `str(…)`: a constant (7.3.2).
use super::{Arg, FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "str",
    aliases: &[],
    required: 1,
    args: &[Arg::Text],
    out: Kind::Str,
    scope: Scope::Any,
    doc: "The text given, as a constant.",
    make: Make::With(|args| {
        Ok(Box::new(super::Constant(Sample::Str(Cow::Owned(args[0].as_bytes().to_vec())))))
    }),
}];
