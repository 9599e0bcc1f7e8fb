//! `bind … accept-proxy` (manual 5.1).
use super::{BindCx, BindRow};
use crate::syntax::{Diag, Word};

pub const ROW: BindRow = BindRow {
    name: "accept-proxy",
    arguments: 0,
    doc: "accept-proxy: every connection begins with a PROXY header of version 1 or 2, whose addresses count from then on.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, _: &[Word]) -> Result<(), Diag> {
    cx.draft.expect.proxy = true;
    Ok(())
}
