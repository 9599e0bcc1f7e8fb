//! `nameserver` (manual 5.3.2).
use super::{ResolversRow, section};
use crate::plan::Nameserver;
use crate::syntax::{Diag, Severity, Word};
use crate::vocab::address::{self, Address, Host, Ports};
use crate::vocab::opening::permitted;
use crate::vocab::row::{self, DirectiveCx};
use std::net::SocketAddr;

pub const ROW: ResolversRow = ResolversRow {
    name: "nameserver",
    doc: "nameserver <name> <address>:<port>: a name server, asked by datagrams; with tcp@ before the address over a \
          connection.",
    parse,
};

/// Prefixes of addresses, and whether they mean a connection.
const PREFIXES: [(&str, &str, bool); 8] = [
    ("udp@", "", false),
    ("udp4@", "ipv4@", false),
    ("udp6@", "ipv6@", false),
    ("dgram+", "", false),
    ("tcp@", "", true),
    ("tcp4@", "ipv4@", true),
    ("tcp6@", "ipv6@", true),
    ("stream+", "", true),
];

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let (Some(name), Some(word)) = (words.get(1), words.get(2)) else {
        let text = "'nameserver' expects <name> and <addr>[:<port>] as arguments.";
        return Err(Diag::alert(row::place(words, words.len()), text));
    };
    let id = name.text();
    if let Some((i, c)) = id.char_indices().find(|(_, c)| !permitted(*c)) {
        let text = format!("character '{c}' is not permitted in server name '{id}'.");
        return Err(Diag::alert(name.sub(i, c.len_utf8()), text));
    }
    if let Some(other) = section(cx).nameservers.iter().find(|n| n.name == id).map(|n| n.at) {
        let text = format!(
            "Parsing [{}]: nameserver '{id}' has same name as another nameserver (declared at {}).",
            cx.place(words[0].span),
            cx.place(other)
        );
        return Err(Diag::bare(Severity::Alert, Some(name.span), text));
    }
    let text = address::expand(word.text(), cx.env);
    let (addr, stream) =
        read(&text).map_err(|inner| Diag::alert(word.span, format!("'nameserver {id}' : {inner}")))?;
    if let (true, Some(parameter)) = (stream, words.get(3)) {
        return Err(row::not_built(parameter.span, &format!("nameserver {}", parameter.text()), "resolvers"));
    }
    // HAProxy reads nothing behind the address of a datagram server.
    section(cx).nameservers.push(Nameserver { name: id.to_owned(), addr, stream, at: words[0].span });
    Ok(())
}

fn read(text: &str) -> Result<(SocketAddr, bool), String> {
    const ALLOW: address::Allow = address::Allow { mandatory: true, ..address::PLAIN };
    let found = PREFIXES.iter().find_map(|(from, to, stream)| Some((text.strip_prefix(from)?, *to, *stream)));
    let (rest, family, stream) = found.unwrap_or((text, "", false));
    let inner = address::parse(&format!("{family}{rest}"), ALLOW).map_err(|e| e.replace(rest, text))?;
    let Address::Inet(host, Ports::Range(port, _)) = inner else {
        return Err(format!("Ringmain asks name servers by IP only: '{text}'"));
    };
    let ip = match host {
        Host::Ip(ip) => ip,
        Host::Name(name, family) => {
            address::resolve(&name, family).ok_or_else(|| format!("invalid address: '{name}' in '{text}'"))?
        }
    };
    Ok((SocketAddr::new(ip, port), stream))
}
