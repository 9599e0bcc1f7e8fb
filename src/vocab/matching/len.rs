//! `-m len`.
use super::MatchRow;
use crate::rules::pattern::Numbers;

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "len",
    doc: "The length of the value as text is in one of the ranges.",
    takes: super::TEXTS,
    bare: false,
    make: |_| Box::new(Numbers::new(true)),
};
