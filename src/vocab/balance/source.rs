//! `balance source` (manual 4.2).
use super::BalanceRow;
use crate::rules::balance::{Algorithm, Key};
use crate::syntax::{Diag, Word};
use crate::vocab::row::DirectiveCx;

pub const ROW: BalanceRow =
    BalanceRow { name: "source", arguments: false, doc: "The hash of the client's address.", parse };

fn parse(cx: &mut DirectiveCx<'_>, _: &[Word]) -> Result<(), Diag> {
    cx.proxy().settings.balance.algorithm = Algorithm::Hash(Key::Source);
    Ok(())
}
