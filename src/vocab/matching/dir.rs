//! `-m dir`.
use super::MatchRow;
use crate::rules::pattern::{Place, Texts};

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "dir",
    doc: "One of the patterns is a whole part of the value between slashes.",
    takes: super::TEXTS,
    bare: false,
    make: |flags| Box::new(Texts::new(Place::Word(b"/?"), flags.ignore_case)),
};
