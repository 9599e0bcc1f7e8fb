//! `-m len`.
use super::{MatchRow, Patterns, Refused};
use crate::rules::acl::Match;
use crate::rules::pattern::Len;

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "len",
    doc: "The length of the value as text is in one of the ranges.",
    takes: super::TEXTS,
    bare: false,
    make,
};

fn make(patterns: &Patterns<'_>) -> Result<Box<dyn Match>, Refused> {
    Ok(Box::new(Len(super::ranges(patterns)?)))
}
