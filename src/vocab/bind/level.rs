//! `bind … level` (manual 5.1).
use super::{BindCx, BindRow, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: BindRow = BindRow {
    name: "level",
    arguments: 1,
    doc: "level { user | operator | admin }: what a client of this runtime socket may do.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    cx.draft.level = Some(match row::text(words, 1) {
        "user" => 0,
        "operator" => 1,
        "admin" => 2,
        "" => return Err(wrong(words, "'level' : missing level".to_owned())),
        other => {
            let text = format!("'level' only supports 'user', 'operator', and 'admin' (got '{other}')");
            return Err(wrong(words, text));
        }
    });
    Ok(())
}
