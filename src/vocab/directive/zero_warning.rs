//! `zero-warning` (manual 3.3).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "zero-warning",
    sections: row::GLOBAL,
    no: false,
    doc: "zero-warning: a warning refuses the start, as -dW on the command line.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 0)?;
    cx.global().zero_warning = true;
    Ok(())
}
