//! `log-profile` sections: whether their formats can be read where they are used, and whether those that are named are there.
use crate::plan::Mode;
use crate::plan::draft::{Draft, ProxyDraft};
use crate::plan::global::Log;
use crate::plan::logging::ProfileDraft;
use crate::syntax::{Diag, Diags, Severity, SourceMap, Span, nearest};
use crate::vocab::expr::{Place, parse_format_at};

/// Looks through all sections and all that name one.
pub fn check(draft: &Draft, map: &SourceMap, diags: &mut Diags) {
    for profile in &draft.log_profiles {
        formats(profile, true, "", map, diags);
    }
    for log in &draft.global.logs {
        named(draft, log.profile.as_deref(), log.at, diags);
    }
    for proxy in draft.proxies.iter().filter(|p| !p.settings.disabled) {
        if !proxy.kind.has_frontend() && !proxy.kind.has_backend() {
            continue;
        }
        for log in &proxy.settings.logs {
            named(draft, log.profile.as_deref(), log.at, diags);
        }
        for rule in proxy.rules.all() {
            named(draft, rule.action.writes_logs().flatten(), rule.at, diags);
        }
        if proxy.kind.has_frontend() && proxy.settings.mode == Mode::Tcp {
            in_tcp(draft, proxy, map, diags);
        }
    }
}

/// What needs HTTP and stands in a profile that a proxy of TCP uses.
fn in_tcp(draft: &Draft, proxy: &ProxyDraft, map: &SourceMap, diags: &mut Diags) {
    let global: &[Log] = if proxy.settings.log_global { &draft.global.logs } else { &[] };
    let of_logs = global.iter().chain(&proxy.settings.logs).filter_map(|l| l.profile.as_deref());
    let of_rules = proxy.rules.all().filter_map(|r| r.action.writes_logs().flatten());
    let mut names: Vec<&str> = of_logs.chain(of_rules).collect();
    names.sort_unstable();
    names.dedup();
    for profile in draft.log_profiles.iter().filter(|p| names.contains(&p.name.as_str())) {
        // What is wrong everywhere was told.
        let mut general = Diags::default();
        formats(profile, true, "", map, &mut general);
        if !general.has_errors() {
            formats(profile, false, &format!(" in proxy '{}'", proxy.name), map, diags);
        }
    }
}

fn formats(profile: &ProfileDraft, http: bool, whose: &str, map: &SourceMap, diags: &mut Diags) {
    for word in profile.on.iter().flat_map(|(_, _, format, structured)| format.iter().chain(structured)) {
        if let Err(diag) = parse_format_at(word, Place::log(http)) {
            let what = diag.message.trim_end_matches('.');
            let place = format!("{}:{}", map.name(word.span.file), word.span.line);
            let message =
                format!("Parsing [{place}]: failed to parse log-profile '{}'{whose} : {what}.", profile.name);
            diags.push(Diag { message, bare: true, ..diag });
        }
    }
}

fn named(draft: &Draft, name: Option<&str>, at: Span, diags: &mut Diags) {
    let Some(name) = name.filter(|n| draft.log_profiles.iter().all(|p| p.name != *n)) else { return };
    let diag = Diag::bare(Severity::Alert, Some(at), format!("unknown log-profile '{name}'."));
    diags.push(match nearest(name, draft.log_profiles.iter().map(|p| p.name.as_str())) {
        Some(near) => diag.help(format!("did you mean `{near}`?")),
        None => diag.help(format!("write a section `log-profile {name}`")),
    });
}
