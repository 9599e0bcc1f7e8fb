//! `log-profile` sections: whether their formats can be read where they are used, and whether those that are named are there.
use crate::base::ids::{BackendId, FrontendId, ServerId};
use crate::plan::draft::Draft;
use crate::plan::logging::ProfileDraft;
use crate::rules::sample::Names;
use crate::syntax::{Diag, Diags, Severity, SourceMap, Span, nearest};
use crate::vocab::expr::{Place, parse_format_at};

/// Looks through all sections and all that name one.
pub fn check(draft: &Draft, map: &SourceMap, diags: &mut Diags) {
    for profile in &draft.log_profiles {
        formats(profile, map, diags);
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
    }
}

fn formats(profile: &ProfileDraft, map: &SourceMap, diags: &mut Diags) {
    for word in profile.on.iter().flat_map(|(_, _, format, structured)| format.iter().chain(structured)) {
        let read = parse_format_at(word, Place::LOG).and_then(|format| {
            // A profile is of no proxy: as in HAProxy nothing can be named in it.
            format.resolve(&Nowhere).map_err(|text| Diag::alert(word.span, text))
        });
        if let Err(diag) = read {
            let what = diag.message.trim_end_matches('.');
            let place = format!("{}:{}", map.name(word.span.file), word.span.line);
            let message =
                format!("Parsing [{place}]: failed to parse log-profile '{}' : {what}.", profile.name);
            diags.push(Diag { message, bare: true, ..diag });
        }
    }
}

/// Where there is nothing with a name.
struct Nowhere;

impl Names for Nowhere {
    fn backend(&self, _: &str) -> Option<BackendId> {
        None
    }

    fn frontend(&self, _: &str) -> Option<FrontendId> {
        None
    }

    fn server(&self, _: BackendId, _: &str) -> Option<ServerId> {
        None
    }

    fn own_backend(&self) -> Option<BackendId> {
        None
    }

    fn own_frontend(&self) -> Option<FrontendId> {
        None
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
