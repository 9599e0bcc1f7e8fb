//! `-m reg`.
use super::MatchRow;
use crate::rules::pattern::Regexes;

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "reg",
    doc: "One of the regular expressions matches the value.",
    takes: super::TEXTS,
    bare: false,
    make: |flags| Box::new(Regexes::new(flags.ignore_case)),
};
