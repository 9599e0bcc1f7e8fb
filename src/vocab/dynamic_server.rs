//! The words of `add server` (management manual, 9.3): the parameters of a `server` line, as far as a server that comes while
//! running may have them. Nothing of `default-server` holds for it.
use super::known::{self, Kind};
use super::row::DirectiveCx;
use super::server::{self, ServerCx};
use crate::plan::draft::{ServerDraft, ServerSettings};
use crate::syntax::Word;
use crate::vocab::{address, directive};

/// HAProxy takes these, and more that is not ours yet; `cookie`, `guid` and `init-state` are from its later versions.
const TAKEN: &[&str] = &[
    "addr",
    "agent-addr",
    "agent-check",
    "agent-inter",
    "agent-port",
    "agent-send",
    "backup",
    "check",
    "check-send-proxy",
    "check-via-socks4",
    "cookie",
    "disabled",
    "downinter",
    "enabled",
    "error-limit",
    "fall",
    "fastinter",
    "guid",
    "id",
    "init-state",
    "inter",
    "maxconn",
    "maxqueue",
    "minconn",
    "no-backup",
    "observe",
    "on-error",
    "on-marked-down",
    "on-marked-up",
    "pool-low-conn",
    "pool-max-conn",
    "pool-purge-delay",
    "port",
    "proto",
    "proxy-v2-options",
    "rise",
    "send-proxy",
    "send-proxy-v2",
    "slowstart",
    "source",
    "tfo",
    "track",
    "weight",
    "ws",
];

/// What was read.
#[derive(Debug)]
pub struct Added {
    pub server: ServerDraft,
    /// `enabled`: it takes requests at once.
    pub ready: bool,
}

/// Reads a server from its words: its name, its address, then its parameters. `cx` has the backend as its last proxy.
///
/// # Errors
/// HAProxy's words.
pub fn read(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<Added, String> {
    let [name, addr, ..] = words else {
        return Err("'server' expects <name> and <addr>[:<port>] as arguments.".to_owned());
    };
    let expanded = address::expand(addr.text(), cx.env);
    let address = address::server(&expanded, addr.span).map_err(|e| e.trim_end().to_owned())?;
    let (mut settings, mut id) = (ServerSettings::default(), None);
    let (mut at, mut ready) = (2, false);
    while at < words.len() {
        let word = words[at].text();
        let row = match server::find(word) {
            Some(row) if TAKEN.contains(&row.name) => row,
            Some(_) => return Err(not_accepted(word)),
            None => return Err(unknown(word)),
        };
        let mut inner = ServerCx { line: cx, settings: &mut settings, id: &mut id, name: name.text() };
        let more = (row.parse)(&mut inner, &words[at..]).map_err(|d| format!("{}.", d.message))?;
        match row.name {
            "enabled" => ready = true,
            "disabled" => ready = false,
            _ => {}
        }
        at += 1 + row.arguments + more;
    }
    if let Some(text) = server::watched_wrong(&settings, name.text()) {
        return Err(text);
    }
    let draft = directive::server::draft(name.span, name.span, name.text().to_owned(), address, settings, id);
    Ok(Added { server: draft, ready })
}

fn not_accepted(word: &str) -> String {
    format!("'{word}' option is not accepted for dynamic server")
}

fn unknown(word: &str) -> String {
    if known::knows(Kind::Server, word) {
        return format!("'{word}': Ringmain does not support this HAProxy keyword yet");
    }
    match known::haproxys_guess(Kind::Server, word) {
        Some(near) => format!("unknown keyword '{word}'; did you mean '{near}' maybe ?"),
        None => format!("unknown keyword '{word}'."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_taken_are_haproxys() {
        assert!(TAKEN.is_sorted());
        for word in TAKEN {
            assert!(known::knows(Kind::Server, word), "{word}");
        }
    }
}
