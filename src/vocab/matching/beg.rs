//! `-m beg`.
use super::MatchRow;
use crate::rules::pattern::{Place, Prefixes, Texts};

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "beg",
    doc: "The value begins with one of the patterns.",
    takes: super::TEXTS,
    bare: false,
    make: |flags| {
        if flags.ignore_case { Box::new(Texts::new(Place::Begin, true)) } else { Box::new(Prefixes::new()) }
    },
};
