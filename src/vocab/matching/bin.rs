//! `-m bin`.
use super::MatchRow;
use crate::rules::pattern::Exact;

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "bin",
    doc: "The bytes of the value are one of the patterns, which are written in hexadecimal digits.",
    takes: super::TEXTS,
    bare: false,
    make: |_| Box::new(Exact::new(false, true)),
};
