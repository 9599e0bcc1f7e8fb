//! `option redis-check` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::check::CheckOption;
use crate::syntax::{Diag, Word};
use crate::vocab::check::fixed;
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: OptionRow = OptionRow {
    name: "redis-check",
    sections: row::BACKENDS,
    http: false,
    no: false,
    doc: "option redis-check: health checks send PING and want PONG.",
    effect: Effect::Parse(parse),
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if super::misplaced(cx, &ROW, &words[1]) {
        return Ok(());
    }
    cx.at_most_after(words, 1, 0)?;
    cx.proxy().settings.check.option = CheckOption::Fixed(fixed::redis());
    Ok(())
}
