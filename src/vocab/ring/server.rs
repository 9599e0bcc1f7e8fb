//! `server` of a ring (manual 3.9): a log server that gets every line over a connection.
use super::{RingRow, section};
use crate::plan::ServerAddr;
use crate::plan::draft::{PortSpec, ServerAddress, ServerSettings};
use crate::syntax::{Diag, Word};
use crate::vocab::directive::server::{address, draft};
use crate::vocab::row::DirectiveCx;
use crate::vocab::server;

pub const ROW: RingRow = RingRow {
    name: "server",
    doc: "server <name> <address>:<port> [log-proto legacy|octet-count] [<parameters>]: a log server that gets every line.",
    parse,
};

/// Parameters that mean the same here as elsewhere.
const KEPT: [&str; 7] = ["interface", "log-proto", "namespace", "source", "tcp-md5sig", "tcp-ut", "tfo"];
/// Those that would change what is sent, and are not built here.
const REFUSED: [&str; 6] =
    ["send-proxy", "send-proxy-v2", "proxy-v2-options", "set-proxy-v2-tlv-fmt", "socks4", "resolvers"];

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let [_, name, addr, ..] = words else { return Err(server::too_short(cx, words)) };
    let place = address(cx, name.text(), addr)?;
    let mut settings = ServerSettings::default();
    let id = server::parameters(cx, words, 3, Some(name.text()), &mut settings)?;
    let is = |word: &&Word, list: &[&str]| list.contains(&word.text());
    if let Some(word) = words[3..].iter().find(|w| is(w, &REFUSED)) {
        let text = format!("'{}' on a log server: Ringmain does not support this yet", word.text());
        return Err(server::error(cx, Some(name.text()), Diag::alert(word.span, text)));
    }
    if settings.line.usesrc.is_some() {
        let text = "'usesrc' on a log server: there is no client whose address it could be";
        return Err(server::error(cx, Some(name.text()), Diag::alert(words[3].span, text)));
    }
    let port = match &place {
        ServerAddress::Known(ServerAddr::InetRelative(..)) => false,
        ServerAddress::Known(_) => true,
        ServerAddress::Host { port, .. } => matches!(port, PortSpec::Fixed(_)),
    };
    if !port {
        let text = format!("a log server needs a port in '{}'", addr.text());
        return Err(server::error(cx, Some(name.text()), Diag::alert(addr.span, text))
            .help("syslog over TCP is often at 514 or 6514"));
    }
    let idle: Vec<&str> = words[3..]
        .iter()
        .filter(|w| server::find(w.text()).is_some() && !is(w, &KEPT))
        .map(Word::text)
        .collect();
    if !idle.is_empty() {
        let (name, idle) = (name.text(), idle.join("', '"));
        let text = format!("'server {name}' : no effect on a log server: '{idle}'.");
        cx.idle(words[3].span, text, "remove them");
    }
    let made = draft(words[0].span, name.span, name.text().to_owned(), place, settings, id);
    section(cx).servers.push(made);
    Ok(())
}
