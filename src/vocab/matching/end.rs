//! `-m end`.
use super::{MatchRow, Patterns, Refused};
use crate::rules::acl::Match;
use crate::rules::pattern::{Place, Texts};

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "end",
    doc: "The value ends with one of the patterns.",
    takes: super::TEXTS,
    bare: false,
    make,
};

fn make(patterns: &Patterns<'_>) -> Result<Box<dyn Match>, Refused> {
    Ok(Box::new(Texts::new(Place::End, patterns.ignore_case, patterns.words.iter().cloned())))
}
