//! `-m str`.
use super::{MatchRow, Patterns, Refused};
use crate::rules::acl::Match;
use crate::rules::pattern::Exact;

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "str",
    doc: "The value is one of the patterns.",
    takes: super::TEXTS,
    bare: false,
    make,
};

fn make(patterns: &Patterns<'_>) -> Result<Box<dyn Match>, Refused> {
    Ok(Box::new(Exact::new(patterns.ignore_case, patterns.words.iter().cloned())))
}
