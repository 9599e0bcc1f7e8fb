//! `-m found`.
use super::MatchRow;
use crate::rules::pattern::Bare;

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "found",
    doc: "There is a value at all; no pattern is given.",
    takes: super::TEXTS,
    bare: true,
    make: |_| Box::new(Bare::Found),
};
