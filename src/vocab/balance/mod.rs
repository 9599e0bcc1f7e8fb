//! The algorithms of `balance` (manual 4.2).
use super::row::Parse;

/// One algorithm.
#[derive(Debug)]
pub struct BalanceRow {
    /// Its word, without what stands in parentheses.
    pub name: &'static str,
    /// What the manual says, in one paragraph.
    pub doc: &'static str,
    /// Reads the line from `balance` on.
    pub parse: Parse,
}

rows! { BalanceRow: roundrobin; families: }
