//! `-m bool`.
use super::{MatchRow, Patterns, Refused};
use crate::rules::acl::Match;
use crate::rules::pattern::True;
use crate::rules::sample::Kind;

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "bool",
    doc: "The value is true, or a number other than zero; no pattern is given.",
    takes: &[Kind::Bool, Kind::Int, Kind::Str, Kind::Addr],
    bare: true,
    make,
};

fn make(_patterns: &Patterns<'_>) -> Result<Box<dyn Match>, Refused> {
    Ok(Box::new(True))
}
