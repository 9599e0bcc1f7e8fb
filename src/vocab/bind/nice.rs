//! `bind … nice` (manual 5.1).
use super::{BindCx, BindRow, number, wrong};
use crate::syntax::{Diag, Word};

pub const ROW: BindRow = BindRow {
    name: "nice",
    arguments: 1,
    doc: "nice <-1024..1024>: HAProxy's priority among listeners. Ringmain serves all alike: accepted without effect.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    let value = number(words);
    if words.len() < 2 {
        return Err(wrong(words, "'nice' : missing value".to_owned()));
    }
    if !(-1024..=1024).contains(&value) {
        return Err(wrong(words, format!("'nice' : invalid value {value}, allowed range is -1024..1024")));
    }
    cx.line.draft.note_pointless("bind … nice", words[0].span);
    Ok(())
}
