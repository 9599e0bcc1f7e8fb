//! `balance hash` (manual 4.2).
use super::BalanceRow;
use crate::rules::balance::{Algorithm, Key};
use crate::rules::places;
use crate::syntax::{Diag, Severity, Word};
use crate::vocab::expr;
use crate::vocab::row::{self, DirectiveCx};
use std::sync::Arc;

pub const ROW: BalanceRow = BalanceRow {
    name: "hash",
    arguments: false,
    doc: "balance hash <expression>: the hash of what a sample expression gives. Without a value each server in turn.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(2) else {
        return Err(Diag::alert(row::place(words, 2), "balance hash requires a sample expression."));
    };
    if let Some(extra) = words.get(3) {
        let text = format!("balance hash takes no other argument (got '{}').", extra.text());
        return Err(Diag::alert(extra.span, text).help("write the expression as one word, without blanks"));
    }
    let text = word.text();
    let title =
        format!("{} [{}]", cx.proxy_name(), cx.place(cx.draft.proxies.last().map_or(cx.line, |p| p.at)));
    let wrong = match expr::parse_expr(word, text, 0, "sample") {
        Ok(parsed) if parsed.expr.places & places::BE_SERVER != 0 => {
            let key = Key::Expr(Arc::new(parsed.expr));
            cx.proxy().settings.balance.algorithm = Algorithm::Hash(key);
            return Ok(());
        }
        Ok(_) => Diag::alert(
            word.span,
            format!(
                "{title}: error detected while parsing 'balance hash' expression '{text}' which requires information \
                 from HTTP response headers, which is not available here."
            ),
        ),
        Err(d) => {
            let said = d.message.trim_end_matches('.');
            let message = format!("{title}: failed to parse 'balance hash' expression '{text}' in : {said}.");
            Diag { message, ..d }
        }
    };
    let late = Diag { bare: true, severity: Severity::Alert, ..wrong };
    cx.draft.late.push(late);
    Ok(())
}
