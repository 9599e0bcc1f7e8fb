//! `-m found`.
use super::{MatchRow, Patterns, Refused};
use crate::rules::acl::Match;
use crate::rules::pattern::Found;

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "found",
    doc: "There is a value at all; no pattern is given.",
    takes: super::TEXTS,
    bare: true,
    make,
};

fn make(_patterns: &Patterns<'_>) -> Result<Box<dyn Match>, Refused> {
    Ok(Box::new(Found))
}
