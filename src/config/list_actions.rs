//! Rules that change a list (`http-request set-map`, …) need one: the file must be loaded by an ACL or a map (manual 4.2). Those
//! without one do nothing, as in HAProxy, which `-dD` tells.
use crate::plan::draft::Draft;
use crate::rules::list::Lists;
use crate::syntax::{Diag, Diags, Severity, nearest};

/// Says which rules name a file that nothing loads: HAProxy takes them, and they do nothing.
pub fn check(draft: &Draft, lists: &Lists, diags: &mut Diags) {
    let mut told = Vec::new();
    for rule in draft.proxies.iter().flat_map(|proxy| proxy.rules.all()) {
        let Some(file) = rule.action.changes_list().filter(|file| lists.of_file(file).is_none()) else {
            continue;
        };
        // A `listen` has its rules twice.
        if told.contains(&rule.at) {
            continue;
        }
        told.push(rule.at);
        let text = format!(
            "no effect: no ACL and no map is loaded from the file '{file}', which this rule would change."
        );
        let files = lists.all().filter_map(|list| list.file.as_deref());
        let diag = match nearest(file, files) {
            Some(near) => Diag::at(Severity::Diag, rule.at, text).help(format!("did you mean `{near}`?")),
            None => Diag::at(Severity::Diag, rule.at, text)
                .help("load it by `-f` of an `acl` line or by a `map` converter; the file may be empty"),
        };
        diags.push(diag);
    }
}
