//! `option pgsql-check` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::check::CheckOption;
use crate::syntax::{Diag, Word};
use crate::vocab::check::fixed;
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: OptionRow = OptionRow {
    name: "pgsql-check",
    sections: row::BACKENDS,
    http: false,
    no: false,
    doc: "option pgsql-check user <username>: health checks begin a PostgreSQL session.",
    effect: Effect::Parse(parse),
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if super::misplaced(cx, &ROW, &words[1]) {
        return Ok(());
    }
    let user = row::text(words, 3);
    if row::text(words, 2) != "user" || user.is_empty() {
        let text = "'option pgsql-check' expects 'user <username>' as argument.";
        return Err(Diag::alert(row::place(words, 2), text));
    }
    cx.at_most_after(words, 1, 2)?;
    cx.proxy().settings.check.option = CheckOption::Fixed(fixed::pgsql(user));
    Ok(())
}
