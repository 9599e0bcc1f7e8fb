//! `-m bool`.
use super::MatchRow;
use crate::rules::pattern::Bare;
use crate::rules::sample::Kind;

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "bool",
    doc: "The value is true, or a number other than zero; no pattern is given.",
    takes: &[Kind::Bool, Kind::Int, Kind::Str, Kind::Addr],
    bare: true,
    make: |_| Box::new(Bare::True),
};
