//! Log lines: their formats are read when the proxy's mode is known, as HAProxy does.
use crate::plan::Mode;
use crate::plan::Plan;
use crate::plan::draft::{Draft, Flag, LogFormat, ProxyDraft, Settings};
use crate::plan::global::Log;
use crate::plan::logging::{Lines, LogSet, LogSetId, ProfileDraft, Recording};
use crate::rules::Format;
use crate::rules::coded::What;
use crate::rules::format::{Part, Style, When, Whole};
use crate::rules::log_profile::{DoLog, Group, Override, Profile};
use crate::rules::places;
use crate::syntax::{Diag, Diags, Severity, SourceMap, Span, Word};
use crate::vocab::expr::{Place, parse_format_at};
use crate::vocab::logformat::httplog;
use std::sync::Arc;

/// The formats of `option tcplog`, `httplog` (also `clf`) and `httpslog`, as the manual has them (8.2).
const TCP: &str = "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq";
const CLF: &str = "%{+Q}o %{-Q}ci - - [%trg] %r %ST %B \"\" \"\" %cp %ms %ft %b %s %TR %Tw %Tc %Tr %Ta %tsc %ac %fc %bc \
                   %sc %rc %sq %bq %CC %CS %hrl %hsl";
/// Without TLS the fields of TLS are what HAProxy writes where there is none.
const HTTPS: &str = "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs \
                     %{+Q}r 0/-/-/-/0 -/%sslv/%sslc";

/// Begins the list of sets with the process's own.
pub fn start(plan: &mut Plan) {
    let tag = plan.global.log_tag.clone().unwrap_or_else(program);
    plan.log_sets = vec![LogSet { logs: plan.global.logs.clone(), tag }];
}

/// The default of `log-tag`: the program's name as it was called (the manual). Under our own name it is HAProxy's: filters,
/// rotation and dashboards look for `haproxy[pid]`, and they go on as they are.
fn program() -> String {
    let path = std::env::args_os().next().unwrap_or_default();
    tag_of(&std::path::Path::new(&path).file_name().unwrap_or_default().to_string_lossy())
}

fn tag_of(program: &str) -> String {
    if program.is_empty() || program.starts_with("ringmain") { "haproxy" } else { program }.to_owned()
}

/// The set of a proxy.
pub fn set(plan: &mut Plan, settings: &Settings) -> LogSetId {
    let global = if settings.log_global { plan.global.logs.as_slice() } else { &[] };
    let set = LogSet {
        logs: global.iter().chain(&settings.logs).cloned().collect(),
        tag: settings.log_tag.clone().unwrap_or_else(|| plan.log_sets[0].tag.clone()),
    };
    keep(plan, set)
}

/// The set of some of a proxy's `log` lines.
fn set_of(
    plan: &mut Plan,
    settings: &Settings,
    tag: Option<&str>,
    wanted: impl Fn(&Log) -> bool,
) -> LogSetId {
    let global = if settings.log_global { plan.global.logs.as_slice() } else { &[] };
    let logs = global.iter().chain(&settings.logs).filter(|l| wanted(l)).cloned().collect();
    let tag = tag.or(settings.log_tag.as_deref()).unwrap_or(&plan.log_sets[0].tag).to_owned();
    keep(plan, LogSet { logs, tag })
}

fn keep(plan: &mut Plan, set: LogSet) -> LogSetId {
    let at = plan.log_sets.iter().position(|other| *other == set).unwrap_or_else(|| {
        plan.log_sets.push(set);
        plan.log_sets.len() - 1
    });
    LogSetId(at as u32)
}

/// A word of a format that was read before.
fn again(word: &Word, place: Place) -> Format {
    parse_format_at(word, place).unwrap_or_default()
}

fn built_in(text: &str) -> Format {
    let span = Span { file: crate::syntax::FileId(0), line: 0, col: 0, len: 0 };
    parse_format_at(&Word::new(text.as_bytes().to_vec(), span), Place::log(true))
        .expect("our own formats are good")
}

const UNIQUE_ID: Place = Place { style: Style::PERCENT, merge: true, http: true, at: places::FE_REQUEST };

/// What a frontend records, where it records anything.
pub fn recording(
    plan: &mut Plan,
    proxy: &ProxyDraft,
    profiles: &[ProfileDraft],
    writes: &Writes,
) -> Option<Box<Recording>> {
    let settings = &proxy.settings;
    let drafts = &settings.logging;
    let whole = set(plan, settings);
    let logs = plan.log_sets[whole.0 as usize].logs.clone();
    let profiled = groups(plan, settings, profiles, &logs);
    let set = set_of(plan, settings, None, |log| log.profile.is_none());
    let lines = (!logs.is_empty()).then(|| Lines {
        plain: logs.iter().any(|log| log.profile.is_none()),
        profiled: profiled.clone(),
        ..lines(settings)
    });
    let do_log = (writes.any && lines.is_some()).then(|| {
        let plain = Group { set: set.0, profile: None };
        let named = writes.profiles.iter().filter_map(|name| {
            let profile = profiles.iter().find(|p| p.name == *name)?;
            let set = set_of(plan, settings, profile.tag.as_deref(), |_| true);
            Some((name.clone(), Group { set: set.0, profile: Some(Arc::new(made(profile, settings))) }))
        });
        let named = named.collect();
        let own = self::lines(settings);
        Arc::new(DoLog {
            groups: std::iter::once(plain).chain(profiled).collect(),
            named,
            format: Some(own.format.unwrap_or_else(|| built_in(old(settings.mode)))),
            structured: own.structured,
        })
    });
    let captures = &proxy.captures;
    let addresses = lines.iter().flat_map(formats_of).any(|f| names(f, is_address));
    let numbered = lines.iter().flat_map(formats_of).any(|f| names(f, |name| name == "lc"));
    let unique_id = drafts.unique_id.as_ref().map(|w| again(w, UNIQUE_ID));
    let written = do_log.iter().flat_map(|log| log.format.iter().chain(&log.structured));
    let numbers = lines.iter().flat_map(formats_of).chain(&unique_id).chain(written);
    plan.numbers_requests |= numbers.into_iter().any(|f| names(f, |name| name == "rt"));
    let recording = Recording {
        addresses,
        numbered,
        lines,
        set,
        request_captures: captures.request.clone(),
        response_captures: captures.response.clone(),
        cookie: captures.cookie.clone(),
        line_bytes: plan.global.line_bytes,
        unique_id: unique_id.map(Into::into),
        unique_id_header: drafts.unique_id_header.clone(),
        do_log,
    };
    let any = recording.lines.is_some()
        || recording.unique_id.is_some()
        || recording.cookie.is_some()
        || !captures.request.is_empty()
        || !captures.response.is_empty();
    any.then(|| Box::new(recording))
}

/// The targets with a profile, by profile.
fn groups(plan: &mut Plan, settings: &Settings, profiles: &[ProfileDraft], logs: &[Log]) -> Vec<Group> {
    let mut names: Vec<&str> = logs.iter().filter_map(|log| log.profile.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    let of = |name: &str| {
        let profile = profiles.iter().find(|p| p.name == name)?;
        let set = set_of(plan, settings, profile.tag.as_deref(), |log| log.profile.as_deref() == Some(name));
        Some(Group { set: set.0, profile: Some(Arc::new(made(profile, settings))) })
    };
    names.into_iter().filter_map(of).collect()
}

/// A profile as it holds in a proxy.
fn made(profile: &ProfileDraft, settings: &Settings) -> Profile {
    let place = Place::log(settings.mode == Mode::Http);
    let one = |word: &Option<Word>| word.as_ref().map(|w| again(w, place));
    let of = |(step, drop, format, structured): &(_, bool, Option<Word>, Option<Word>)| {
        (*step, Override { drop: *drop, format: one(format), structured: one(structured) })
    };
    Profile { steps: profile.on.iter().map(of).collect() }
}

/// The line of a proxy without a format, as `do-log` writes it.
fn old(mode: Mode) -> &'static str {
    match mode {
        Mode::Http => "Connect from %ci:%cp to %fi:%fp (%f/HTTP)",
        Mode::Tcp => "Connect from %ci:%cp to %fi:%fp (%f/TCP)",
    }
}

/// Which rules of the configuration write lines.
#[derive(Debug, Default)]
pub struct Writes {
    any: bool,
    /// The profiles they name.
    profiles: Vec<String>,
}

impl Writes {
    /// Looks through all rules.
    pub fn of(draft: &Draft) -> Writes {
        let mut writes = Writes::default();
        for profile in draft.proxies.iter().flat_map(|p| p.rules.all()).filter_map(|r| r.action.writes_logs())
        {
            writes.any = true;
            writes.profiles.extend(profile.map(str::to_owned));
        }
        writes.profiles.sort_unstable();
        writes.profiles.dedup();
        writes
    }
}

fn formats_of(lines: &Lines) -> impl Iterator<Item = &Format> {
    let profiles = lines.profiled.iter().filter_map(|group| group.profile.as_deref());
    let overrides = profiles.flat_map(|p| &p.steps).map(|(_, o)| o);
    let own = lines.format.iter().chain(&lines.structured).chain(&lines.errors);
    own.chain(overrides.flat_map(|o| o.format.iter().chain(&o.structured)))
}

/// Whether one of these variables is among the parts.
fn names(format: &Format, wanted: impl Fn(&str) -> bool) -> bool {
    format.parts.iter().any(|part| match part {
        Part::Variable(name, ..) => wanted(name),
        Part::Coded(item) => matches!(&item.what, What::Variable(name, ..) if wanted(name)),
        _ => false,
    })
}

fn is_address(name: &str) -> bool {
    matches!(name, "si" | "sp" | "bi" | "bp")
}

fn lines(settings: &Settings) -> Lines {
    let (drafts, flags) = (&settings.logging, settings.flags);
    let place = Place::log(settings.mode == Mode::Http);
    let format = match settings.log_format {
        None => None,
        Some(LogFormat::Tcp) => Some(built_in(TCP)),
        Some(LogFormat::Http) => Some(Format { whole: Some(httplog::write), ..built_in(httplog::FORMAT) }),
        Some(LogFormat::Clf) => Some(built_in(CLF)),
        Some(LogFormat::Https) => Some(built_in(HTTPS)),
        Some(LogFormat::Own) => drafts.format.as_ref().map(|w| {
            let whole: Option<Whole> = (w.text() == httplog::FORMAT).then_some(httplog::write);
            Format { whole, ..again(w, place) }
        }),
    };
    let structured = drafts.structured.as_ref().map(|w| again(w, place));
    let early = flags.has(Flag::LogAsap);
    let wanted = format.as_ref().map_or(When::Accept, |f| f.when);
    Lines {
        // At steps it is written by the step.
        when: match (drafts.steps, early) {
            (Some(_), _) => When::End,
            (None, true) => wanted.min(When::Answer),
            (None, false) => wanted,
        },
        early,
        format,
        structured,
        errors: drafts.errors.as_ref().map(|w| again(w, place)),
        skip_null: flags.has(Flag::DontLogNull),
        skip_normal: flags.has(Flag::DontLogNormal),
        separate_errors: flags.has(Flag::LogSeparateErrors),
        steps: drafts.steps,
        plain: true,
        profiled: Vec::new(),
    }
}

/// The words of a proxy's formats with their keywords.
fn words(proxy: &ProxyDraft) -> impl Iterator<Item = (&'static str, &Word, Place)> {
    let drafts = &proxy.settings.logging;
    let place = Place::log(proxy.settings.mode == Mode::Http);
    let own = proxy.settings.log_format == Some(LogFormat::Own);
    [
        ("log-format", drafts.format.as_ref().filter(|_| own), place),
        ("log-format-sd", drafts.structured.as_ref(), place),
        ("error-log-format", drafts.errors.as_ref(), place),
        ("unique-id", drafts.unique_id.as_ref(), UNIQUE_ID),
    ]
    .into_iter()
    .filter_map(|(name, word, place)| Some((name, word?, place)))
}

/// The formats of a frontend and where they stand, those that can be read.
pub fn formats(proxy: &ProxyDraft) -> Vec<(Span, Format)> {
    if !proxy.kind.has_frontend() {
        return Vec::new();
    }
    words(proxy)
        .filter_map(|(_, word, place)| Some((word.span, parse_format_at(word, place).ok()?)))
        .collect()
}

/// Whether the formats of a frontend can be read.
pub fn check(proxy: &ProxyDraft, map: &SourceMap, diags: &mut Diags) {
    if !proxy.kind.has_frontend() {
        return;
    }
    for (name, word, place) in words(proxy) {
        if let Err(diag) = parse_format_at(word, place) {
            let what = diag.message.trim_end_matches('.');
            let place = format!("{}:{}", map.name(word.span.file), word.span.line);
            let message = format!("Parsing [{place}]: failed to parse {name} : {what}.");
            diags.push(Diag { message, bare: true, ..diag });
        }
    }
    missing_captures(proxy, diags);
}

/// `http-request capture … id` names a place that must be there.
fn missing_captures(proxy: &ProxyDraft, diags: &mut Diags) {
    let rules = &proxy.rules;
    for (rule, set) in rules
        .http_request
        .iter()
        .map(|r| (r, "http-request"))
        .chain(rules.http_response.iter().map(|r| (r, "http-response")))
    {
        let Some(slot) = rule.action.capture() else { continue };
        let list = if slot.response { &proxy.captures.response } else { &proxy.captures.request };
        let Some(id) = slot.index.get().filter(|id| **id >= list.len()) else { continue };
        let text = format!(
            "Proxy '{}': unable to find capture id '{id}' referenced by {set} capture rule.",
            proxy.name
        );
        let help = "write `declare capture` for it; the first one has the id 0";
        diags.push(Diag::bare(Severity::Alert, Some(rule.at), text).help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::tag_of;

    #[test]
    fn lines_are_found_where_haproxys_were() {
        assert_eq!(
            ["ringmain", "ringmain-1.2", "haproxy", "edge-lb", ""].map(tag_of),
            ["haproxy", "haproxy", "haproxy", "edge-lb", "haproxy"]
        );
    }
}
