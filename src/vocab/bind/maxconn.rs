//! `bind … maxconn` (manual 5.1).
use super::{BindCx, BindRow, number, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: BindRow = BindRow {
    name: "maxconn",
    arguments: 1,
    doc: "maxconn <number>: the most connections of this listener.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    if words.len() < 2 {
        return Err(wrong(words, "'maxconn' : missing value".to_owned()));
    }
    let value = number(words);
    if value < 0 {
        return Err(wrong(words, format!("'maxconn' : invalid value {value}, must be >= 0")));
    }
    cx.draft.maxconn = row::positive(value);
    Ok(())
}
