//! `bind … v4v6` (manual 5.1).
use super::{BindCx, BindRow};
use crate::syntax::{Diag, Word};

pub const ROW: BindRow =
    BindRow { name: "v4v6", arguments: 0, doc: "v4v6: an IPv6 socket takes IPv4 too.", parse };

fn parse(cx: &mut BindCx<'_, '_>, _: &[Word]) -> Result<(), Diag> {
    cx.draft.v4v6 = true;
    Ok(())
}
