//! `bind … mss` (manual 5.1).
use super::{BindCx, BindRow, number, wrong};
use crate::syntax::{Diag, Word};

pub const ROW: BindRow = BindRow {
    name: "mss",
    arguments: 1,
    doc: "mss <size>: the largest TCP segment to announce; negative: that much less than the kernel would.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    if words.len() < 2 {
        return Err(wrong(words, "'mss' : missing MSS value".to_owned()));
    }
    match i32::try_from(number(words)) {
        Ok(mss) if mss != 0 && mss.unsigned_abs() <= 65_535 => cx.draft.mss = Some(mss),
        _ => {
            let text = "'mss' : expects an MSS with and absolute value between 1 and 65535";
            return Err(wrong(words, text.to_owned()));
        }
    }
    Ok(())
}
