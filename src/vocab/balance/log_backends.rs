//! Algorithms that only log backends have (manual 4.2): there are no such backends here.
use super::BalanceRow;
use crate::syntax::{Diag, Word};
use crate::vocab::row::DirectiveCx;

pub const ROWS: &[BalanceRow] = &[
    BalanceRow {
        name: "log-hash",
        arguments: false,
        doc: "balance log-hash: the hash of a log line, in `mode log` backends. Refused.",
        parse,
    },
    BalanceRow {
        name: "sticky",
        arguments: false,
        doc: "balance sticky: one server until it fails, in `mode log` backends. Refused.",
        parse,
    },
];

fn parse(_: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let text =
        format!("'balance {}' is for 'mode log' backends, which Ringmain does not support.", words[1].text());
    Err(Diag::alert(words[1].span, text).help("keep this proxy on HAProxy"))
}
