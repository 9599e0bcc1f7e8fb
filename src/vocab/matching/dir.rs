//! `-m dir`.
use super::{MatchRow, Patterns, Refused};
use crate::rules::acl::Match;
use crate::rules::pattern::{Place, Texts};

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "dir",
    doc: "One of the patterns is a whole part of the value between slashes.",
    takes: super::TEXTS,
    bare: false,
    make,
};

fn make(patterns: &Patterns<'_>) -> Result<Box<dyn Match>, Refused> {
    Ok(Box::new(Texts::new(Place::Word(b"/?"), patterns.ignore_case, patterns.words.iter().cloned())))
}
