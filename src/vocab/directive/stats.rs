//! `stats` in `global` (manual 3.1); that of proxies is read by `stats_page`.
use crate::base::units::{TimeError, TimeUnit, leading_int, parse_time};
use crate::plan::StatsSocket;
use crate::syntax::{Diag, Severity, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::{address, bind};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "stats",
    sections: row::GLOBAL | row::PROXIES,
    no: false,
    doc: "stats socket <address> [<bind parameters>]: where the runtime interface listens. stats timeout <time>: how long \
          it waits for a command, 10 seconds by default. stats maxconn <number>: its most connections, 10 by default. In \
          proxies: stats enable | uri | realm | auth | admin | refresh | scope | http-request | hide-version | show-desc \
          | show-legends | show-modules | show-node: the statistics page.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if cx.section != row::GLOBAL {
        return crate::vocab::stats_page::parse(cx, words);
    }
    match row::text(words, 1) {
        "socket" => socket(cx, words),
        "timeout" => timeout(cx, words),
        "maxconn" => maxconn(cx, words),
        "bind-process" => {
            cx.draft.note_pointless("stats bind-process", words[1].span);
            Ok(())
        }
        other => {
            let text = format!(
                "'stats' only supports 'socket', 'maxconn', 'bind-process' and 'timeout' (got '{other}')"
            );
            Err(Diag::alert(row::place(words, 1), text))
        }
    }
}

fn socket(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(2) else {
        let text = "'stats socket' in global section expects an address or a path to a UNIX socket";
        return Err(Diag::alert(row::place(words, 2), text));
    };
    let addrs =
        address::listeners(&address::expand(word.text(), cx.env), None).map_err(|(inner, at, len)| {
            let text = format!("parsing [{}] : 'stats socket' : {inner}\n", cx.place(cx.line));
            Diag::at(Severity::Alert, word.sub(at, len), text)
        })?;
    let draft = bind::parameters(cx, words, 3, addrs, &Wording)?;
    for addr in &draft.addrs {
        cx.draft.global.stats_sockets.push(StatsSocket {
            addr: addr.clone(),
            level: draft.level.unwrap_or(1),
            mode: draft.mode,
            uid: draft.uid,
            gid: draft.gid,
            expose_fd_listeners: draft.expose_fd_listeners,
            severity: draft.severity.unwrap_or_default(),
        });
    }
    Ok(())
}

/// How errors of `bind` parameters read on this line.
struct Wording;

impl bind::Wording for Wording {
    fn failed(&self, _: &[Word], inner: &str) -> String {
        format!("'stats socket' : '{inner}'")
    }

    fn unknown(&self, _: &[Word], word: &str, near: Option<&str>) -> String {
        let near = near.map_or_else(String::new, |n| format!(" Did you mean '{n}' maybe ?"));
        format!("'stats socket' : unknown keyword '{word}'.{near}")
    }
}

fn timeout(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let (text, at) = (row::text(words, 2), row::place(words, 2));
    let time = parse_time(text, TimeUnit::Millis).map_err(|e| {
        Diag::alert(
            at,
            match e {
                // HAProxy's message ends with the text that it complains of.
                TimeError::Unexpected { found: '\0', .. } => {
                    "'stats timeout' : unexpected character '".to_owned()
                }
                TimeError::Unexpected { found, .. } => {
                    format!("'stats timeout' : unexpected character '{found}'")
                }
                other => other.message(text, "stats timeout", TimeUnit::Millis),
            },
        )
    })?;
    if time.count == 0 {
        return Err(Diag::alert(at, "'stats timeout' expects a positive value"));
    }
    cx.global().stats_timeout = Some(time.duration());
    Ok(())
}

fn maxconn(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(most) = row::positive(leading_int(row::text(words, 2))) else {
        return Err(Diag::alert(row::place(words, 2), "'stats maxconn' expects a positive value"));
    };
    cx.global().stats_maxconn = Some(most);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{GLOBAL, bench};

    #[test]
    fn sockets() {
        let draft = bench(
            GLOBAL,
            "stats socket /run/x.sock mode 660 level admin expose-fd listeners\nstats socket :99\nstats timeout 30s\nstats maxconn 4",
        );
        let global = draft.ok().global;
        let socket = &global.stats_sockets[0];
        assert_eq!((socket.mode, socket.level, socket.expose_fd_listeners), (Some(0o660), 2, true));
        assert_eq!(global.stats_sockets[1].level, 1, "operator by default");
        assert_eq!(global.stats_maxconn, Some(4));
    }

    #[test]
    fn messages_are_haproxys() {
        let says = |line: &str| bench(GLOBAL, line).says().to_owned();
        assert_eq!(
            says("stats socket /x level foo"),
            "'stats socket' : ''level' only supports 'user', 'operator', and 'admin' (got 'foo')'"
        );
        assert_eq!(says("stats socket /x frob"), "'stats socket' : unknown keyword 'frob'.");
        assert_eq!(says("stats timeout 5x"), "'stats timeout' : unexpected character 'x'");
        assert_eq!(says("stats maxconn x"), "'stats maxconn' expects a positive value");
        assert_eq!(
            says("stats foo"),
            "'stats' only supports 'socket', 'maxconn', 'bind-process' and 'timeout' (got 'foo')"
        );
    }
}
