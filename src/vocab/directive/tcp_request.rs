//! `tcp-request` (manual 4.2): its rules run when a connection was accepted (`connection`), when who it comes from is known
//! (`session`), and while its first bytes come in (`content`, with `inspect-delay`).
use crate::base::units::{TimeUnit, parse_time};
use crate::rules::Rule;
use crate::syntax::{Diag, Word};
use crate::vocab::action::{self, CONNECTION, CONTENT, Rulesets, SESSION};
use crate::vocab::expr::{self, Ruleset};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::rule_line::{self, Stage};
use crate::vocab::{known, known_rules};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "tcp-request",
    sections: row::PROXIES,
    no: false,
    doc: "tcp-request connection|session|content <action> [if | unless <condition>]; tcp-request inspect-delay <time>: what to \
          do with a connection as soon as it was accepted, when its addresses are known, and by its first bytes.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let what = row::text(words, 1);
    let proxy = cx.proxy_name();
    if what.is_empty() {
        return Err(Diag::alert(
            row::place(words, 1),
            format!("missing argument for 'tcp-request' in {proxy}"),
        ));
    }
    let (set, stage) = match what {
        "inspect-delay" => (0, Stage::TcpContent),
        "connection" => (CONNECTION, Stage::TcpConnection),
        "session" => (SESSION, Stage::TcpSession),
        "content" => (CONTENT, Stage::TcpContent),
        _ => {
            let text = format!(
                "'tcp-request' expects 'inspect-delay', 'connection', or 'content' in {proxy} (got '{what}')"
            );
            return Err(Diag::alert(words[1].span, text));
        }
    };
    if cx.in_defaults() && cx.proxy().name.is_empty() {
        let text = format!("tcp-request {what} is not allowed in anonymous 'defaults' sections");
        return Err(Diag::alert(words[1].span, text).help("give the defaults a name, and use them by `from`"));
    }
    if cx.section == row::BACKEND && set & (CONNECTION | SESSION) != 0 {
        let text = format!(
            "tcp-request {what} is not allowed because backend {} is not a frontend",
            cx.proxy().name
        );
        return Err(Diag::alert(words[1].span, text));
    }
    if set == 0 {
        return delay(cx, words, &proxy);
    }
    expects(words, what, &proxy)?;
    let rule = rule(cx, words, what, set, &proxy)?;
    let again = if set == CONTENT && cx.section == row::LISTEN {
        // A listen may be the backend of other frontends too: its rules run on that side then.
        Some(self::rule(cx, words, what, set, &proxy)?)
    } else {
        None
    };
    rule_line::placed_after(cx, &words[0], "tcp-request", stage);
    let here = expr::places_of(set, cx.section);
    let within = format!(" in 'tcp-request {what}'");
    rule_line::misplaced(cx, &words[0], rule.condition.as_ref(), here, &within);
    let rules = &mut cx.proxy().rules;
    match set {
        CONNECTION => rules.tcp_request_connection.push(rule),
        SESSION => rules.tcp_request_session.push(rule),
        _ => rules.tcp_request_content.push(rule),
    }
    rules.tcp_request_content_backend.extend(again);
    rule_line::keep(cx, words);
    Ok(())
}

/// `inspect-delay`; what stands behind the time is not looked at, as in HAProxy.
fn delay(cx: &mut DirectiveCx<'_>, words: &[Word], proxy: &str) -> Result<(), Diag> {
    let wants = format!("'tcp-request inspect-delay' expects a positive delay in milliseconds, in {proxy}");
    let Some(word) = words.get(2) else { return Err(Diag::alert(row::place(words, 2), wants)) };
    let time = parse_time(word.text(), TimeUnit::Millis).map_err(|e| {
        let why = match e {
            crate::base::units::TimeError::Unexpected { found, .. } => {
                format!(" (unexpected character '{found}')")
            }
            _ => String::new(),
        };
        Diag::alert(word.span, format!("{wants}{why}"))
    })?;
    cx.proxy().settings.inspect_delay = Some(time.duration()).filter(|t| !t.is_zero());
    Ok(())
}

/// Reads one rule, with HAProxy's frame around what is wrong with it.
fn rule(
    cx: &mut DirectiveCx<'_>,
    words: &[Word],
    layer: &str,
    set: Rulesets,
    proxy: &str,
) -> Result<Rule, Diag> {
    let name = row::text(words, 2);
    if action::find_in(name, set).is_none() {
        if !name.is_empty() && known_rules::is_action(name) {
            let section = row::section_name(cx.section);
            return Err(row::not_built(words[2].span, &format!("tcp-request {layer} {name}"), section));
        }
        let list = known::tcp_actions(set == CONTENT);
        let text = format!("'tcp-request {layer}' expects {list} in {proxy} (got '{name}').");
        return Err(Diag::alert(row::place(words, 2), text));
    }
    cx.acls.section = cx.section;
    expr::parse_rule(Ruleset::tcp(set), cx.acls, &words[2..]).map_err(|d| {
        let condition = words.iter().skip(3).find(|w| *w == "if" || *w == "unless");
        let within = condition.filter(|w| d.span.is_some_and(|at| at.col >= w.span.col));
        let frame = format!("'tcp-request {layer} {name}'");
        let message =
            match (d.message.strip_prefix("expects 'if', 'unless' or end of line but found "), within) {
                (Some(found), _) => {
                    format!("{frame} only accepts 'if' or 'unless', in {proxy} (got {found})")
                }
                (None, Some(word)) => {
                    format!(
                        "{frame} : error detected in {proxy} while parsing '{}' condition : {}",
                        word.text(),
                        d.message
                    )
                }
                (None, None) => return d,
            };
        Diag { message, ..d }
    })
}

/// `expect-proxy` and its sister name the layer, in messages of their own.
fn expects(words: &[Word], what: &str, proxy: &str) -> Result<(), Diag> {
    let name = row::text(words, 2);
    if !matches!(name, "expect-proxy" | "expect-netscaler-cip") {
        return Ok(());
    }
    let (layer, next) = (row::text(words, 3), row::text(words, 4));
    let frame = format!("'tcp-request {what} {name}' only");
    let (at, text) = match layer {
        "layer4" if what != "connection" => {
            (2, format!("'{name} layer4' is not allowed in 'tcp-request {what}' rules in {proxy}"))
        }
        "layer4" if matches!(next, "" | "if" | "unless") => return Ok(()),
        "layer4" => (4, format!("{frame} accepts 'if' or 'unless', in {proxy} (got '{next}')")),
        _ => (3, format!("{frame} supports 'layer4' in {proxy} (got '{layer}')")),
    };
    Err(Diag::alert(row::place(words, at), text))
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, FRONTEND, LISTEN, bench};
    use std::time::Duration;

    #[test]
    fn rules_go_to_their_layer_and_those_of_a_listen_to_both_sides() {
        let draft = bench(LISTEN, "tcp-request content accept if WAIT_END").ok();
        let rules = &draft.proxies[0].rules;
        assert_eq!((rules.tcp_request_content.len(), rules.tcp_request_content_backend.len()), (1, 1));
        let draft = bench(FRONTEND, "tcp-request session set-var(sess.a) src").ok();
        assert_eq!(draft.proxies[0].rules.tcp_request_session.len(), 1);
        let draft = bench(BACKEND, "tcp-request inspect-delay 5s").ok();
        assert_eq!(draft.proxies[0].settings.inspect_delay, Some(Duration::from_secs(5)));
    }

    #[test]
    fn what_is_wrong_is_said_in_haproxys_words() {
        for (line, want) in [
            ("tcp-request", "missing argument for 'tcp-request' in frontend"),
            ("tcp-request junk", "'tcp-request' expects 'inspect-delay', 'connection', or 'content' in"),
            ("tcp-request inspect-delay", "'tcp-request inspect-delay' expects a positive delay"),
            (
                "tcp-request content reject x",
                "'tcp-request content reject' only accepts 'if' or 'unless', in",
            ),
            ("tcp-request content set-dst", "missing fetch method"),
            (
                "tcp-request content expect-proxy layer4",
                "'expect-proxy layer4' is not allowed in 'tcp-request content'",
            ),
            (
                "tcp-request session set-var(req.a) path",
                "fetch method 'set-var(req.a)' extracts information from",
            ),
            ("tcp-request content track-sc0 src", "Ringmain does not support"),
        ] {
            let bench = bench(FRONTEND, line);
            let says = bench.says();
            assert!(says.contains(want), "{line}: {says}");
        }
        let bench = bench(BACKEND, "tcp-request session accept");
        let says = bench.says();
        assert!(says.contains("tcp-request session is not allowed because backend"), "{says}");
    }
}
