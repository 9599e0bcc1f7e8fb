//! `monitor fail` (manual 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::{expr, rule_line};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "monitor",
    sections: row::FRONTEND | row::LISTEN,
    no: false,
    doc: "monitor fail { if | unless } <condition>: where it holds, requests for monitor-uri are answered with 503.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if row::text(words, 1) != "fail" {
        return Err(Diag::alert(row::place(words, 1), "'monitor' only supports 'fail'."));
    }
    if !matches!(row::text(words, 2), "if" | "unless") {
        let text = "'monitor fail' requires either 'if' or 'unless' followed by a condition.";
        return Err(Diag::alert(row::place(words, 2), text));
    }
    let condition = expr::parse_condition(cx.acls, &words[2..]).map_err(|d| {
        let message = format!("error detected while parsing a 'monitor fail' condition : {}.", d.message);
        Diag { message, ..d }
    })?;
    rule_line::placed_after(cx, &words[0], "monitor fail", rule_line::Stage::MonitorFail);
    cx.proxy().monitor_fail.push(condition);
    Ok(())
}
