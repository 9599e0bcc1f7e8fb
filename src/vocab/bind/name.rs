//! `bind … name` (manual 5.1).
use super::{BindCx, BindRow, wrong};
use crate::syntax::{Diag, Word};

pub const ROW: BindRow =
    BindRow { name: "name", arguments: 1, doc: "name <name>: the listener's name in statistics.", parse };

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    let Some(value) = words.get(1) else {
        return Err(wrong(words, "'name' : missing name".to_owned()));
    };
    cx.draft.name = Some(value.text().to_owned());
    Ok(())
}
