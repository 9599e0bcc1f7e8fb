//! `server … rise` (manual 5.2).
use super::{ServerCx, ServerRow, number, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: ServerRow = ServerRow {
    name: "rise",
    arguments: 1,
    default_server: true,
    doc: "rise <count>: this many good checks in a row bring the server up, 2 by default.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    if words.len() < 2 {
        return Err(wrong(words, "'rise' expects an integer argument."));
    }
    let Some(count) = row::positive(number(words)) else {
        return Err(wrong(words, "'rise' has to be > 0."));
    };
    cx.settings.rise = count;
    Ok(0)
}
