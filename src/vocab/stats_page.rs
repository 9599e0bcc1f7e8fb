//! `stats …` in proxies (manual 4.2): the statistics page. The row is that of `stats`.
use crate::base::units::{TimeError, TimeUnit, parse_time};
use crate::plan::stats::{Access, AccessRule};
use crate::rules::Condition;
use crate::syntax::{Diag, Word, nearest};
use crate::vocab::expr;
use crate::vocab::row::{self, DirectiveCx};
use crate::vocab::{action, rule_line};

const EXPECTS: &str = "expects 'admin', 'uri', 'realm', 'auth', 'scope', 'enable', 'hide-version', 'show-node', \
                       'show-desc' or 'show-legends'.";
const WORDS: [&str; 13] = [
    "admin",
    "uri",
    "realm",
    "auth",
    "scope",
    "refresh",
    "enable",
    "hide-version",
    "http-request",
    "show-node",
    "show-desc",
    "show-legends",
    "show-modules",
];

/// Reads a `stats` line of a proxy.
pub(super) fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let (name, value) = (row::text(words, 1), row::text(words, 2).to_owned());
    match name {
        "admin" => return admin(cx, words),
        "http-request" => return http_request(cx, words),
        "show-version" => {
            let section = row::section_name(cx.section);
            return Err(row::not_built(words[1].span, "stats show-version", section));
        }
        "" => {
            let text = format!("missing keyword in 'stats', {EXPECTS}");
            return Err(Diag::alert(row::place(words, 1), text).help("write `stats enable`"));
        }
        _ => {}
    }
    let needs = |what: &str| {
        if !value.is_empty() {
            return Ok(value.clone());
        }
        Err(Diag::alert(row::place(words, 2), format!("'{name}' needs {what}.")))
    };
    let stats = &mut cx.proxy().settings.stats;
    match name {
        "uri" => stats.uri = Some(needs("an URI prefix")?),
        "realm" => stats.realm = Some(needs("an realm name")?),
        "scope" => stats.scopes.push(needs("a proxy name")?),
        "refresh" => stats.refresh = Some(refresh(words)?),
        "auth" => return auth(cx, words),
        "enable" => {}
        "hide-version" => stats.hide_version = true,
        "show-legends" => stats.legends = true,
        "show-modules" => stats.modules = true,
        "show-node" => stats.node = Some((!value.is_empty()).then_some(value)),
        "show-desc" => {
            let text: Vec<&str> = words.iter().skip(2).map(Word::text).collect();
            stats.description = Some((!text.is_empty()).then(|| text.join(" ")));
        }
        other => {
            let diag =
                Diag::alert(row::place(words, 1), format!("unknown stats parameter '{other}', {EXPECTS}"));
            return Err(match nearest(other, WORDS.into_iter()) {
                Some(near) => diag.help(format!("did you mean `stats {near}`?")),
                None => diag,
            });
        }
    }
    cx.proxy().settings.stats.enabled = true;
    let most = match name {
        "enable" | "hide-version" | "show-legends" | "show-modules" => 2,
        "show-desc" => usize::MAX,
        _ => 3,
    };
    // HAProxy passes over what stands behind.
    if let Some(extra) = words.get(most) {
        let text = format!("'stats {name}': '{}' and what follows it has no effect.", extra.text());
        cx.idle(extra.span, text, "remove it");
    }
    Ok(())
}

fn refresh(words: &[Word]) -> Result<std::time::Duration, Diag> {
    let (text, at) = (row::text(words, 2), row::place(words, 2));
    let time = parse_time(text, TimeUnit::Seconds).map_err(|e| match e {
        TimeError::Unexpected { found, .. } if !text.is_empty() => {
            Diag::alert(at, format!("unexpected character '{found}' in argument to stats refresh interval."))
        }
        TimeError::Unexpected { .. } => {
            Diag::alert(at, "'refresh' needs an interval.").help("write `stats refresh 5s`")
        }
        other => Diag::alert(at, other.message(text, "stats refresh", TimeUnit::Seconds)),
    })?;
    Ok(std::time::Duration::from_secs(u64::from(time.count)))
}

fn auth(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let account = row::text(words, 2);
    if account.is_empty() {
        let text = "'auth' needs a user:password account.";
        return Err(Diag::alert(row::place(words, 2), text).help("write `stats auth name:password`"));
    }
    let (name, password) = account.split_once(':').unwrap_or((account, ""));
    let (name, password) = (name.to_owned(), password.to_owned());
    let again = cx.proxy().settings.stats.users.iter().any(|(n, _)| *n == name);
    if again {
        cx.warn(words[2].span, format!("uri auth: ignoring duplicated user '{name}'."));
    } else {
        cx.proxy().settings.stats.users.push((name, password));
    }
    cx.proxy().settings.stats.enabled = true;
    Ok(())
}

fn admin(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if cx.in_defaults() {
        return Err(Diag::alert(words[1].span, "'stats admin' not allowed in 'defaults' section."));
    }
    if !matches!(row::text(words, 2), "if" | "unless") {
        let text = "'stats admin' requires either 'if' or 'unless' followed by a condition.";
        return Err(Diag::alert(row::place(words, 2), text).help("write `stats admin if LOCALHOST`"));
    }
    let condition = expr::parse_condition(cx.acls, &words[2..]).map_err(|d| {
        let message = format!("error detected while parsing a 'stats admin' rule : {}.", d.message);
        Diag { message, ..d }
    })?;
    misplaced(cx, &words[0], Some(&condition));
    let proxy = cx.proxy();
    proxy.settings.stats.enabled = true;
    proxy.stats_admin.push(condition);
    Ok(())
}

/// These conditions are asked like those of `http-request`.
fn misplaced(cx: &mut DirectiveCx<'_>, word: &Word, condition: Option<&Condition>) {
    let here = expr::places_of(action::REQUEST, cx.section);
    rule_line::misplaced(cx, word, condition, here, "");
}

fn http_request(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if cx.in_defaults() {
        return Err(Diag::alert(words[0].span, "'stats' not allowed in 'defaults' section."));
    }
    let name = row::text(words, 2);
    let mut rest = 3;
    let access = match name {
        "allow" => Access::Allow,
        "deny" => Access::Deny,
        "auth" if row::text(words, 3) == "realm" => {
            rest = 5;
            let realm = row::text(words, 4);
            if realm.is_empty() {
                let text = format!(
                    "error detected in {} while parsing 'http-request auth' rule : missing realm value.\n.",
                    cx.proxy_name()
                );
                return Err(Diag::alert(row::place(words, 4), text));
            }
            Access::Auth { realm: Some(realm.to_owned()) }
        }
        "auth" => Access::Auth { realm: None },
        other => {
            let text = format!("'stats http-request' takes 'allow', 'deny' or 'auth', but got '{other}'.");
            return Err(Diag::alert(row::place(words, 2), text));
        }
    };
    let condition = match words.get(rest) {
        None => None,
        Some(word) if *word == "if" || *word == "unless" => {
            Some(expr::parse_condition(cx.acls, &words[rest..]).map_err(|d| {
                let text = format!(
                    "error detected while parsing an 'http-request {name}' condition : {}.",
                    d.message
                );
                Diag { message: text, ..d }
            })?)
        }
        Some(word) => {
            let text = format!(
                "'http-request {name}' expects either 'if' or 'unless' followed by a condition but found '{}'.",
                word.text()
            );
            return Err(Diag::alert(word.span, text));
        }
    };
    misplaced(cx, &words[0], condition.as_ref());
    let proxy = cx.proxy();
    proxy.settings.stats.enabled = true;
    proxy.stats_rules.push(AccessRule { access, condition });
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::plan::stats::Access;
    use crate::vocab::row::{BACKEND, DEFAULTS, FRONTEND, bench};

    #[test]
    fn the_page_and_its_settings() {
        let draft = bench(
            FRONTEND,
            "stats uri /lb?stats\nstats realm Site\\ figures\nstats auth a:b:c\nstats refresh 5\nstats scope .\n\
             stats show-desc two words\nstats show-node\nstats admin if TRUE",
        )
        .ok();
        let stats = &draft.proxies[0].settings.stats;
        assert!(stats.enabled && !stats.hide_version);
        assert_eq!((stats.uri.as_deref(), stats.realm.as_deref()), (Some("/lb?stats"), Some("Site figures")));
        assert_eq!(stats.users, [("a".to_owned(), "b:c".to_owned())]);
        assert_eq!(stats.refresh.map(|d| d.as_secs()), Some(5));
        assert_eq!((&stats.description, &stats.node), (&Some(Some("two words".to_owned())), &Some(None)));
        assert_eq!(draft.proxies[0].stats_admin.len(), 1);
    }

    #[test]
    fn access() {
        let draft = bench(BACKEND, "stats http-request deny if FALSE\nstats http-request auth realm x").ok();
        let rules = &draft.proxies[0].stats_rules;
        assert_eq!((&rules[0].access, rules[0].condition.is_some()), (&Access::Deny, true));
        assert_eq!(rules[1].access, Access::Auth { realm: Some("x".to_owned()) });
    }

    #[test]
    fn what_is_wrong_is_said_in_haproxys_words() {
        let says = |line: &str| bench(BACKEND, line).says().to_owned();
        assert!(says("stats").starts_with("missing keyword in 'stats', expects 'admin', 'uri'"));
        assert!(says("stats uro /x").starts_with("unknown stats parameter 'uro', expects 'admin'"));
        assert_eq!(says("stats uri"), "'uri' needs an URI prefix.");
        assert_eq!(says("stats auth"), "'auth' needs a user:password account.");
        assert_eq!(
            says("stats refresh 5x"),
            "unexpected character 'x' in argument to stats refresh interval."
        );
        assert_eq!(
            says("stats admin foo"),
            "'stats admin' requires either 'if' or 'unless' followed by a condition."
        );
        assert!(says("stats admin if foo").contains("no such ACL : 'foo'"));
        assert!(says("stats enable foo").contains("has no effect"));
        assert_eq!(says("stats auth a:b\nstats auth a:c"), "uri auth: ignoring duplicated user 'a'.");
        assert_eq!(
            bench(DEFAULTS, "stats admin if TRUE").says(),
            "'stats admin' not allowed in 'defaults' section."
        );
    }
}
