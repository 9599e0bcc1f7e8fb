//! `server … track` (manual 5.2).
use super::{ServerCx, ServerRow, wrong};
use crate::syntax::{Diag, Word};

pub const ROW: ServerRow = ServerRow {
    name: "track",
    arguments: 1,
    default_server: true,
    doc: "track [<backend>/]<server>: the server's state is that of another, which is checked in its place.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    match words.get(1) {
        Some(word) if !word.text().is_empty() => cx.settings.watching.track = Some(word.text().to_owned()),
        _ => return Err(wrong(words, "'track' expects [<proxy>/]<server> as argument.")),
    }
    Ok(0)
}
