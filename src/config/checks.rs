//! What health checks need of the whole configuration: who tracks whom, agents with ports, lines that are never used.
use crate::plan::Plan;
use crate::plan::check::{CheckOption, Opening};
use crate::plan::draft::{Draft, ProxyDraft, ServerDraft, ServerSettings};
use crate::syntax::{Diag, Diags, Severity, SourceMap};

/// A server that tracks: its backend, its name, whom.
pub type Track = (String, String, String);

/// Says what is wrong.
pub fn check(draft: &Draft, map: &SourceMap, diags: &mut Diags) {
    let backends = || draft.proxies.iter().filter(|p| p.kind.has_backend());
    // HAProxy looks at these only where nothing is wrong.
    let sound = !diags.has_errors();
    if sound {
        backends().for_each(|proxy| unused_steps(proxy, diags));
    }
    backends().for_each(|proxy| external(draft, proxy, diags));
    for (proxy, server) in backends().flat_map(|p| p.servers.iter().map(move |s| (p, s))).filter(|_| sound) {
        if let Some(text) = wrong(draft, proxy, server) {
            let place = format!("{}:{}", map.name(server.at.file), server.at.line);
            let text = format!("[{place}] : 'server {}/{}' : {text}", proxy.name, server.name);
            diags.push(Diag::bare(Severity::Alert, Some(server.at), text));
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
            "{} '{}' uses {steps} rules without '{option}', so the rules are ignored.",
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
        diags.push(Diag::bare(severity, Some(proxy.at), text));
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
    let missing =
        |what: &str| format!("Proxy '{name}' : 'option external-check' unable to find required '{what}'.");
    if !draft.global.external_check {
        say(Severity::Alert, missing("global.external-check"));
    }
    if checks.command.is_none() {
        say(Severity::Alert, missing("external-check command"));
    }
    if !draft.global.insecure_fork_wanted {
        let text = format!(
            "Proxy '{name}' : 'insecure-fork-wanted' not enabled in the global section, 'option external-check' will likely \
             fail."
        );
        say(Severity::Warning, text);
    }
    if let (Some(command), None) = (&checks.command, &checks.path)
        && !command.starts_with('/')
    {
        let text = format!(
            "Proxy '{name}': 'external-check command' does not have a leading '/' and 'external-check path' is not set."
        );
        say(Severity::Alert, text);
    }
}

fn wrong(draft: &Draft, proxy: &ProxyDraft, server: &ServerDraft) -> Option<String> {
    let target = server.settings.watching.track.as_ref()?;
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
    looped(draft, proxy, server).then(|| {
        format!(
            "unable to track {backend}/{name} as it belongs to a tracking chain looping back to {}/{}.",
            proxy.name, server.name
        )
    })
}

/// Whether following the chain comes back to its beginning. Lines are linked in their order: the last one of a circle is told.
fn looped<'a>(draft: &'a Draft, mut proxy: &'a ProxyDraft, first: &'a ServerDraft) -> bool {
    let place = |s: &ServerDraft| (s.at.file, s.at.line);
    let mut server = first;
    // An earlier circle is told at its own last line.
    for _ in 0..draft.proxies.iter().map(|p| p.servers.len()).sum() {
        let Some(target) = &server.settings.watching.track else { return false };
        let (backend, name) = target.split_once('/').unwrap_or((&proxy.name, target));
        let next = draft.proxies.iter().find(|p| p.kind.has_backend() && p.name == backend);
        let found = next.and_then(|p| Some((p, p.servers.iter().find(|s| s.name == name)?)));
        match found {
            Some((_, found)) if place(found) == place(first) => return true,
            Some((next, found)) if place(found) < place(first) => (proxy, server) = (next, found),
            _ => return false,
        }
    }
    false
}

/// What a server's checks begin with. A check of its own address is to reach what the traffic reaches: it has the same header
/// (manual 5.2, `check-send-proxy`).
pub fn opening(server: &ServerSettings) -> Opening {
    let own = server.check_port.is_none() && server.check_addr.is_none();
    let given = server.watching.opening;
    Opening { send_proxy: given.send_proxy || own && server.line.header.any(), ..given }
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
            plan.servers.first_mut()[id.index()].watching.track = Some(target);
        }
    }
}
