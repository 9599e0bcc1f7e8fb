//! `server … tcp-ut` (manual 5.2).
use super::{ServerCx, ServerRow, wrong};
use crate::base::units::{TimeUnit, parse_time};
use crate::syntax::{Diag, Word};

pub const ROW: ServerRow = ServerRow {
    name: "tcp-ut",
    arguments: 1,
    default_server: true,
    doc: "tcp-ut <delay>: how long sent bytes may stay unacknowledged before the connection is dropped.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let Some(word) = words.get(1) else {
        return Err(wrong(words, "'tcp-ut' : missing TCP User Timeout value"));
    };
    let Ok(time) = parse_time(word.text(), TimeUnit::Millis) else {
        return Err(wrong(words, "'tcp-ut' : expects a positive delay in milliseconds"));
    };
    cx.settings.tcp_user_timeout = Some(time.duration());
    Ok(0)
}
