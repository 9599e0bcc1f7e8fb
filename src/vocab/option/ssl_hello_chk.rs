//! `option ssl-hello-chk` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::check::CheckOption;
use crate::syntax::{Diag, Word};
use crate::vocab::check::fixed;
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: OptionRow = OptionRow {
    name: "ssl-hello-chk",
    sections: row::BACKENDS,
    http: false,
    no: false,
    doc: "option ssl-hello-chk: health checks send the greeting of an SSLv3 client and want an answer of that kind.",
    effect: Effect::Parse(parse),
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if super::misplaced(cx, &ROW, &words[1]) {
        return Ok(());
    }
    cx.at_most_after(words, 1, 0)?;
    cx.proxy().settings.check.option = CheckOption::Fixed(fixed::ssl_hello());
    Ok(())
}
