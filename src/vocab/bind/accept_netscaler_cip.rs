//! `bind … accept-netscaler-cip` (manual 5.1).
use super::{BindCx, BindRow, number, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: BindRow = BindRow {
    name: "accept-netscaler-cip",
    arguments: 1,
    doc: "accept-netscaler-cip <magic number>: every connection begins with NetScaler's header, whose addresses count from \
          then on.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    if words.len() < 2 {
        return Err(wrong(words, "'accept-netscaler-cip' : missing value".to_owned()));
    }
    let value = number(words);
    let Some(magic) = row::positive(value) else {
        let text = format!("'accept-netscaler-cip' : invalid value {value}, must be >= 0");
        return Err(wrong(words, text));
    };
    cx.draft.expect.netscaler = true;
    cx.draft.netscaler_magic = magic;
    Ok(())
}
