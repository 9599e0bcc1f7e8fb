//! `bind … transparent` (manual 5.1).
use super::{BindCx, BindRow};
use crate::syntax::{Diag, Word};

pub const ROW: BindRow = BindRow {
    name: "transparent",
    arguments: 0,
    doc: "transparent: accepts connections for addresses that are not this host's (IP_TRANSPARENT).",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, _: &[Word]) -> Result<(), Diag> {
    cx.draft.transparent = true;
    Ok(())
}
