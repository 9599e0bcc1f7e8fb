//! `-m sub`.
use super::MatchRow;
use crate::rules::pattern::{Place, Texts};

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "sub",
    doc: "One of the patterns stands anywhere in the value.",
    takes: super::TEXTS,
    bare: false,
    make: |flags| Box::new(Texts::new(Place::Inside, flags.ignore_case)),
};
