//! `-m int`.
use super::MatchRow;
use crate::rules::pattern::Numbers;
use crate::rules::sample::Kind;

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "int",
    doc: "The value as a number is in one of the ranges.",
    takes: &[Kind::Int, Kind::Bool, Kind::Str, Kind::Bin, Kind::Addr],
    bare: false,
    make: |_| Box::new(Numbers::new(false)),
};
