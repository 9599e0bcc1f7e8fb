//! `-m int`.
use super::{MatchRow, Patterns, Refused};
use crate::rules::acl::Match;
use crate::rules::pattern::Int;
use crate::rules::sample::Kind;

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "int",
    doc: "The value as a number is in one of the ranges.",
    takes: &[Kind::Int, Kind::Bool, Kind::Str, Kind::Bin, Kind::Addr],
    bare: false,
    make,
};

fn make(patterns: &Patterns<'_>) -> Result<Box<dyn Match>, Refused> {
    Ok(Box::new(Int(super::ranges(patterns)?)))
}
