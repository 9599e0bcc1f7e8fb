//! `balance static-rr` (manual 4.2).
use super::BalanceRow;
use crate::rules::balance::Algorithm;
use crate::syntax::{Diag, Word};
use crate::vocab::row::DirectiveCx;

pub const ROW: BalanceRow = BalanceRow {
    name: "static-rr",
    arguments: false,
    doc: "Each server in turn, by the weight of the file, which does not change while running.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, _: &[Word]) -> Result<(), Diag> {
    cx.proxy().settings.balance.algorithm = Algorithm::StaticRr;
    Ok(())
}
