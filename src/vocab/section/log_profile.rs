//! `log-profile` (manual of HAProxy 3.1, 3.10): what lines look like at which step.
use super::{SectionKind, SectionRow};
use crate::plan::logging::ProfileDraft;
use crate::rules::log_profile::Step;
use crate::syntax::{Diag, Word};
use crate::vocab::opening::permitted;
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: SectionRow = SectionRow {
    name: "log-profile",
    doc: "log-profile <name>: what the lines of `log … profile <name>` look like, step by step.",
    kind: SectionKind::LogProfile,
};

pub fn open(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let checked = check(cx, words).and_then(|()| cx.at_most(words, 1));
    let name = row::text(words, 1).to_owned();
    cx.draft.log_profiles.push(ProfileDraft { name, at: words[0].span, tag: None, on: Vec::new() });
    checked
}

fn check(cx: &DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "missing name for log-profile section."));
    };
    let name = word.text();
    if let Some((i, c)) = name.char_indices().find(|(_, c)| !permitted(*c)) {
        let text = format!("character '{c}' is not permitted in log-profile name '{name}'.");
        return Err(Diag::alert(word.sub(i, c.len_utf8()), text));
    }
    if let Some(other) = cx.draft.log_profiles.iter().find(|p| p.name == name) {
        let text =
            format!("log-profile section '{name}' already exists (declared at {}).", cx.place(other.at));
        return Err(Diag::alert(word.span, text).help("give it another name"));
    }
    Ok(())
}

/// Reads a line of the section: `log-tag` or `on`.
///
/// # Errors
/// What is wrong with it.
pub fn read(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(first) = words.first() else { return Ok(()) };
    match first.text() {
        "log-tag" => {
            cx.at_most(words, 1)?;
            let Some(word) = words.get(1) else {
                return Err(Diag::alert(row::place(words, 1), "'log-tag' expects a tag for use in syslog."));
            };
            section(cx).tag = Some(word.text().to_owned());
            Ok(())
        }
        "on" => on(cx, words),
        other => {
            let diag =
                Diag::alert(first.span, format!("unknown statement '{other}' in 'log-profile' section"));
            Err(diag.help("write `on <step> format \"…\"`").near(other, ["log-tag", "on"].into_iter()))
        }
    }
}

fn section<'a>(cx: &'a mut DirectiveCx<'_>) -> &'a mut ProfileDraft {
    cx.draft.log_profiles.last_mut().expect("its section is open")
}

/// `on <step> [drop] [format <fmt>] [sd <fmt>]`.
fn on(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let name = row::text(words, 1);
    let steps = || Step::OF_EXCHANGES.iter().chain(&Step::FURTHER);
    let step = match steps().find(|(known, _)| *known == name) {
        Some((_, step)) => Some(*step),
        None if name == "any" => None,
        None if Step::UNBUILT.contains(&name) => {
            let text = format!("'on {name}': Ringmain writes no log line at this step of HAProxy yet");
            return Err(Diag::alert(words[1].span, text).help("remove it"));
        }
        None => {
            let text = format!("'on' expects a step, got '{name}'");
            let diag = Diag::alert(row::place(words, 1), text);
            return Err(diag
                .help("accept, request, connect, response, close, error or any")
                .near(name, steps().map(|s| s.0).chain(["any"])));
        }
    };
    let (mut drop, mut format, mut structured) = (false, None, None);
    let mut at = 2;
    while let Some(word) = words.get(at) {
        let slot = match word.text() {
            "drop" => {
                drop = true;
                at += 1;
                continue;
            }
            "format" => &mut format,
            "sd" => &mut structured,
            other => {
                let text = format!("'on {name}' expects 'drop', 'format' or 'sd', got '{other}'");
                return Err(Diag::alert(word.span, text));
            }
        };
        let Some(value) = words.get(at + 1) else {
            let text = format!("'on {name} {}' expects a format", word.text());
            return Err(Diag::alert(row::place(words, at + 1), text));
        };
        *slot = Some(value.clone());
        at += 2;
    }
    let draft = section(cx);
    draft.on.retain(|(known, ..)| *known != step);
    draft.on.push((step, drop, format, structured));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::row::{LOG_PROFILE, bench};

    #[test]
    fn steps_and_what_holds_at_them() {
        let lines = "log-tag x\non any drop\non close format \"%ST\" sd \"[a]\"\non http-req format \"a\"\non any format b";
        let draft = bench(LOG_PROFILE, lines).ok();
        let profile = &draft.log_profiles[0];
        assert_eq!(profile.tag.as_deref(), Some("x"));
        let shown: Vec<_> =
            profile.on.iter().map(|(s, d, f, sd)| (*s, *d, f.is_some(), sd.is_some())).collect();
        assert_eq!(
            shown,
            [
                (Some(Step::Close), false, true, true),
                (Some(Step::HttpRequest), false, true, false),
                (None, false, true, false)
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        let says = |line: &str| bench(LOG_PROFILE, line).says().to_owned();
        assert_eq!(says("foo"), "unknown statement 'foo' in 'log-profile' section");
        assert_eq!(says("on"), "'on' expects a step, got ''");
        assert!(says("on quic-init drop").contains("'on quic-init'"));
        assert_eq!(says("on close format"), "'on close format' expects a format");
        assert_eq!(says("on close x"), "'on close' expects 'drop', 'format' or 'sd', got 'x'");
    }
}
