//! `server … minconn` (manual 5.2).
use super::{ServerCx, ServerRow, number};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: ServerRow = ServerRow {
    name: "minconn",
    arguments: 1,
    default_server: true,
    doc: "minconn <number>: the limit of the server while its backend has little to do; it grows to maxconn with the load.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    cx.settings.minconn = row::positive(number(words));
    Ok(0)
}
