//! Log lines: their formats are read when the proxy's mode is known, as HAProxy does.
use super::names::SeenFrom;
use crate::plan::Mode;
use crate::plan::Plan;
use crate::plan::draft::{Draft, Flag, LogFormat, ProxyDraft, Settings};
use crate::plan::global::Log;
use crate::plan::logging::{Lines, LogSet, LogSetId, Needs, ProfileDraft, Recording};
use crate::rules::Format;
use crate::rules::format::{Part, Style, When, Whole};
use crate::rules::log_profile::{DoLog, Group, Override, Profile, Step};
use crate::rules::places;
use crate::syntax::{Diag, Diags, Severity, SourceMap, Span, Word};
use crate::vocab::expr::{Place, parse_format_at};
use crate::vocab::logformat::{self, httplog};
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

/// A word of a format that was read before, with the names that it holds.
fn again(word: &Word, place: Place, names: SeenFrom<'_>) -> Format {
    let format = parse_format_at(word, place).unwrap_or_default();
    // What does not exist was told.
    let _ = format.resolve(&names);
    format
}

fn built_in(text: &str) -> Format {
    let span = Span { file: crate::syntax::FileId(0), line: 0, col: 0, len: 0 };
    parse_format_at(&Word::new(text.as_bytes().to_vec(), span), Place::LOG).expect("our own formats are good")
}

const UNIQUE_ID: Place = Place { style: Style::PERCENT, merge: true, at: places::FE_REQUEST };

/// What a frontend records, where it records anything.
pub fn recording(
    plan: &mut Plan,
    proxy: &ProxyDraft,
    profiles: &[ProfileDraft],
    writes: &Writes,
    (needs, names): (Needs, SeenFrom<'_>),
) -> Option<Box<Recording>> {
    let settings = &proxy.settings;
    let drafts = &settings.logging;
    let whole = set(plan, settings);
    let logs = plan.log_sets[whole.0 as usize].logs.clone();
    let profiled = groups(plan, settings, profiles, &logs, names);
    let set = set_of(plan, settings, None, |log| log.profile.is_none());
    let unique_id = drafts.unique_id.as_ref().map(|w| again(w, UNIQUE_ID, names));
    let lines = (!logs.is_empty()).then(|| {
        let plain = logs.iter().any(|log| log.profile.is_none());
        let lines = Lines { plain, profiled: profiled.clone(), ..lines(settings, names) };
        Lines { when: when(&lines, settings, unique_id.as_ref()), ..lines }
    });
    let do_log = (writes.any && lines.is_some()).then(|| {
        let plain = Group { set: set.0, profile: None };
        let named = writes.profiles.iter().filter_map(|name| {
            let profile = profiles.iter().find(|p| p.name == *name)?;
            let set = set_of(plan, settings, profile.tag.as_deref(), |_| true);
            Some((name.clone(), Group { set: set.0, profile: Some(Arc::new(made(profile, names))) }))
        });
        let named = named.collect();
        let own = self::lines(settings, names);
        Arc::new(DoLog {
            groups: std::iter::once(plain).chain(profiled).collect(),
            named,
            format: Some(own.format.unwrap_or_else(|| built_in(old(settings.mode)))),
            structured: own.structured,
        })
    });
    let captures = &proxy.captures;
    let written = do_log.iter().flat_map(|log| log.format.iter().chain(&log.structured));
    let named = do_log.iter().flat_map(|log| &log.named).map(|(_, group)| group).flat_map(formats_of_group);
    let formats = lines.iter().flat_map(formats_of).chain(&unique_id).chain(written).chain(named);
    let variables = formats.flat_map(|f| &f.parts).filter_map(Part::variable);
    let all = variables.fold(needs, |all, name| all.or(logformat::needs(name)));
    plan.numbers_requests |= all.number;
    let recording = Recording {
        addresses: all.addresses,
        numbered: all.line_number,
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
        || needs.record
        || recording.unique_id.is_some()
        || recording.cookie.is_some()
        || !captures.request.is_empty()
        || !captures.response.is_empty();
    any.then(|| Box::new(recording))
}

/// The targets with a profile, by profile.
fn groups(
    plan: &mut Plan,
    settings: &Settings,
    profiles: &[ProfileDraft],
    logs: &[Log],
    names: SeenFrom<'_>,
) -> Vec<Group> {
    let mut used: Vec<&str> = logs.iter().filter_map(|log| log.profile.as_deref()).collect();
    used.sort_unstable();
    used.dedup();
    let of = |name: &str| {
        let profile = profiles.iter().find(|p| p.name == name)?;
        let set = set_of(plan, settings, profile.tag.as_deref(), |log| log.profile.as_deref() == Some(name));
        Some(Group { set: set.0, profile: Some(Arc::new(made(profile, names))) })
    };
    used.into_iter().filter_map(of).collect()
}

/// A profile as it holds in a proxy.
fn made(profile: &ProfileDraft, names: SeenFrom<'_>) -> Profile {
    let one = |word: &Option<Word>| word.as_ref().map(|w| again(w, Place::LOG, names));
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
    let own = lines.format.iter().chain(&lines.structured).chain(&lines.errors);
    own.chain(lines.profiled.iter().flat_map(formats_of_group))
}

fn formats_of_group(group: &Group) -> impl Iterator<Item = &Format> {
    let overrides = group.profile.iter().flat_map(|p| &p.steps).map(|(_, o)| o);
    overrides.flat_map(|o| o.format.iter().chain(&o.structured))
}

/// When the lines of a frontend are written: at the first instant at which every format that is used then has its values. What
/// is no part of the line counts too, as in HAProxy, which knows one instant for all formats of a proxy.
fn when(lines: &Lines, settings: &Settings, unique_id: Option<&Format>) -> When {
    if settings.logging.steps.is_some() {
        // At steps it is written by the step.
        return When::End;
    }
    let http = settings.mode == Mode::Http;
    let ready = |formats: Option<(Option<&Format>, Option<&Format>)>| match formats {
        // Nothing is written here, but it may be at the end.
        None => When::End,
        // `Connect from …`.
        Some((None, None)) => When::Begin,
        Some((format, structured)) => {
            format.into_iter().chain(structured).map(|f| f.when).max().unwrap_or_default()
        }
    };
    let own = (lines.format.as_ref(), lines.structured.as_ref());
    let beside = lines.errors.iter().chain(unique_id).map(|f| f.when).max().unwrap_or_default();
    let fits = |when: When| {
        let step = match (when, http) {
            (When::Begin, true) => Step::Request,
            (When::Begin, false) => Step::Accept,
            (_, true) => Step::Response,
            (_, false) => Step::Connect,
        };
        let of_group = |group: &Group| match &group.profile {
            Some(profile) => ready(profile.formats(step, own.0, own.1)),
            None => ready(Some(own)),
        };
        (!lines.plain || ready(Some(own)) <= when)
            && (lines.format.is_none() || beside <= when)
            && lines.profiled.iter().all(|group| of_group(group) <= when)
    };
    match () {
        () if fits(When::Begin) => When::Begin,
        () if lines.early || fits(When::Answer) => When::Answer,
        () => When::End,
    }
}

fn lines(settings: &Settings, names: SeenFrom<'_>) -> Lines {
    let (drafts, flags) = (&settings.logging, settings.flags);
    let place = Place::LOG;
    let format = match settings.log_format {
        None => None,
        Some(LogFormat::Tcp) => Some(built_in(TCP)),
        Some(LogFormat::Http) => Some(Format { whole: Some(httplog::write), ..built_in(httplog::FORMAT) }),
        Some(LogFormat::Clf) => Some(built_in(CLF)),
        Some(LogFormat::Https) => Some(built_in(HTTPS)),
        Some(LogFormat::Own) => drafts.format.as_ref().map(|w| {
            let whole = w.text() == httplog::FORMAT && settings.mode == Mode::Http;
            let whole: Option<Whole> = whole.then_some(httplog::write);
            Format { whole, ..again(w, place, names) }
        }),
    };
    // As in HAProxy there is none behind `Connect from …`.
    let structured = drafts.structured.as_ref().filter(|_| format.is_some()).map(|w| again(w, place, names));
    Lines {
        when: When::default(),
        early: flags.has(Flag::LogAsap),
        format,
        structured,
        errors: drafts.errors.as_ref().map(|w| again(w, place, names)),
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
    let place = Place::LOG;
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
