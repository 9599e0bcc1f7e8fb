//! Opening `frontend`, `backend`, `listen` and `defaults`: names, and the settings they begin with (manual, 4 "Proxies").
use super::directive;
use super::row::{self, DirectiveCx};
use crate::plan::draft::{ProxyDraft, ProxyKind, Settings};
use crate::syntax::{Diag, Severity, Span, Word};

/// Opens the section: checks its line and adds it to the draft.
///
/// # Errors
/// What is wrong with the line. The section was added nevertheless, so that its lines can be checked.
pub fn open(cx: &mut DirectiveCx<'_>, kind: ProxyKind, words: &[Word]) -> Result<(), Diag> {
    let (name, from) = named(kind, words);
    let at = words[0].span;
    let checked = check_name(cx, kind, words);
    let explicit = from.is_some();
    let (settings, from) = match parent(cx, kind, name, from, words) {
        Ok(from) => (from.map(|i| cx.draft.proxies[i].settings.clone()).unwrap_or_default(), Ok(from)),
        Err(diag) => (Settings::default(), Err(diag)),
    };
    let mut proxy = ProxyDraft::new(kind, name, at, settings);
    proxy.from = from.as_ref().ok().copied().flatten();
    proxy.from_explicit = explicit;
    cx.draft.proxies.push(proxy);
    checked?;
    from?;
    match words.get(if explicit { 4 } else { 2 }) {
        Some(_) if kind.has_frontend() && !explicit => directive::bind::on_section_line(cx, words),
        Some(extra) if kind == ProxyKind::Defaults => {
            // HAProxy passes over what follows: people keep `defaults name mode http` in their files.
            let text = format!("'defaults' : '{}' and what follows it has no effect.", extra.text());
            cx.idle(extra.span, text, "put it on a line of its own");
            Ok(())
        }
        Some(extra) => {
            let text = format!("'{}' cannot handle unexpected argument '{}'.", kind.name(), extra.text());
            Err(Diag::alert(extra.span, text).help("a section takes a name and `from <defaults>`"))
        }
        None => Ok(()),
    }
}

/// The section's own name, and where that of the `defaults` it is made from stands. `defaults from x` has no name.
fn named(kind: ProxyKind, words: &[Word]) -> (&str, Option<usize>) {
    match (row::text(words, 1), row::text(words, 2)) {
        ("from", _) if kind == ProxyKind::Defaults && words.len() == 3 => ("", Some(2)),
        (name, "from") => (name, Some(3)),
        (name, _) => (name, None),
    }
}

/// A proxy has a name of permitted characters that no other has.
fn check_name(cx: &mut DirectiveCx<'_>, kind: ProxyKind, words: &[Word]) -> Result<(), Diag> {
    if kind == ProxyKind::Defaults {
        return Ok(());
    }
    let section = kind.name();
    let Some(word) = words.get(1) else {
        let text = format!("'{section}' expects an <id> argument\n");
        return Err(cx.abort(Diag::alert(row::place(words, 1), text.trim_end())));
    };
    let name = word.text();
    if let Some((i, c)) = name.char_indices().find(|(_, c)| !permitted(*c)) {
        let text = format!("character '{c}' is not permitted in '{section}' name '{name}'.");
        return Err(
            Diag::alert(word.sub(i, c.len_utf8()), text).help("letters, digits, '_', '-', '.' and ':' are")
        );
    }
    // As HAProxy has it: a frontend's half is only compared with other frontends.
    let same_half = |k: ProxyKind| if kind.has_frontend() { k.has_frontend() } else { k.has_backend() };
    if let Some(other) = cx.draft.proxies.iter().find(|p| same_half(p.kind) && p.name == name) {
        let text = format!(
            "Parsing [{}]: {} '{name}' has the same name as {} '{name}' declared at {}.",
            cx.place(word.span),
            kind.type_name(),
            other.kind.type_name(),
            cx.place(other.at)
        );
        return Err(Diag::bare(Severity::Alert, Some(word.span), text).help("give it another name"));
    }
    Ok(())
}

/// HAProxy's characters of names.
#[must_use]
pub fn permitted(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.')
}

/// The `defaults` a section begins with: the one it names, or for proxies the last one before it.
fn parent(
    cx: &mut DirectiveCx<'_>,
    kind: ProxyKind,
    own_name: &str,
    from: Option<usize>,
    words: &[Word],
) -> Result<Option<usize>, Diag> {
    let is_defaults = |p: &ProxyDraft| p.kind == ProxyKind::Defaults;
    let Some(from) = from else {
        if kind == ProxyKind::Defaults {
            return Ok(None);
        }
        let last = cx.draft.proxies.iter().rposition(is_defaults);
        if let Some(last) = last {
            check_rules(cx, kind, last, words[0].span)?;
            mixed_use(cx, last, words);
        }
        return Ok(last);
    };
    let (name, place) = (row::text(words, from), row::place(words, from));
    let own = kind.name();
    let named = |p: &ProxyDraft| is_defaults(p) && p.name == name && !name.is_empty();
    let Some(found) = cx.draft.proxies.iter().rposition(named) else {
        let own = if kind == ProxyKind::Listen { "proxy" } else { own };
        let text = format!("defaults section '{name}' not found for {own} '{own_name}'.");
        let names = cx.draft.proxies.iter().filter(|p| is_defaults(p)).map(|p| p.name.as_str());
        let near = crate::syntax::nearest(name, names).map(|n| format!("did you mean `{n}`?"));
        let diag = cx.abort(Diag::alert(place, text));
        return Err(near.into_iter().fold(diag, Diag::help));
    };
    let found_at = cx.place(cx.draft.proxies[found].at);
    if let Some(first) = cx.draft.proxies[..found].iter().rev().find(|p| named(p)) {
        let text = format!(
            "ambiguous defaults section name '{name}' referenced by {own} '{own_name}' exists at least at {} and {found_at}.",
            cx.place(first.at)
        );
        return Err(Diag::alert(place, text));
    }
    if let Some(c) = name.chars().find(|c| !permitted(*c)) {
        let text = format!(
            "character '{c}' is not permitted in defaults section name '{name}' when designated by its name (section found \
             at {found_at})."
        );
        return Err(Diag::alert(place, text));
    }
    check_rules(cx, kind, found, words[0].span)?;
    Ok(Some(found))
}

/// A named section that some proxies name and others only follow is a trap, HAProxy says.
fn mixed_use(cx: &mut DirectiveCx<'_>, last: usize, words: &[Word]) {
    let proxies = &cx.draft.proxies;
    let named = proxies.iter().any(|p| p.from == Some(last) && p.from_explicit);
    let followed = proxies.iter().any(|p| p.from == Some(last) && !p.from_explicit);
    if named && !followed {
        let text = format!(
            "defaults section '{}' (declared at {}) is explicitly referenced by another proxy and implicitly used here. To \
             avoid any ambiguity don't mix both usage. Add a last defaults section not explicitly used or always use \
             explicit references.",
            proxies[last].name,
            cx.place(proxies[last].at)
        );
        cx.diags.push(Diag::warning(words[0].span, text));
    }
}

/// Rules in `defaults` can't be passed on everywhere.
fn check_rules(cx: &mut DirectiveCx<'_>, kind: ProxyKind, from: usize, at: Span) -> Result<(), Diag> {
    let parent = &cx.draft.proxies[from];
    let starts = |words: [&str; 2]| {
        parent
            .rule_lines
            .iter()
            .any(|l| words.iter().enumerate().all(|(i, w)| w.is_empty() || row::text(&l.words, i) == *w))
    };
    if parent.rule_lines.iter().all(|l| row::text(&l.words, 0) == "acl") {
        return Ok(());
    }
    let place = cx.place(parent.at);
    let connection = starts(["tcp-request", "connection"]) || starts(["tcp-request", "session"]);
    let other = cx
        .draft
        .proxies
        .iter()
        .find(|p| p.from == Some(from) && p.kind.has_frontend() != kind.has_frontend());
    let text = match kind {
        ProxyKind::Defaults => format!(
            "a defaults section cannot inherit from a defaults section defining TCP/HTTP rules (defaults section at {place})."
        ),
        ProxyKind::Listen => {
            "a listen section cannot inherit from a defaults section defining TCP/HTTP rules.".to_owned()
        }
        _ if other.is_some() => format!(
            "frontends and backends cannot inherit from the same defaults section if it defines TCP/HTTP rules (defaults \
             section at {place})."
        ),
        ProxyKind::Backend if connection => format!(
            "a backend section cannot inherit from a defaults section defining 'tcp-request connection' or 'tcp-request \
             session' rules (defaults section at {place})."
        ),
        _ => return Ok(()),
    };
    Err(cx.abort(Diag::alert(at, text).tight()))
}
