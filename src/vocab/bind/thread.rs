//! `bind … thread` (manual 5.1).
use super::{BindCx, BindRow, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: BindRow = BindRow {
    name: "thread",
    arguments: 1,
    doc: "thread <range>: which threads serve this listener. Only `all` is built; all threads serve every \
          listener.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    let text = row::text(words, 1);
    if matches!(text, "all" | "1/all") {
        return Ok(());
    }
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'/' | b'-')) {
        return Err(wrong(words, format!("'{text}' : '{text}' is not a valid number/range.")));
    }
    cx.line.draft.note_pointless("bind … thread", words[0].span);
    Ok(())
}
