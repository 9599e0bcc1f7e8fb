//! `description` of the process and of a proxy (manual 3.1 and 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "description",
    sections: row::GLOBAL | row::FRONTEND | row::BACKEND | row::LISTEN,
    no: false,
    doc: "description <text>: shown on the statistics page.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if words.len() < 2 {
        return Err(Diag::alert(row::place(words, 1), "'description' expects a string argument.").tight());
    }
    let text = row::joined(&words[1..]);
    if cx.section == row::GLOBAL {
        cx.global().description = Some(text);
    } else {
        cx.proxy().description = Some(text);
    }
    Ok(())
}
