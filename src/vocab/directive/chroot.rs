//! `chroot` (manual 3.1).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "chroot",
    sections: row::GLOBAL,
    no: false,
    doc: "chroot <directory>: the process shuts itself into this directory before it drops its rights.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    if cx.global().chroot.is_some() {
        cx.warn_again(words);
        return Ok(());
    }
    let Some(word) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "'chroot' expects a directory as an argument."));
    };
    cx.global().chroot = Some(word.text().into());
    Ok(())
}
