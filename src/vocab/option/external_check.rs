//! `option external-check` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::check::CheckOption;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: OptionRow = OptionRow {
    name: "external-check",
    sections: row::BACKENDS,
    http: false,
    no: false,
    doc: "option external-check: health checks run the program of external-check command.",
    effect: Effect::Parse(parse),
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if super::misplaced(cx, &ROW, &words[1]) {
        return Ok(());
    }
    cx.at_most_after(words, 1, 0)?;
    cx.proxy().settings.check.option = CheckOption::External;
    Ok(())
}
