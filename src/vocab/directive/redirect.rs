//! `redirect` (manual 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::{expr, rule_line};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "redirect",
    sections: row::FRONTEND | row::BACKEND | row::LISTEN,
    no: false,
    doc: "redirect { location | prefix | scheme } <to> [code <code>] [<options>] [if | unless <condition>]: answers with a \
          redirect. These rules run after all http-request rules.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let rule = read(cx, words)?;
    rule_line::placed_after(cx, &words[0], "redirect", rule_line::Stage::Redirect);
    if cx.section == row::LISTEN {
        let again = read(cx, words)?;
        cx.proxy().rules.redirects_backend.push(again);
    }
    cx.proxy().rules.redirects.push(rule);
    Ok(())
}

fn read(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<crate::rules::Rule, Diag> {
    expr::parse_redirect(cx.acls, &words[1..]).map_err(|d| {
        let message =
            format!("error detected in {} while parsing redirect rule : {}.", cx.proxy_name(), d.message);
        Diag { message, ..d }
    })
}
