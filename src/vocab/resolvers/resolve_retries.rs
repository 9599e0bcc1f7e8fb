//! `resolve_retries` (manual 5.3.2).
use super::{ResolversRow, section};
use crate::base::units::leading_int;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: ResolversRow = ResolversRow {
    name: "resolve_retries",
    doc: "resolve_retries <nb>: how many questions are sent before a resolution is given up; 3 by default.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "'resolve_retries' expects <nb> as argument."));
    };
    section(cx).retries = u32::try_from(leading_int(word.text())).unwrap_or(0);
    Ok(())
}
