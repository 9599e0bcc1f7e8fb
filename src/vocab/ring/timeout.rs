//! `timeout` of a ring (manual 3.9).
use super::{RingRow, section};
use crate::base::units::TimeUnit;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};
use std::time::Duration;

pub const ROW: RingRow = RingRow {
    name: "timeout",
    doc: "timeout connect|server <time>: how long a connection to a log server may take, and how long bytes may wait for it.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    match row::text(words, 1) {
        "connect" => {
            let time = time(words, "timeout connect")?;
            section(cx).connect = Some(time);
        }
        "server" => {
            let time = time(words, "timeout server")?;
            section(cx).server = Some(time);
        }
        // HAProxy says nothing, and does nothing.
        other => {
            let text = format!("'timeout {other}' has no effect in a ring.");
            cx.idle(words[0].span, text, "write `timeout connect` or `timeout server`");
        }
    }
    Ok(())
}

fn time(words: &[Word], keyword: &str) -> Result<Duration, Diag> {
    row::old_time(&words[1..], keyword, TimeUnit::Millis).map_err(|diag| {
        let diag = Diag { message: diag.message.trim_end().to_owned(), ..diag };
        // So HAProxy writes it where there is a value.
        if words.len() > 2 { diag.tight() } else { diag }
    })
}
