//! `server … inter`, `fastinter`, `downinter` (manual 5.2): the time between checks.
use super::{ServerCx, ServerRow, time, wrong};
use crate::syntax::{Diag, Word};
use std::time::Duration;

pub const ROWS: &[ServerRow] = &[
    row("downinter", "downinter <delay>: the time between checks of a server that is down.", |cx, words| {
        cx.settings.downinter = Some(interval(cx, words)?);
        Ok(0)
    }),
    row(
        "fastinter",
        "fastinter <delay>: the time between checks while a server's state is about to change.",
        |cx, words| {
            cx.settings.fastinter = Some(interval(cx, words)?);
            Ok(0)
        },
    ),
    row("inter", "inter <delay>: the time between checks, 2 seconds by default.", |cx, words| {
        cx.settings.inter = interval(cx, words)?;
        Ok(0)
    }),
];

type Parse = fn(&mut ServerCx<'_, '_>, &[Word]) -> Result<usize, Diag>;

const fn row(name: &'static str, doc: &'static str, parse: Parse) -> ServerRow {
    ServerRow { name, arguments: 1, default_server: true, doc, parse }
}

fn interval(cx: &ServerCx<'_, '_>, words: &[Word]) -> Result<Duration, Diag> {
    // The name in HAProxy's message is that of the word its parser was copied from.
    let delay = time(cx, words, "agent-inter")?;
    if delay.is_zero() {
        let text = format!("invalid value 0 for argument '{}' of server {}.", words[0].text(), cx.name);
        return Err(wrong(words, text));
    }
    Ok(delay)
}
