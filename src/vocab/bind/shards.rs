//! `bind … shards` (manual 5.1).
use super::{BindCx, BindRow, number, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: BindRow = BindRow {
    name: "shards",
    arguments: 1,
    doc: "shards { <number> | by-thread }: how many sockets a bind line opens for its threads; without it one each, too.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    let text = row::text(words, 1);
    let value = number(words);
    if text != "by-thread" && !(1..=64).contains(&value) {
        let text = format!("'shards' : invalid value {value}, allowed range is 1..64 or 'by-thread'");
        return Err(wrong(words, text));
    }
    cx.draft.spread.sockets = if text == "by-thread" { 0 } else { value as u32 };
    Ok(())
}
