//! `-m dom`.
use super::MatchRow;
use crate::rules::pattern::{Place, Texts};

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "dom",
    doc: "One of the patterns is a whole part of the value between dots, as in a domain name.",
    takes: super::TEXTS,
    bare: false,
    make: |flags| Box::new(Texts::new(Place::Word(b"/?.:"), flags.ignore_case)),
};
