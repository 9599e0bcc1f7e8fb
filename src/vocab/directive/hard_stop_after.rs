//! `hard-stop-after` (manual 3.1).
use crate::base::units::TimeUnit;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "hard-stop-after",
    sections: row::GLOBAL,
    no: false,
    doc: "hard-stop-after <time>: how long a soft stop waits for running sessions before it ends them.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    let time = row::old_time(words, "hard-stop-after", TimeUnit::Millis)?;
    cx.global().hard_stop_after = Some(time);
    Ok(())
}
