//! `server … maxconn` (manual 5.2).
use super::{ServerCx, ServerRow, number};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: ServerRow = ServerRow {
    name: "maxconn",
    arguments: 1,
    default_server: true,
    doc: "maxconn <number>: the most concurrent connections to the server; more wait in its queue.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    cx.settings.maxconn = row::positive(number(words));
    Ok(0)
}
