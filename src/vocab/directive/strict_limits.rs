//! `strict-limits` (manual 3.1).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow, Polarity};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "strict-limits",
    sections: row::GLOBAL,
    no: true,
    doc: "[no] strict-limits: whether a limit that cannot be set refuses the start (the default) or is only told.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 0)?;
    cx.global().strict_limits = cx.polarity != Polarity::No;
    Ok(())
}
