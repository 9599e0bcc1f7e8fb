//! What all lines with rules have in common: where they may stand, the warnings about their order, and HAProxy's frame of
//! their errors.
use super::expr::{self, AclScope};
use super::row::{self, DirectiveCx, Polarity};
use super::{action, known, known_rules};
use crate::plan::draft::ProxyDraft;
use crate::rules::places::Places;
use crate::rules::{Condition, Rule};
use crate::syntax::{Diag, Line, Word};

/// The sets of rules in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    TcpConnection,
    TcpSession,
    TcpContent,
    MonitorFail,
    HttpRequest,
    Redirect,
    UseBackend,
    UseServer,
}

/// Warns where a rule stands after one that runs later.
pub fn placed_after(cx: &mut DirectiveCx<'_>, word: &Word, what: &str, stage: Stage) {
    let proxy = cx.proxy();
    // Those that came from `defaults` were not written here.
    let own_http = proxy.rules.http_request.len() > proxy.rules.inherited_http_request;
    let later = [
        (Stage::TcpSession, !proxy.rules.tcp_request_session.is_empty(), "a 'tcp-request session'"),
        (Stage::TcpContent, !proxy.rules.tcp_request_content.is_empty(), "a 'tcp-request content'"),
        (Stage::MonitorFail, !proxy.monitor_fail.is_empty(), "a 'monitor fail'"),
        (Stage::HttpRequest, own_http, "an 'http-request'"),
        (Stage::Redirect, !proxy.rules.redirects.is_empty(), "a 'redirect'"),
        (Stage::UseBackend, !proxy.use_backend.is_empty(), "a 'use_backend'"),
        (Stage::UseServer, !proxy.use_server.is_empty(), "a 'use-server'"),
    ];
    let found = later.iter().find(|(other, present, _)| *other > stage && *present);
    if let Some((_, _, name)) = found {
        let text = format!("a '{what}' rule placed after {name} rule will still be processed before.");
        cx.diags.push(Diag::warning(word.span, text).help("move it up to show the order in which rules run"));
    }
}

/// Warns where the rule before is final and has no condition, so that this one is never looked at.
pub fn unreachable(cx: &mut DirectiveCx<'_>, word: &Word, last: Option<&Rule>, finals: &[&str]) {
    let is_final = |rule: &Rule| {
        rule.condition.is_none()
            && rule.text.split_ascii_whitespace().nth(1).is_some_and(|a| finals.contains(&a))
    };
    if last.is_some_and(is_final) {
        let text = format!(
            "previous '{}' action is final and has no condition attached, further entries are NOOP.",
            word.text()
        );
        cx.diags.push(Diag::warning(word.span, text).tight().help("this rule is never looked at"));
    }
}

/// Rules may stand in `defaults` only where these have a name.
///
/// # Errors
/// In anonymous `defaults`.
pub fn only_named_defaults(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    debug_assert!(cx.polarity == Polarity::Plain);
    if cx.in_defaults() && cx.proxy().name.is_empty() {
        let text = format!("'{}' not allowed in anonymous 'defaults' section.", words[0].text());
        return Err(Diag::alert(words[0].span, text).help("give the defaults a name, and use them by `from`"));
    }
    Ok(())
}

/// Warns of a condition that reads what is not there when it is asked. `within` is what some messages add to where.
pub fn misplaced(
    cx: &mut DirectiveCx<'_>,
    word: &Word,
    condition: Option<&Condition>,
    at: Places,
    within: &str,
) {
    let found = condition.and_then(|condition| expr::misplaced(condition, at, within, word));
    cx.diags.list.extend(found);
}

/// Gives a capturing rule its place in the frontend.
///
/// # Errors
/// In a section without a frontend's half.
pub fn captures(cx: &mut DirectiveCx<'_>, words: &[Word], rule: &Rule) -> Result<(), Diag> {
    let Some(slot) = rule.action.capture() else { return Ok(()) };
    let Some(len) = slot.len else { return Ok(()) };
    if !cx.in_defaults() && !cx.proxy().kind.has_frontend() {
        let proxy = cx.proxy_name();
        let text = format!(
            "error detected in {proxy} while parsing '{} capture' rule : proxy '{}' has no frontend capability.",
            words[0].text(),
            cx.proxy().name
        );
        let diag = Diag::alert(row::place(words, 1), text)
            .help("use `id` here, and `declare capture` in the frontend");
        return Err(cx.abort(diag));
    }
    let list = &mut cx.proxy().captures.request;
    let _ = slot.index.set(list.len());
    list.push(crate::plan::logging::Capture { name: String::new(), len });
    Ok(())
}

/// The second reading of a rule captures to the same place.
pub fn same_place(first: &Rule, second: &Rule) {
    if let (Some(first), Some(second)) = (first.action.capture(), second.action.capture())
        && let Some(index) = first.index.get()
    {
        let _ = second.index.set(*index);
    }
}

/// Keeps a rule's line in `defaults`: each proxy that uses them reads it anew.
pub fn keep(cx: &mut DirectiveCx<'_>, words: &[Word]) {
    if cx.in_defaults() {
        let line = Line { words: words.to_vec(), span: cx.line };
        cx.proxy().rule_lines.push(line);
    }
}

/// Reads the rules that a new section takes over from its `defaults`. What is wrong with them was said there.
pub fn take_over(cx: &mut DirectiveCx<'_>) {
    let Some(from) = cx.draft.proxies.last().and_then(|p: &ProxyDraft| p.from) else { return };
    if cx.in_defaults() {
        return;
    }
    let lines = cx.draft.proxies[from].rule_lines.clone();
    let said = cx.diags.list.len();
    crate::rules::list::again(true);
    for line in &lines {
        // An error was told where the line stands.
        let _ = super::directive::read(cx, &line.words);
    }
    crate::rules::list::again(false);
    cx.diags.list.truncate(said);
    let rules = &mut cx.proxy().rules;
    rules.inherited_http_request = rules.http_request.len();
    *cx.acls = super::expr::AclScope::default();
}

/// The line as written, for `explain` and messages.
#[must_use]
pub fn text(words: &[Word]) -> String {
    row::joined(words)
}

/// Reads a rule of an `http-…` set, with HAProxy's frame around what is wrong with it.
///
/// # Errors
/// What is wrong; HAProxy stops reading at these.
pub fn http_rule(
    cx: &mut DirectiveCx<'_>,
    words: &[Word],
    set: action::Rulesets,
    parse: fn(&mut AclScope, &[Word]) -> Result<Rule, Diag>,
) -> Result<Rule, Diag> {
    let (set_name, name) = (words[0].text(), row::text(words, 1));
    if action::find_in(name, set).is_none() {
        let diag = unknown_action(cx, words, set);
        return Err(cx.abort(diag));
    }
    cx.acls.section = cx.section;
    let parsed = parse(cx.acls, &words[1..]);
    cx.diags.list.append(&mut cx.acls.warnings);
    parsed.map_err(|d| {
        // What stands at or behind the `if` is about the condition.
        let condition = words.iter().skip(2).find(|w| *w == "if" || *w == "unless");
        let in_condition = condition.is_some_and(|w| d.span.is_some_and(|at| at.col >= w.span.col));
        let diag = match d.message.strip_prefix("expects 'if', 'unless' or end of line but found ") {
            Some(found) => {
                let message = format!(
                    "'{set_name} {name}' expects either 'if' or 'unless' followed by a condition but found {found}."
                );
                Diag { message, ..d }.tight()
            }
            None if in_condition => {
                let message =
                    format!("error detected while parsing an '{set_name} {name}' condition : {}.", d.message);
                Diag { message, ..d }
            }
            None => {
                let message = format!(
                    "error detected in {} while parsing '{set_name} {name}' rule : {}.",
                    cx.proxy_name(),
                    d.message
                );
                Diag { message, ..d }
            }
        };
        cx.abort(diag)
    })
}

/// An action that HAProxy knows and we lack, or one that nobody knows.
fn unknown_action(cx: &DirectiveCx<'_>, words: &[Word], set: action::Rulesets) -> Diag {
    let (set_name, name, at) = (words[0].text(), row::text(words, 1), row::place(words, 1));
    if known_rules::is_action(name) {
        return row::not_built(at, &format!("{set_name} {name}"), row::section_name(cx.section));
    }
    let all = known::actions(set == action::REQUEST);
    let list = all.iter().map(|a| format!("'{a}'")).collect::<Vec<_>>().join(", ");
    let tail = match known::haproxys_action(set == action::REQUEST, name) {
        _ if name.is_empty() => " (missing argument).".to_owned(),
        Some(near) => format!(". Did you mean '{near}' maybe ?"),
        None => ".".to_owned(),
    };
    let diag = Diag::alert(at, format!("'{set_name}' expects {list}, but got '{name}'{tail}")).tight();
    let ours = action::rows().filter(|r| r.rulesets & set != 0).map(|r| r.name);
    diag.near(name, ours)
}
