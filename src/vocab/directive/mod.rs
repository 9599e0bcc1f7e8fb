//! The words a line may begin with (manual, 3 "Global parameters" and 4 "Proxies"), and how a line finds its row.
use super::known;
use super::row::{self, DirectiveCx, DirectiveRow, Polarity};
use crate::syntax::{Diag, Word, nearest};

pub use log::level as log_level;

rows! { DirectiveRow:
    acl,
    backlog,
    balance,
    bind,
    bind_process,
    capture,
    chroot,
    cookie,
    cpu_map,
    daemon,
    declare,
    default_backend,
    default_server,
    description,
    disabled,
    dynamic_cookie_key,
    enabled,
    errorfile,
    errorfiles,
    external_check,
    fd_hard_limit,
    fullconn,
    grace,
    guid,
    hard_stop_after,
    hash_balance_factor,
    hash_preserve_affinity,
    hash_type,
    http_check,
    http_error,
    http_request,
    http_response,
    http_reuse,
    http_send_name_header,
    id,
    insecure_fork_wanted,
    log,
    log_send_hostname,
    log_steps,
    log_tag,
    master_worker,
    max_spread_checks,
    maxconn,
    mode,
    monitor,
    monitor_uri,
    nbthread,
    node,
    option,
    persist,
    pidfile,
    quiet,
    rate_limit,
    redirect,
    retries,
    retry_on,
    server,
    server_template,
    spread_checks,
    stats,
    stats_file,
    stick,
    stick_table,
    strict_limits,
    tcp_check,
    tcp_request,
    timeout,
    ulimit_n,
    unix_bind,
    use_backend,
    use_server,
    zero_warning;
    families: environment, errorloc, identity, keepalive_probes, log_formats, max_rates, persist_rules, platform, removed, server_state,
        set_var, source,
        threads, tls_defaults, tune, tune_logs
}

pub use set_var::set_process_value;

/// Reads one line of a section that has rows.
///
/// # Errors
/// What is wrong with it. Warnings were pushed to the context.
pub fn read(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let words = polarity(cx, words)?;
    let Some(first) = words.first() else { return Ok(()) };
    if cx.section == row::RESOLVERS {
        return super::resolvers::read(cx, words);
    }
    if cx.section == row::LOG_PROFILE {
        return super::section::log_profile::read(cx, words);
    }
    if cx.section == row::RING {
        return super::ring::read(cx, words);
    }
    if cx.section == row::HTTP_ERRORS {
        return super::section::http_errors::read(cx, words);
    }
    let family = if cx.section == row::GLOBAL { row::GLOBAL } else { row::PROXIES };
    let Some(row) = all().find(|r| r.name == first.text() && r.sections & family != 0) else {
        return Err(unknown(cx, first));
    };
    if row.sections & cx.section == 0 {
        return elsewhere(cx, row, first);
    }
    (row.parse)(cx, words)
}

/// Takes `no` and `default` off.
fn polarity<'w>(cx: &mut DirectiveCx<'_>, words: &'w [Word]) -> Result<&'w [Word], Diag> {
    cx.polarity = match row::text(words, 0) {
        "no" => Polarity::No,
        "default" => Polarity::Default,
        _ => return Ok(words),
    };
    let keyword = row::text(words, 1);
    // HAProxy's own list; one of them may well be a word that is not built yet.
    const NEGATABLE: [&str; 7] = [
        "option",
        "log",
        "busy-polling",
        "set-dumpable",
        "strict-limits",
        "insecure-fork-wanted",
        "numa-cpu-mapping",
    ];
    if !NEGATABLE.contains(&keyword) {
        let text = "negation/default currently supported only for options, log, busy-polling, set-dumpable, \
                    strict-limits, insecure-fork-wanted and numa-cpu-mapping.";
        return Err(Diag::alert(row::place(words, 0), text).tight());
    }
    Ok(&words[1..])
}

/// A word without a row: known to HAProxy, or to nobody.
fn unknown(cx: &DirectiveCx<'_>, word: &Word) -> Diag {
    let section = row::section_name(cx.section);
    let kind = if cx.section == row::GLOBAL { known::Kind::Global } else { known::Kind::Proxy };
    if known::knows(kind, word.text()) {
        let diag = row::not_built(word.span, word.text(), section);
        return match known::missing_part(word.text()) {
            Some(part) => {
                diag.help(format!("Ringmain has no {part} yet; keep what needs it on HAProxy for now"))
            }
            None => diag,
        };
    }
    let near = known::haproxys_guess(kind, word.text());
    let maybe = near.map_or_else(String::new, |w| format!("; did you mean '{w}' maybe ?"));
    let text = format!("unknown keyword '{}' in '{section}' section{maybe}", word.text());
    let diag = Diag::alert(word.span, text);
    let ours = all().filter(|r| r.sections & cx.section != 0).map(|r| r.name);
    match nearest(word.text(), ours) {
        Some(best) => diag.help(format!("did you mean `{best}`?")),
        None => diag.help(format!("no keyword of a `{section}` section is near this")),
    }
}

/// A word that has its place in another section: HAProxy ignores it with a warning, or refuses it.
fn elsewhere(cx: &mut DirectiveCx<'_>, row: &DirectiveRow, word: &Word) -> Result<(), Diag> {
    let name = row.name;
    if cx.in_defaults() {
        let at = if name.starts_with("server") { place_only(cx, word) } else { String::new() };
        let diag = Diag::alert(word.span, format!("{at}'{name}' not allowed in 'defaults' section."));
        return Err(match name {
            "id" | "description" => diag.tight(),
            "server" | "server-template" => Diag { bare: true, ..diag },
            _ => diag,
        });
    }
    let proxy = cx.proxy_name();
    let missing = if row.sections & row::FRONTEND != 0 { "frontend" } else { "backend" };
    if matches!(name, "server" | "default-server" | "server-template") {
        let at = place_only(cx, word);
        let text = format!(
            "{at}parsing [{}] : '{name}' not allowed because {proxy} has no {missing} capability.",
            cx.place(word.span)
        );
        return Err(Diag::bare(crate::syntax::Severity::Alert, Some(word.span), text)
            .help("servers stand in `backend` and `listen` sections"));
    }
    let hint = match name {
        "maxconn" => " Maybe you want 'fullconn' instead ?",
        "fullconn" => " Maybe you want 'maxconn' instead ?",
        _ => "",
    };
    let text = format!("'{name}' ignored because {proxy} has no {missing} capability.{hint}");
    cx.diags.push(Diag::warning(word.span, text).help(format!("move it to the {missing}, or remove it")));
    Ok(())
}

/// `[file:line] : `, as HAProxy begins messages about servers.
fn place_only(cx: &DirectiveCx<'_>, word: &Word) -> String {
    format!("[{}] : ", cx.place(word.span))
}
