//! `server … maxqueue` (manual 5.2).
use super::{ServerCx, ServerRow, number};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: ServerRow = ServerRow {
    name: "maxqueue",
    arguments: 1,
    default_server: true,
    doc: "maxqueue <number>: the most requests that wait for the server; more go to another one.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    cx.settings.maxqueue = row::positive(number(words));
    Ok(0)
}
