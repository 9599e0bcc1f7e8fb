//! `-m sub`.
use super::{MatchRow, Patterns, Refused};
use crate::rules::acl::Match;
use crate::rules::pattern::{Place, Texts};

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "sub",
    doc: "One of the patterns stands anywhere in the value.",
    takes: super::TEXTS,
    bare: false,
    make,
};

fn make(patterns: &Patterns<'_>) -> Result<Box<dyn Match>, Refused> {
    Ok(Box::new(Texts::new(Place::Inside, patterns.ignore_case, patterns.words.iter().cloned())))
}
