//! `server … slowstart` (manual 5.2).
use super::{ServerCx, ServerRow, time};
use crate::syntax::{Diag, Word};
use std::time::Duration;

pub const ROW: ServerRow = ServerRow {
    name: "slowstart",
    arguments: 1,
    default_server: true,
    doc: "slowstart <delay>: a server that comes back up gets its share of the load little by little, over this time.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let delay = time(cx, words, "slowstart")?;
    // HAProxy counts whole seconds here.
    cx.settings.slowstart = Some(Duration::from_secs(delay.as_millis().div_ceil(1_000) as u64));
    Ok(0)
}
