//! `server … cookie` (manual 5.2).
use super::{ServerCx, ServerRow, wrong};
use crate::syntax::{Diag, Word};

pub const ROW: ServerRow = ServerRow {
    name: "cookie",
    arguments: 1,
    default_server: false,
    doc: "cookie <value>: what the persistence cookie says for this server.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let Some(value) = words.get(1) else {
        return Err(wrong(words, "'cookie' expects <value> as argument."));
    };
    cx.settings.cookie = Some(value.text().to_owned());
    Ok(0)
}
