//! `bind … tcp-md5sig` (manual 5.1).
use super::{BindCx, BindRow, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::server::connection::key;

pub const ROW: BindRow = BindRow {
    name: "tcp-md5sig",
    arguments: 1,
    doc: "tcp-md5sig <key>: all clients' TCP segments are signed (RFC 2385).",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    cx.draft.md5_key = Some(key(words).map_err(|inner| wrong(words, inner))?);
    Ok(())
}
