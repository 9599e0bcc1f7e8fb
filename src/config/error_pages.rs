//! Where the pages of `errorfiles` lines come from: the `http-errors` sections, once all of them are read.
use crate::plan::draft::{Draft, ProxyDraft, ProxyKind};
use crate::plan::http_errors::{ErrorFiles, HttpErrors};
use crate::syntax::{Diag, Diags, Severity, SourceMap, nearest};

/// Says which sections and pages are not there.
pub fn check(draft: &Draft, map: &SourceMap, diags: &mut Diags) {
    for proxy in draft.proxies.iter().filter(|p| p.kind != ProxyKind::Defaults) {
        for line in &proxy.settings.errorfiles {
            check_line(draft, proxy, line, map, diags);
        }
    }
}

fn check_line(draft: &Draft, proxy: &ProxyDraft, line: &ErrorFiles, map: &SourceMap, diags: &mut Diags) {
    let place = format!("{}:{}", map.name(line.at.file), line.at.line);
    let Some(section) = find(&draft.http_errors, &line.name) else {
        let text =
            format!("proxy '{}': unknown http-errors section '{}' (at {place}).", proxy.name, line.name);
        let diag = Diag::bare(Severity::Alert, Some(line.at), text);
        diags.push(match nearest(&line.name, draft.http_errors.iter().map(|s| s.name.as_str())) {
            Some(near) => diag.help(format!("did you mean `{near}`?")),
            None => diag,
        });
        return;
    };
    for status in line.statuses.iter().filter(|s| section.pages.get(**s).is_none()) {
        // The second `config:` is HAProxy's.
        let text = format!(
            "config: proxy '{}' : status '{status}' not declared in http-errors section '{}' (at {place}).",
            proxy.name, line.name
        );
        diags.push(Diag::bare(Severity::Warning, Some(line.at), text));
    }
}

fn find<'a>(sections: &'a [HttpErrors], name: &str) -> Option<&'a HttpErrors> {
    sections.iter().find(|s| s.name == name)
}

/// Gives the proxies their pages.
pub fn fill(draft: &mut Draft) {
    let Draft { http_errors, proxies, .. } = draft;
    for proxy in proxies {
        let settings = &mut proxy.settings;
        for line in &settings.errorfiles {
            let Some(section) = find(http_errors, &line.name) else { continue };
            for (status, page) in section.pages.pages.iter().filter(|(status, _)| line.takes(*status)) {
                settings.error_pages.put(*status, page.clone());
            }
        }
    }
}
