//! `daemon` (manual 3.1).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "daemon",
    sections: row::GLOBAL,
    no: false,
    doc: "daemon: the process goes into the background, as -D on the command line.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 0)?;
    cx.global().daemon = true;
    Ok(())
}
