//! Log lines: their formats are read when the proxy's mode is known, as HAProxy does.
use crate::plan::Mode;
use crate::plan::Plan;
use crate::plan::draft::{Flag, LogFormat, ProxyDraft, Settings};
use crate::plan::logging::{Lines, LogSet, LogSetId, Recording};
use crate::rules::Format;
use crate::rules::format::{Part, Style, When};
use crate::syntax::{Diag, Diags, Severity, SourceMap, Span, Word};
use crate::vocab::expr::{Place, parse_format_at};

/// The formats of `option tcplog`, `httplog` (also `clf`) and `httpslog`, as the manual has them (8.2).
const TCP: &str = "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq";
const HTTP: &str = "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs \
                    %{+Q}r";
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

/// The program's name as it was called: the manual's default of `log-tag`.
fn program() -> String {
    let path = std::env::args_os().next().unwrap_or_default();
    std::path::Path::new(&path).file_name().map_or("ringmain".into(), |n| n.to_string_lossy().into_owned())
}

/// The set of a proxy.
pub fn set(plan: &mut Plan, settings: &Settings) -> LogSetId {
    let global = if settings.log_global { plan.global.logs.as_slice() } else { &[] };
    let set = LogSet {
        logs: global.iter().chain(&settings.logs).cloned().collect(),
        tag: settings.log_tag.clone().unwrap_or_else(|| plan.log_sets[0].tag.clone()),
    };
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

const UNIQUE_ID: Place =
    Place { style: Style::PERCENT, merge: true, http: true, afterwards: false, early: true };

/// What a frontend records, where it records anything.
pub fn recording(plan: &mut Plan, proxy: &ProxyDraft) -> Option<Box<Recording>> {
    let settings = &proxy.settings;
    let drafts = &settings.logging;
    let set = set(plan, settings);
    let logs = !plan.log_sets[set.0 as usize].logs.is_empty();
    let lines = logs.then(|| lines(settings));
    let captures = &proxy.captures;
    let addresses = lines.iter().flat_map(formats_of).any(names_addresses);
    let unique_id = drafts.unique_id.as_ref().map(|w| again(w, UNIQUE_ID));
    plan.numbers_requests |= lines.iter().flat_map(formats_of).chain(&unique_id).any(names_number);
    let recording = Recording {
        addresses,
        lines,
        set,
        request_captures: captures.request.clone(),
        response_captures: captures.response.clone(),
        cookie: captures.cookie.clone(),
        line_bytes: plan.global.line_bytes,
        unique_id: unique_id.map(Into::into),
        unique_id_header: drafts.unique_id_header.clone(),
    };
    let any = recording.lines.is_some()
        || recording.unique_id.is_some()
        || recording.cookie.is_some()
        || !captures.request.is_empty()
        || !captures.response.is_empty();
    any.then(|| Box::new(recording))
}

fn formats_of(lines: &Lines) -> impl Iterator<Item = &Format> {
    lines.format.iter().chain(&lines.structured).chain(&lines.errors)
}

fn names_addresses(format: &Format) -> bool {
    format.parts.iter().any(|p| matches!(p, Part::Variable("si" | "sp" | "bi" | "bp", ..)))
}

fn names_number(format: &Format) -> bool {
    format.parts.iter().any(|p| matches!(p, Part::Variable("rt", ..)))
}

fn lines(settings: &Settings) -> Lines {
    let (drafts, flags) = (&settings.logging, settings.flags);
    let place = Place::log(settings.mode == Mode::Http);
    let format = match settings.log_format {
        None => None,
        Some(LogFormat::Tcp) => Some(built_in(TCP)),
        Some(LogFormat::Http) => Some(built_in(HTTP)),
        Some(LogFormat::Clf) => Some(built_in(CLF)),
        Some(LogFormat::Https) => Some(built_in(HTTPS)),
        Some(LogFormat::Own) => drafts.format.as_ref().map(|w| again(w, place)),
    };
    let structured = drafts.structured.as_ref().map(|w| again(w, place));
    let early = flags.has(Flag::LogAsap);
    let wanted = format.as_ref().map_or(When::Accept, |f| f.when);
    Lines {
        when: if early { wanted.min(When::Answer) } else { wanted },
        early,
        format,
        structured,
        errors: drafts.errors.as_ref().map(|w| again(w, place)),
        skip_null: flags.has(Flag::DontLogNull),
        skip_normal: flags.has(Flag::DontLogNormal),
        separate_errors: flags.has(Flag::LogSeparateErrors),
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
