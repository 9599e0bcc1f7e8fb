//! `master-worker` (manual 3.1).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "master-worker",
    sections: row::GLOBAL,
    no: false,
    doc: "master-worker [no-exit-on-failure]: a parent process watches the worker, as -W on the command line.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    match words.get(1) {
        Some(word) if word.text() != "no-exit-on-failure" => {
            Err(Diag::alert(word.span, "'master-worker' only supports 'no-exit-on-failure' option."))
        }
        option => {
            cx.global().master_worker = true;
            cx.global().no_exit_on_failure |= option.is_some();
            Ok(())
        }
    }
}
