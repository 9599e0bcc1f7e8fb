//! `show resolvers` (management manual, 9.3).
use super::{CommandRow, Level, wrong};

/// The rows of this file.
pub const ROWS: &[CommandRow] = &[CommandRow {
    words: &["show", "resolvers"],
    usage: "show resolvers [id]",
    doc: "dumps counters from all resolvers section and associated name servers",
    level: Level::User,
    run: |steering, args| steering.resolvers(args.first().copied()).unwrap_or_else(|e| wrong(steering, e)),
}];
