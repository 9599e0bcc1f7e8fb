//! What health checks need of the whole configuration: who tracks whom, agents with ports, lines that are never used.
use crate::plan::check::CheckOption;
use crate::plan::draft::{Draft, ProxyDraft, ServerDraft};
use crate::plan::Plan;
use crate::syntax::{Diag, Diags, Severity, SourceMap};

/// A server that tracks: its backend, its name, whom.
pub type Track = (String, String, String);

/// Says what is wrong.
pub fn check(draft: &Draft, map: &SourceMap, diags: &mut Diags) {
    let backends = || draft.proxies.iter().filter(|p| p.kind.has_backend());
    for proxy in backends() {
        unused_steps(proxy, diags);
        external(draft, proxy, diags);
        for server in &proxy.servers {
            let place = format!(
                "[{}:{}] : 'server {}/{}' : ",
                map.name(server.at.file),
                server.at.line,
                proxy.name,
                server.name
            );
            if let Some(text) = wrong(draft, proxy, server) {
                diags.push(Diag::bare(Severity::Alert, Some(server.at), format!("config : {place}{text}")));
            }
        }
    }
}

fn unused_steps(proxy: &ProxyDraft, diags: &mut Diags) {
    let checks = &proxy.settings.check;
    let http = matches!(checks.option, CheckOption::Http(_));
    let tcp = matches!(checks.option, CheckOption::Tcp);
    let unused = [
        (!checks.http.steps.is_empty() && !http, "http-check", "option httpchk"),
        (!checks.tcp.steps.is_empty() && !tcp, "tcp-check", "option tcp-check"),
    ];
    for (_, steps, option) in unused.iter().filter(|u| u.0) {
        let text = format!(
            "config : {} '{}' uses {steps} rules without '{option}', so the rules are ignored.",
            proxy.kind.type_name(),
            proxy.name
        );
        diags.push(Diag::bare(Severity::Warning, Some(proxy.at), text).help(format!("add `{option}`")));
    }
}

/// What a program needs to be run.
fn external(draft: &Draft, proxy: &ProxyDraft, diags: &mut Diags) {
    let (checks, name) = (&proxy.settings.check, &proxy.name);
    let mut say = |severity, text: String| {
        diags.push(Diag::bare(severity, Some(proxy.at), format!("config : {text}")));
    };
    if !matches!(checks.option, CheckOption::External) {
        let kind = proxy.kind.type_name();
        for (given, word) in [(&checks.command, "command"), (&checks.path, "path")] {
            if given.is_some() {
                let text = format!(
                    "'external-check {word}' will be ignored for {kind} '{name}' (requires 'option external-check')."
                );
                say(Severity::Warning, text);
            }
        }
        return;
    }
    let missing = |what: &str| format!("Proxy '{name}' : 'option external-check' unable to find required '{what}'.");
    if !draft.global.external_check {
        say(Severity::Alert, missing("global.external-check"));
    }
    match &checks.command {
        None => say(Severity::Alert, missing("external-check command")),
        Some(command) if !command.starts_with('/') && checks.path.is_none() => {
            let text = format!(
                "Proxy '{name}': 'external-check command' does not have a leading '/' and 'external-check path' is not set."
            );
            say(Severity::Alert, text);
        }
        Some(_) => {}
    }
    if !draft.global.insecure_fork_wanted {
        let text = format!(
            "Proxy '{name}' : 'insecure-fork-wanted' not enabled in the global section, 'option external-check' will likely \
             fail."
        );
        say(Severity::Warning, text);
    }
}

fn wrong(draft: &Draft, proxy: &ProxyDraft, server: &ServerDraft) -> Option<String> {
    let settings = &server.settings;
    if settings.watching.agent && settings.watching.agent_port.is_none() {
        let text = format!("server {} does not have agent port. Agent check has been disabled.", server.name);
        return Some(text);
    }
    let target = settings.watching.track.as_ref()?;
    if settings.check {
        return Some("unable to enable checks and tracking at the same time!".to_owned());
    }
    let (backend, name) = target.split_once('/').unwrap_or((&proxy.name, target));
    let Some(other) = draft.proxies.iter().find(|p| p.kind.has_backend() && p.name == backend) else {
        return Some(format!("unable to find required proxy '{backend}' for tracking."));
    };
    let Some(found) = other.servers.iter().find(|s| s.name == name) else {
        return Some(format!("unable to find required server '{name}' for tracking."));
    };
    let watched = &found.settings;
    if !watched.check && !watched.watching.agent && watched.watching.track.is_none() {
        return Some(format!(
            "unable to use {}/{} for tracking as it does not have any check nor agent enabled.",
            other.name, found.name
        ));
    }
    looped(draft, proxy, server)
        .then(|| format!("unable to track {backend}/{name} as it belongs to a tracking chain looping back to {}/{}.", proxy.name, server.name))
}

/// Whether following the chain comes back to its beginning, or does not end.
fn looped<'a>(draft: &'a Draft, mut proxy: &'a ProxyDraft, mut server: &'a ServerDraft) -> bool {
    let most = draft.proxies.iter().map(|p| p.servers.len()).sum::<usize>();
    for _ in 0..=most {
        let Some(target) = &server.settings.watching.track else { return false };
        let (backend, name) = target.split_once('/').unwrap_or((&proxy.name, target));
        let next = draft.proxies.iter().find(|p| p.kind.has_backend() && p.name == backend);
        let Some(next) = next else { return false };
        let Some(found) = next.servers.iter().find(|s| s.name == name) else { return false };
        (proxy, server) = (next, found);
    }
    true
}

/// Who tracks, before the drafts are used up.
pub fn tracks(proxies: &[ProxyDraft]) -> Vec<Track> {
    let mut all = Vec::new();
    for proxy in proxies.iter().filter(|p| p.kind.has_backend()) {
        for server in &proxy.servers {
            if let Some(target) = &server.settings.watching.track {
                all.push((proxy.name.clone(), server.name.clone(), target.clone()));
            }
        }
    }
    all
}

/// Finds whom they track. Every one follows the server at the end of its chain, whose check decides.
pub fn track(plan: &mut Plan, tracks: &[Track]) {
    let find = |plan: &Plan, backend: &str, server: &str| {
        plan.servers
            .iter()
            .find(|s| s.name == server && plan.backend(s.backend).name == backend)
            .map(|s| s.id)
    };
    for (backend, name, target) in tracks {
        let (other, wanted) = target.split_once('/').unwrap_or((backend, target));
        if let (Some(id), Some(target)) = (find(plan, backend, name), find(plan, other, wanted)) {
            plan.servers[id.index()].watching.track = Some(target);
        }
    }
}
