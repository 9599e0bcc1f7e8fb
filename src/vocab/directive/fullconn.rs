//! `fullconn` (manual 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "fullconn",
    sections: row::BACKENDS,
    no: false,
    doc: "fullconn <conns>: at this number of connections to the backend, servers with a minconn reach their maxconn.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let value = row::integer(words)?;
    cx.at_most(words, 1)?;
    cx.proxy().settings.fullconn = row::positive(value);
    Ok(())
}
