//! `backlog` (manual 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "backlog",
    sections: row::FRONTENDS,
    no: false,
    doc: "backlog <conns>: how many connections the kernel keeps for the listeners until they are accepted. Without it the \
          frontend's maxconn is used.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let value = row::integer(words)?;
    cx.at_most(words, 1)?;
    cx.proxy().settings.backlog = row::positive(value);
    Ok(())
}
