//! `bind … expose-fd` (manual 5.1).
use super::{BindCx, BindRow, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: BindRow = BindRow {
    name: "expose-fd",
    arguments: 1,
    doc: "expose-fd listeners: a new process may fetch the listening sockets over this runtime socket.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    match row::text(words, 1) {
        "listeners" => cx.draft.expose_fd_listeners = true,
        "" => return Err(wrong(words, "'expose-fd' : missing fd type".to_owned())),
        other => {
            let text = format!("'expose-fd' only supports 'listeners' (got '{other}')");
            return Err(wrong(words, text));
        }
    }
    Ok(())
}
