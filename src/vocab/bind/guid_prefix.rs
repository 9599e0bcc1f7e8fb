//! `bind … guid-prefix` (manual 5.1, of later versions).
use super::{BindCx, BindRow, wrong};
use crate::syntax::{Diag, Word};

pub const ROW: BindRow = BindRow {
    name: "guid-prefix",
    arguments: 1,
    doc: "guid-prefix <prefix>: names of the line's listeners in statistics files, which Ringmain does not write.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    if words.len() < 2 {
        return Err(wrong(words, "'guid-prefix' : expects an argument".to_owned()));
    }
    cx.line.draft.note_pointless("bind … guid-prefix", words[0].span);
    Ok(())
}
