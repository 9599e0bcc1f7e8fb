//! `balance leastconn` (manual 4.2).
use super::BalanceRow;
use crate::rules::balance::Algorithm;
use crate::syntax::{Diag, Word};
use crate::vocab::row::DirectiveCx;

pub const ROW: BalanceRow = BalanceRow {
    name: "leastconn",
    arguments: false,
    doc: "The server with the fewest requests for its weight, over all threads; equals in turn.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, _: &[Word]) -> Result<(), Diag> {
    cx.proxy().settings.balance.algorithm = Algorithm::LeastConn;
    Ok(())
}
