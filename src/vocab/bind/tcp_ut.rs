//! `bind … tcp-ut` (manual 5.1).
use super::{BindCx, BindRow, wrong};
use crate::base::units::{TimeUnit, parse_time};
use crate::syntax::{Diag, Word};

pub const ROW: BindRow = BindRow {
    name: "tcp-ut",
    arguments: 1,
    doc: "tcp-ut <delay>: how long sent bytes may stay unacknowledged before the connection is dropped.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    let Some(value) = words.get(1) else {
        return Err(wrong(words, "'tcp-ut' : missing TCP User Timeout value".to_owned()));
    };
    let time = parse_time(value.text(), TimeUnit::Millis);
    let time =
        time.map_err(|_| wrong(words, "'tcp-ut' : expects a positive delay in milliseconds".to_owned()))?;
    cx.draft.tcp_user_timeout = Some(time.duration());
    Ok(())
}
