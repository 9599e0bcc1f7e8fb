//! `bind … id` (manual 5.1).
use super::{BindCx, BindRow, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: BindRow = BindRow {
    name: "id",
    arguments: 1,
    doc: "id <id>: the listener's number in statistics, unique in the proxy and positive.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    let text = row::text(words, 1);
    if cx.draft.addrs.len() != 1 {
        return Err(wrong(words, "'id' can only be used with a single socket".to_owned()));
    }
    let Ok(value) = text.parse::<i64>() else {
        return Err(wrong(words, format!("'id' : expects an integer argument, found '{text}'")));
    };
    let Some(id) = row::positive(value) else {
        return Err(wrong(words, "'id' : custom id has to be > 0".to_owned()));
    };
    let others = cx.line.draft.proxies.last().map_or(&[][..], |p| p.binds.as_slice());
    if let Some(other) = others.iter().find(|b| b.id == Some(id)) {
        let (at, line) = (cx.line.place(other.at), &other.text);
        return Err(wrong(words, format!("'id' : custom id {id} already used at {at} ('bind {line}')")));
    }
    cx.draft.id = Some(id);
    Ok(())
}
