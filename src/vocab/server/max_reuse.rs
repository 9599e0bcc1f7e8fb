//! `server … max-reuse` (manual 5.2).
use super::{ServerCx, ServerRow, number, wrong};
use crate::syntax::{Diag, Word};

pub const ROW: ServerRow = ServerRow {
    name: "max-reuse",
    arguments: 1,
    default_server: true,
    doc: "max-reuse <count>: a connection takes at most this many further requests; -1 is no limit.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    if words.len() < 2 {
        return Err(wrong(words, "'max-reuse' expects <value> as argument."));
    }
    match number(words) {
        -1 => cx.settings.max_reuse = None,
        n if n < -1 => return Err(wrong(words, "'max-reuse' must be >= -1")),
        n => cx.settings.max_reuse = Some(u32::try_from(n).unwrap_or(u32::MAX)),
    }
    Ok(0)
}
