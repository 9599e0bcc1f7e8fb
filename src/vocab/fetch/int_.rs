//! `int(…)`: a constant (7.3.2).
use super::{Arg, FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "int",
    aliases: &[],
    required: 1,
    args: &[Arg::Int],
    out: Kind::Int,
    scope: Scope::Any,
    doc: "The number given, as a constant.",
    make: Make::With(|args| match args[0].parse() {
        Ok(n) => Ok(Box::new(super::Constant(Sample::Int(n)))),
        Err(_) => Err(format!("'{}' is not a number", args[0])),
    }),
}];
