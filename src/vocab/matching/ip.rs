//! `-m ip`.
use super::MatchRow;
use crate::rules::pattern::Networks;
use crate::rules::sample::Kind;

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "ip",
    doc: "The value is an address in one of the networks.",
    takes: &[Kind::Addr, Kind::Str, Kind::Bin, Kind::Int],
    bare: false,
    make: |flags| Box::new(Networks::new(flags.no_dns)),
};
