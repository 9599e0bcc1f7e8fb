//! `balance first` (manual 4.2).
use super::BalanceRow;
use crate::rules::balance::Algorithm;
use crate::syntax::{Diag, Word};
use crate::vocab::row::DirectiveCx;

pub const ROW: BalanceRow = BalanceRow {
    name: "first",
    arguments: false,
    doc: "The server with the lowest id that is below its maxconn: the others may sleep.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, _: &[Word]) -> Result<(), Diag> {
    cx.proxy().settings.balance.algorithm = Algorithm::First;
    Ok(())
}
