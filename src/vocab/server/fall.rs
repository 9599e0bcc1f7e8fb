//! `server … fall` (manual 5.2).
use super::{ServerCx, ServerRow, number, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: ServerRow = ServerRow {
    name: "fall",
    arguments: 1,
    default_server: true,
    doc: "fall <count>: this many failed checks in a row take the server down, 3 by default.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    if words.len() < 2 {
        return Err(wrong(words, "'fall' expects an integer argument."));
    }
    let Some(count) = row::positive(number(words)) else {
        return Err(wrong(words, "'fall' has to be > 0."));
    };
    cx.settings.fall = count;
    Ok(0)
}
