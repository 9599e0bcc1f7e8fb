//! `enabled` (manual 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "enabled",
    sections: row::PROXIES,
    no: false,
    doc: "enabled: takes back a disabled of the defaults.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 0)?;
    cx.proxy().settings.disabled = false;
    Ok(())
}
