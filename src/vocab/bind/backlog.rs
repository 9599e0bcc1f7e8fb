//! `bind … backlog` (manual 5.1).
use super::{BindCx, BindRow, number, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: BindRow = BindRow {
    name: "backlog",
    arguments: 1,
    doc: "backlog <number>: how many connections the kernel keeps for this listener until they are \
          accepted.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    if words.len() < 2 {
        return Err(wrong(words, "'backlog' : missing value".to_owned()));
    }
    let value = number(words);
    if value < 0 {
        return Err(wrong(words, format!("'backlog' : invalid value {value}, must be > 0")));
    }
    cx.draft.backlog = row::positive(value);
    Ok(())
}
