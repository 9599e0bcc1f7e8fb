//! `-m end`.
use super::MatchRow;
use crate::rules::pattern::{Place, Texts};

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "end",
    doc: "The value ends with one of the patterns.",
    takes: super::TEXTS,
    bare: false,
    make: |flags| Box::new(Texts::new(Place::End, flags.ignore_case)),
};
