//! `balance roundrobin` (manual 4.2).
use super::BalanceRow;
use crate::rules::balance::Algorithm;
use crate::syntax::{Diag, Word};
use crate::vocab::row::DirectiveCx;

pub const ROW: BalanceRow = BalanceRow {
    name: "roundrobin",
    arguments: false,
    doc: "Each server in turn, by weight, which may change while running. It is the default.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, _: &[Word]) -> Result<(), Diag> {
    cx.proxy().settings.balance.algorithm = Algorithm::RoundRobin;
    Ok(())
}
