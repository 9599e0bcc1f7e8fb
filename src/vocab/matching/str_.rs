//! `-m str`.
use super::MatchRow;
use crate::rules::pattern::Exact;

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "str",
    doc: "The value is one of the patterns.",
    takes: super::TEXTS,
    bare: false,
    make: |flags| Box::new(Exact::new(flags.ignore_case, false)),
};
