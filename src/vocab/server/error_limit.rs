//! `server … error-limit` (manual 5.2).
use super::{ServerCx, ServerRow, number, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: ServerRow = ServerRow {
    name: "error-limit",
    arguments: 1,
    default_server: true,
    doc: "error-limit <count>: errors in a row before the server is acted upon; without `observe` nothing \
          counts them.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    if words.len() < 2 {
        return Err(wrong(words, "'error-limit' expects an integer argument."));
    }
    let Some(limit) = row::positive(number(words)) else {
        return Err(wrong(words, "error-limit has to be > 0."));
    };
    cx.settings.error_limit = Some(limit);
    Ok(0)
}
