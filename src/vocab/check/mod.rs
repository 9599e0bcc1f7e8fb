//! The lines of `tcp-check` and `http-check` (manual 4.2), and the fixed lists of steps that stand behind the options for
//! single protocols.
mod connect;
mod expect;
mod expect_header;
pub mod fixed;
mod sample;
mod send;
mod vars;

use super::row::{self, DirectiveCx};
use crate::plan::check::{Action, CheckOption, Step};
use crate::syntax::{Diag, Word};

/// Which of the two words begins the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Tcp,
    Http,
}

/// Reads a line that is a step.
///
/// # Errors
/// HAProxy's words.
pub fn step(cx: &mut DirectiveCx<'_>, words: &[Word], kind: Kind) -> Result<(), Diag> {
    let what = row::text(words, 1);
    let (action, comment) = match (what, kind) {
        ("comment", _) => (comment_line(words)?, None),
        ("connect", _) => connect::parse(cx, words)?,
        ("send", Kind::Http) => send::ask(words)?,
        ("send" | "send-binary" | "send-lf" | "send-binary-lf", Kind::Tcp) => send::bytes(words)?,
        ("expect", _) => expect::parse(words, kind)?,
        (what, _) if what.starts_with("set-var") || what.starts_with("unset-var") => {
            (vars::parse(words)?, None)
        }
        _ => return Err(unknown(words, kind)),
    };
    let at = cx.proxy().at;
    let checks = &mut cx.proxy().settings.check;
    let behind_option = matches!(&checks.option, CheckOption::Http(o) if o.owner == at);
    let list = match kind {
        Kind::Tcp => &mut checks.tcp,
        Kind::Http => &mut checks.http,
    };
    let steps = list.own(at);
    let before = steps.iter().find(|s| {
        !matches!(*s.action, Action::Comment(_) | Action::Set(..) | Action::SetFormat(..) | Action::Unset(_))
    });
    if what == "connect" && before.is_some_and(|s| !matches!(*s.action, Action::Connect(_))) {
        let text = "first step MUST also be a 'connect', optionally preceded by a 'set-var', an 'unset-var' or a \
                    'comment', when there is a 'connect' step in the tcp-check ruleset";
        return Err(error(words, words[1].span, text));
    }
    if kind == Kind::Http && behind_option {
        in_order(words, steps, &action)?;
    }
    let number = steps.last().map_or(0, |s| s.number) + 1;
    steps.push(Step { action: action.into(), comment, number });
    Ok(())
}

/// Behind `option httpchk`, a request follows a connection, an answer a request, a connection an answer. The option's own
/// request is the first, until a line takes its place.
fn in_order(words: &[Word], steps: &[Step], action: &Action) -> Result<(), Diag> {
    let is_talk = |s: &&Step| matches!(*s.action, Action::Connect(_) | Action::Ask(_) | Action::Expect(_));
    let Some(last) = steps.iter().rfind(is_talk) else { return Ok(()) };
    let missing = match (&*last.action, action) {
        (Action::Ask(_) | Action::Expect(_), Action::Ask(_)) => ("send", "connect"),
        (Action::Connect(_), Action::Expect(_)) => ("expect", "send"),
        (Action::Connect(_) | Action::Ask(_), Action::Connect(_)) => ("connect", "expect"),
        _ => return Ok(()),
    };
    let asked = steps.iter().position(|s| matches!(*s.action, Action::Ask(_)));
    let number = steps.len() - usize::from(asked.is_some_and(|at| at > 0)) + 1;
    let text =
        format!("unable to add http-check {} rule at step {number} (missing {} rule).", missing.0, missing.1);
    Err(error(words, words[1].span, &text))
}

fn comment_line(words: &[Word]) -> Result<Action, Diag> {
    match words.get(2) {
        Some(word) => Ok(Action::Comment(word.text().to_owned())),
        None => Err(error(words, row::place(words, 2), "expects a string as argument")),
    }
}

fn unknown(words: &[Word], kind: Kind) -> Diag {
    let list = match kind {
        Kind::Tcp => "'comment', 'connect', 'send', 'send-binary', 'expect'",
        Kind::Http => "'disable-on-404', 'send-state', 'comment', 'connect', 'send', 'expect'",
    };
    let text = format!(
        "'{}' only supports {list}, 'set-var-fmt(*)', 'set-var(*)', 'unset-var(*)'. but got '{}'",
        words[0].text(),
        row::text(words, 1)
    );
    Diag::alert(row::place(words, 1), text)
}

/// `'tcp-check send' : … .`
fn error(words: &[Word], at: crate::syntax::Span, inner: &str) -> Diag {
    Diag::alert(at, format!("'{} {}' : {inner}.", words[0].text(), row::text(words, 1)))
}

/// The argument at `at`, which must be there and not be empty.
fn argument<'w>(words: &'w [Word], at: usize, missing: &str) -> Result<&'w Word, Diag> {
    match words.get(at) {
        Some(word) if !word.text().is_empty() => Ok(word),
        _ => Err(error(words, row::place(words, at), missing)),
    }
}

/// A word that HAProxy knows in this line and Ringmain does not have.
fn not_built(cx: &DirectiveCx<'_>, words: &[Word], at: usize) -> Diag {
    let what = format!("{} {} {}", words[0].text(), row::text(words, 1), row::text(words, at));
    row::not_built(row::place(words, at), &what, row::section_name(cx.section))
}

/// Hexadecimal digits as bytes.
fn hex(text: &str) -> Result<Vec<u8>, String> {
    if !text.len().is_multiple_of(2) {
        return Err("an even number of hex digit is expected".to_owned());
    }
    let digit = |c: u8| {
        char::from(c)
            .to_digit(16)
            .ok_or_else(|| format!("an hex digit is expected (found '{}')", char::from(c)))
    };
    text.as_bytes().chunks(2).map(|two| Ok((digit(two[0])? << 4 | digit(two[1])?) as u8)).collect()
}
