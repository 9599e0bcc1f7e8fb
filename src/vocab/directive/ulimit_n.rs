//! `ulimit-n` (manual 3.1).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "ulimit-n",
    sections: row::GLOBAL,
    no: false,
    doc: "ulimit-n <number>: the limit of file descriptors to set; computed from maxconn without it.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    if cx.global().ulimit_n.is_some() {
        cx.already(words);
        return Ok(());
    }
    let value = row::integer(words)?;
    cx.global().ulimit_n = row::positive(value);
    Ok(())
}
