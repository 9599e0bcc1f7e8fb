//! `pidfile` (manual 3.1).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "pidfile",
    sections: row::GLOBAL,
    no: false,
    doc: "pidfile <file>: where a daemon writes its process id, as -p on the command line.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    if cx.global().pidfile.is_some() {
        cx.warn_again(words);
        return Ok(());
    }
    let Some(word) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "'pidfile' expects a file name as an argument."));
    };
    cx.global().pidfile = Some(word.text().into());
    Ok(())
}
