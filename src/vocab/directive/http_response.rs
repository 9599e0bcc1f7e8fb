//! `http-response` (manual 4.2); the actions are rows of `vocab/action`.
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::{action, expr, rule_line};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "http-response",
    sections: row::PROXIES,
    no: false,
    doc: "http-response <action> [if | unless <condition>]: what to do with an answer before the client gets it.",
    parse,
};

/// Actions after which no further rule is looked at.
const FINAL: &[&str] = &["allow", "deny", "redirect", "return", "silent-drop"];

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    rule_line::only_named_defaults(cx, words)?;
    let rules = std::mem::take(&mut cx.proxy().rules);
    rule_line::unreachable(cx, &words[0], rules.http_response.last(), FINAL);
    cx.proxy().rules = rules;
    let rule = read(cx, words)?;
    rule_line::captures(cx, words, &rule)?;
    let here = expr::places_of(action::RESPONSE, cx.section);
    rule_line::misplaced(cx, &words[0], rule.condition.as_ref(), here, "");
    if cx.section == row::LISTEN {
        // A listen may be the backend of other frontends too: its rules run on that side then.
        let again = read(cx, words)?;
        rule_line::same_place(&rule, &again);
        cx.proxy().rules.http_response_backend.push(again);
    }
    cx.proxy().rules.http_response.push(rule);
    rule_line::keep(cx, words);
    Ok(())
}

fn read(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<crate::rules::Rule, Diag> {
    rule_line::http_rule(cx, words, action::RESPONSE, expr::parse_http_response)
}
