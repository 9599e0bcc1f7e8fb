//! `disabled` (manual 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "disabled",
    sections: row::PROXIES,
    no: false,
    doc: "disabled: the proxy is read but neither listens nor serves.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 0)?;
    cx.proxy().settings.disabled = true;
    Ok(())
}
