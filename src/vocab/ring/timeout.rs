//! `timeout` of a ring (manual 3.9).
use super::{RingRow, section};
use crate::base::units::TimeUnit;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: RingRow = RingRow {
    name: "timeout",
    doc: "timeout connect|server <time>: how long a connection to a log server may take, and how long bytes may wait for it.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    match row::text(words, 1) {
        "connect" => {
            let time = row::old_time(&words[1..], "timeout connect", TimeUnit::Millis)?;
            section(cx).connect = Some(time);
        }
        "server" => {
            let time = row::old_time(&words[1..], "timeout server", TimeUnit::Millis)?;
            section(cx).server = Some(time);
        }
        // HAProxy says nothing, and does nothing.
        other => {
            let text = format!("'timeout {other}' has no effect in a ring.");
            cx.diags
                .push(Diag::warning(words[0].span, text).help("write `timeout connect` or `timeout server`"));
        }
    }
    Ok(())
}
