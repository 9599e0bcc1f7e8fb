//! `bind … mode` (manual 5.1).
use super::{BindCx, BindRow, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: BindRow =
    BindRow { name: "mode", arguments: 1, doc: "mode <mode>: the octal rights of a Unix socket.", parse };

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    let text = row::text(words, 1);
    match u32::from_str_radix(text, 8) {
        Ok(mode) => cx.draft.mode = Some(mode),
        Err(_) => {
            let text = format!("'mode' : missing or invalid mode '{text}' (octal integer expected)");
            return Err(wrong(words, text));
        }
    }
    Ok(())
}
