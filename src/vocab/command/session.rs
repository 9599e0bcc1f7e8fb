//! `shutdown sessions server` (management manual, 9.3).
use super::{CommandRow, Level, server_to_change};

/// The rows of this file.
pub const ROWS: &[CommandRow] = &[CommandRow {
    words: &["shutdown", "sessions", "server"],
    usage: "shutdown sessions server <bk>/<srv>",
    doc: "kill sessions on a server",
    level: Level::Admin,
    run: |steering, args| match server_to_change(steering, args.first()) {
        Ok((_, id)) => {
            steering.shut_sessions(id);
            String::new()
        }
        Err(e) => e,
    },
}];
