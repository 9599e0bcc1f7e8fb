//! `redirect` (manual 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::action;
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
    let here = expr::places_of(action::REDIRECT, cx.section);
    rule_line::misplaced(cx, &words[0], rule.condition.as_ref(), here, "");
    if cx.section == row::LISTEN {
        let again = read(cx, words)?;
        cx.proxy().rules.redirects_backend.push(again);
    }
    cx.proxy().rules.redirects.push(rule);
    Ok(())
}

fn read(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<crate::rules::Rule, Diag> {
    let parsed = match words.len() {
        1 => {
            let text = "redirection type expected ('prefix', 'location', or 'scheme')";
            Err(Diag::alert(row::place(words, 1), text).help("write `redirect location /new`"))
        }
        _ => expr::parse_redirect(cx.acls, &words[1..]),
    };
    parsed.map_err(|d| {
        let condition = words.iter().skip(2).find(|w| *w == "if" || *w == "unless");
        let in_condition = condition.is_some_and(|w| d.span.is_some_and(|at| at.col >= w.span.col));
        let what = if in_condition { "error in condition: " } else { "" };
        let message = format!(
            "error detected in {} while parsing redirect rule : {what}{}.",
            cx.proxy_name(),
            d.message
        );
        Diag { message, ..d }
    })
}
