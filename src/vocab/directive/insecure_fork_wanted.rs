//! `insecure-fork-wanted` (manual 3.1).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow, Polarity};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "insecure-fork-wanted",
    sections: row::GLOBAL,
    no: true,
    doc: "insecure-fork-wanted: the process may start others once it runs; external checks need it.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 0)?;
    cx.global().insecure_fork_wanted = cx.polarity == Polarity::Plain;
    Ok(())
}
