//! `bind … defer-accept` (manual 5.1).
use super::{BindCx, BindRow};
use crate::syntax::{Diag, Word};

pub const ROW: BindRow = BindRow {
    name: "defer-accept",
    arguments: 0,
    doc: "defer-accept: the kernel hands a connection over when its first bytes are there, or after a second.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, _: &[Word]) -> Result<(), Diag> {
    cx.draft.defer_accept = true;
    Ok(())
}
