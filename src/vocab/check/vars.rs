//! `set-var(name) expr`, `set-var-fmt(name) format`, `unset-var(name)`.
use super::{error, sample};
use crate::plan::check::Action;
use crate::syntax::{Diag, Word};

pub fn parse(words: &[Word]) -> Result<Action, Diag> {
    let word = &words[1];
    let text = word.text();
    let says = |at, inner: String| error(words, at, &inner);
    let Some((what, name)) = text
        .strip_suffix(')')
        .and_then(|t| t.split_once('('))
        .filter(|(what, _)| ["set-var", "set-var-fmt", "unset-var"].contains(what))
    else {
        let inner = format!(
            "'{0}' : invalid or incomplete action '{0}'. Expects 'set-var(<var-name>)', 'set-var-fmt(<var-name>)' or \
             'unset-var(<var-name>)'",
            text
        );
        return Err(says(word.span, inner));
    };
    if !name.starts_with("check.") {
        return Err(says(word.span, scope(what, name)));
    }
    let name = name.to_owned();
    if what == "unset-var" {
        return Ok(Action::Unset(name));
    }
    let Some(value) = words.get(2) else {
        return Err(says(word.span, format!("'{what}' : missing fetch method")));
    };
    if what == "set-var-fmt" {
        return match sample::format(value) {
            Ok(format) => Ok(Action::SetFormat(name, format)),
            Err(d) => Err(says(value.span, format!("'{what}' : {}", d.message))),
        };
    }
    match sample::expression(value, value.text(), 0) {
        Ok(expr) => Ok(Action::Set(name, expr)),
        Err(d) => Err(says(value.span, format!("'{what}' : {}", d.message))),
    }
}

fn scope(what: &str, name: &str) -> String {
    let known = ["proc.", "sess.", "txn.", "req.", "res."];
    if known.iter().any(|k| name.starts_with(k)) {
        return format!(
            "'{what}' : Ringmain has only variables of the scope 'check' in checks (got '{name}')"
        );
    }
    format!(
        "'{what}' : invalid variable name '{name}'. A variable name must be start by its scope. The scope can be 'proc', \
         'sess', 'txn', 'req', 'res' or 'check'"
    )
}
