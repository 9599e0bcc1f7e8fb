//! `grace` (manual 3.1).
use crate::base::units::TimeUnit;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "grace",
    sections: row::GLOBAL | row::PROXIES,
    no: false,
    doc: "grace <time>: how long the process still accepts connections after it was asked to stop.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if cx.section != row::GLOBAL {
        let text = "the 'grace' keyword is not supported any more since HAProxy version 2.5.";
        return Err(Diag::alert(words[0].span, text).tight().help("remove it, or use `grace` in `global`"));
    }
    cx.at_most(words, 1)?;
    let time = row::old_time(words, "grace", TimeUnit::Millis)?;
    cx.global().grace = Some(time);
    Ok(())
}
