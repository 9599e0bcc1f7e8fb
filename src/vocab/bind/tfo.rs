//! `bind … tfo` (manual 5.1).
use super::{BindCx, BindRow};
use crate::syntax::{Diag, Word};

pub const ROW: BindRow = BindRow {
    name: "tfo",
    arguments: 0,
    doc: "tfo: TCP Fast Open; clients may send data with their first packet.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, _: &[Word]) -> Result<(), Diag> {
    cx.draft.tfo = true;
    Ok(())
}
