//! `server … resolvers` (manual 5.2).
use super::{ServerCx, ServerRow};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: ServerRow = ServerRow {
    name: "resolvers",
    arguments: 1,
    default_server: true,
    doc: "resolvers <id>: the server's host name, or the records of its SRV label, are looked up while running.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    cx.settings.resolvers = Some(row::text(words, 1).to_owned());
    Ok(0)
}
