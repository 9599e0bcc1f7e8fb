//! `server … id` (manual 5.2).
use super::{ServerCx, ServerRow, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: ServerRow = ServerRow {
    name: "id",
    arguments: 1,
    default_server: false,
    doc: "id <value>: the server's number in statistics, unique in the backend and positive.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let text = row::text(words, 1);
    if words.len() < 2 {
        return Err(wrong(words, "'id' : expects an integer argument"));
    }
    let Some(id) = row::positive(crate::base::units::leading_int(text)) else {
        return Err(wrong(words, "'id' : custom id has to be > 0"));
    };
    let others = cx.line.draft.proxies.last().map_or(&[][..], |p| p.servers.as_slice());
    if let Some(other) = others.iter().find(|s| s.id == Some(id)) {
        let (at, name) = (cx.line.place(other.at), &other.name);
        return Err(wrong(words, format!("'id' : custom id {id} already used at {at} ('server {name}')")));
    }
    *cx.id = Some(id);
    Ok(0)
}
