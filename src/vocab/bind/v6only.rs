//! `bind … v6only` (manual 5.1).
use super::{BindCx, BindRow};
use crate::syntax::{Diag, Word};

pub const ROW: BindRow =
    BindRow { name: "v6only", arguments: 0, doc: "v6only: an IPv6 socket takes no IPv4.", parse };

fn parse(cx: &mut BindCx<'_, '_>, _: &[Word]) -> Result<(), Diag> {
    cx.draft.v6only = true;
    Ok(())
}
