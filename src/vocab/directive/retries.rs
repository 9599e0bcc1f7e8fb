//! `retries` (manual 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "retries",
    sections: row::BACKENDS,
    no: false,
    doc: "retries <value>: how often a failed connection attempt to a server is repeated, 3 by default.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    if words.len() < 2 {
        let text = "'retries' expects an integer argument (dispatch counts for one).";
        return Err(Diag::alert(row::place(words, 1), text));
    }
    cx.proxy().settings.retries = row::positive(row::integer(words)?).unwrap_or(0);
    Ok(())
}
