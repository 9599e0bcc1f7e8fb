//! `quiet` (manual 3.3).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "quiet",
    sections: row::GLOBAL,
    no: false,
    doc: "quiet: no messages during the start, as -q on the command line.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 0)?;
    cx.global().quiet = true;
    Ok(())
}
