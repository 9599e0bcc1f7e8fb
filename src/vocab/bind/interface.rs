//! `bind … interface` (manual 5.1).
use super::{BindCx, BindRow, wrong};
use crate::syntax::{Diag, Word};

pub const ROW: BindRow = BindRow {
    name: "interface",
    arguments: 1,
    doc: "interface <name>: takes only packets that come in by this network interface.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    let Some(value) = words.get(1) else {
        return Err(wrong(words, "'interface' : missing interface name".to_owned()));
    };
    cx.draft.interface = Some(value.text().to_owned());
    Ok(())
}
