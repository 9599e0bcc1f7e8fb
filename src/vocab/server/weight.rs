//! `server … weight` (manual 5.2).
use super::{ServerCx, ServerRow, number, wrong};
use crate::syntax::{Diag, Word};

pub const ROW: ServerRow = ServerRow {
    name: "weight",
    arguments: 1,
    default_server: true,
    doc: "weight <0..256>: the server's share of the load, 1 by default; 0 takes no new requests.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let value = number(words);
    let Ok(weight @ 0..=256) = u32::try_from(value) else {
        let text = format!("weight of server {} is not within 0 and 256 ({value}).", cx.name);
        return Err(wrong(words, text));
    };
    cx.settings.weight = weight;
    Ok(0)
}
