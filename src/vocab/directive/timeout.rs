//! `timeout` (manual 4.2): one row, a table of its words.
use crate::base::units::{TimeUnit, parse_time, trailing_warning};
use crate::plan::draft::Timeouts;
use crate::syntax::{Diag, Severity, Span, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow, Sections};
use std::time::Duration;

pub const ROW: DirectiveRow = DirectiveRow {
    name: "timeout",
    sections: row::PROXIES,
    no: false,
    doc: "timeout { client | server | connect | check | queue | http-keep-alive | http-request | tunnel | tarpit | \
          client-fin | server-fin } <time>: how long to wait for the named thing, in milliseconds without a unit. 0 or \
          none: for ever.",
    parse,
};

/// One word behind `timeout`: where it holds, and its place in the draft.
struct Timeout {
    name: &'static str,
    /// `FRONTEND`, `BACKEND`, or both.
    sections: Sections,
    slot: fn(&mut Timeouts) -> &mut Option<Duration>,
}

const TIMEOUTS: [Timeout; 11] = [
    Timeout { name: "check", sections: row::BACKENDS, slot: |t| &mut t.check },
    Timeout { name: "client", sections: row::FRONTENDS, slot: |t| &mut t.client },
    Timeout { name: "client-fin", sections: row::FRONTENDS, slot: |t| &mut t.client_fin },
    Timeout { name: "connect", sections: row::BACKENDS, slot: |t| &mut t.connect },
    Timeout { name: "http-keep-alive", sections: row::PROXIES, slot: |t| &mut t.http_keep_alive },
    Timeout { name: "http-request", sections: row::PROXIES, slot: |t| &mut t.http_request },
    Timeout { name: "queue", sections: row::BACKENDS, slot: |t| &mut t.queue },
    Timeout { name: "server", sections: row::BACKENDS, slot: |t| &mut t.server },
    Timeout { name: "server-fin", sections: row::BACKENDS, slot: |t| &mut t.server_fin },
    Timeout { name: "tarpit", sections: row::PROXIES, slot: |t| &mut t.tarpit },
    Timeout { name: "tunnel", sections: row::BACKENDS, slot: |t| &mut t.tunnel },
];

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let what = row::text(words, 1);
    if matches!(what, "clitimeout" | "contimeout" | "srvtimeout") {
        return Err(Diag::alert(words[1].span, super::removed::timeout_text(what)));
    }
    if what == "client-hs" {
        return Err(row::not_built(words[1].span, "timeout client-hs", row::section_name(cx.section)));
    }
    let Some(timeout) = TIMEOUTS.iter().find(|t| t.name == what) else {
        return Err(unknown(row::place(words, 1), what));
    };
    let keyword = format!("timeout {what}");
    let Some(word) = words.get(2) else {
        let text = format!("'{keyword}' expects an integer value (in milliseconds)");
        return Err(Diag::alert(row::place(words, 2), text).help(format!("write `{keyword} 5s`")));
    };
    let time = parse_time(word.text(), TimeUnit::Millis).map_err(|e| {
        let at = match e {
            crate::base::units::TimeError::Unexpected { at, .. } => word.sub(at, 1),
            _ => word.span,
        };
        Diag::alert(at, e.message(word.text(), &keyword, TimeUnit::Millis))
            .help("units are us, ms, s, m, h and d; without one it is milliseconds")
    })?;
    if let Some(found) = time.trailing {
        let text = trailing_warning(found, word.text());
        cx.diags.push(Diag::bare(Severity::Warning, Some(word.span), text));
    }
    if timeout.sections & cx.section == 0 {
        let missing = if timeout.sections & row::FRONTEND != 0 { "frontend" } else { "backend" };
        let text =
            format!("'{keyword}' will be ignored because {} has no {missing} capability", cx.proxy_name());
        cx.diags
            .push(Diag::warning(words[1].span, text).help(format!("move it to the {missing}, or remove it")));
    }
    if let Some(extra) = words.get(3) {
        let text = format!(
            "'{keyword}' : unexpected extra argument '{}' after value '{}'.",
            extra.text(),
            word.text()
        );
        return Err(Diag::alert(extra.span, text).help("remove this word"));
    }
    set(cx, words, timeout, &keyword, time.duration());
    Ok(())
}

/// Keeps the value; a second one of the same section is worth a warning, one that replaces the defaults' is not, nor one
/// within `defaults`.
fn set(cx: &mut DirectiveCx<'_>, words: &[Word], timeout: &Timeout, keyword: &str, time: Duration) {
    let from = cx.proxy().from;
    let inherited = from.and_then(|d| *(timeout.slot)(&mut cx.draft.proxies[d].settings.timeouts));
    let slot = (timeout.slot)(&mut cx.proxy().settings.timeouts);
    let before = slot.replace(time);
    if before.is_some_and(|t| !t.is_zero()) && before != inherited && !cx.in_defaults() {
        cx.warn(words[1].span, format!("overwriting '{keyword}' which was already specified"));
    }
}

fn unknown(at: Span, what: &str) -> Diag {
    let text = format!(
        "'timeout' supports 'client', 'server', 'connect', 'check', 'queue', 'http-keep-alive', 'http-request', \
         'tunnel', 'tarpit', 'client-fin' and 'server-fin' (got '{what}')"
    );
    let diag = Diag::alert(at, text);
    diag.near(what, TIMEOUTS.iter().map(|t| t.name))
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, FRONTEND, LISTEN, bench};
    use std::time::Duration;

    #[test]
    fn every_timeout_has_its_own_place() {
        let lines: Vec<String> = super::TIMEOUTS
            .iter()
            .enumerate()
            .map(|(i, t)| format!("timeout {} {}s", t.name, i + 1))
            .collect();
        let draft = bench(LISTEN, &lines.join("\n")).ok();
        for (i, timeout) in super::TIMEOUTS.iter().enumerate() {
            let mut timeouts = draft.proxies[0].settings.timeouts;
            assert_eq!(
                *(timeout.slot)(&mut timeouts),
                Some(Duration::from_secs(i as u64 + 1)),
                "{}",
                timeout.name
            );
        }
    }

    #[test]
    fn messages_are_haproxys() {
        let says = |line: &str| bench(BACKEND, line).says().to_owned();
        assert_eq!(says("timeout queue 5x"), "unexpected character 'x' in 'timeout queue'");
        assert_eq!(says("timeout queue"), "'timeout queue' expects an integer value (in milliseconds)");
        assert_eq!(
            says("timeout server 5s 6s"),
            "'timeout server' : unexpected extra argument '6s' after value '5s'."
        );
        assert_eq!(
            says("timeout server 5s\ntimeout server 6s"),
            "overwriting 'timeout server' which was already specified"
        );
        assert_eq!(
            says("timeout client 5s"),
            "'timeout client' will be ignored because backend 'p' has no frontend capability"
        );
        assert_eq!(
            bench(FRONTEND, "timeout connect 5s").says(),
            "'timeout connect' will be ignored because frontend 'p' has no backend capability"
        );
        assert!(says("timeout conect 1s").ends_with("and 'server-fin' (got 'conect')"));
    }
}
