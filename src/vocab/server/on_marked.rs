//! `server … on-marked-down`, `on-marked-up` (manual 5.2).
use super::{ServerCx, ServerRow, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROWS: &[ServerRow] = &[
    ServerRow {
        name: "on-marked-down",
        arguments: 1,
        default_server: true,
        doc: "on-marked-down shutdown-sessions: the sessions of a server that goes down end at once.",
        parse: |cx, words| {
            only(words, "shutdown-sessions")?;
            cx.settings.watching.shutdown_sessions = true;
            Ok(0)
        },
    },
    ServerRow {
        name: "on-marked-up",
        arguments: 1,
        default_server: true,
        doc: "on-marked-up shutdown-backup-sessions: when the server comes up, the sessions of all backup servers end.",
        parse: up,
    },
];

fn up(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    only(words, "shutdown-backup-sessions")?;
    cx.settings.watching.shutdown_backup_sessions = true;
    Ok(0)
}

fn only(words: &[Word], wanted: &str) -> Result<(), Diag> {
    let got = row::text(words, 1);
    if got == wanted {
        return Ok(());
    }
    Err(wrong(words, format!("'{}' expects '{wanted}' but got '{got}'", words[0].text())))
}
