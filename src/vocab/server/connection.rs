//! Parameters of a server about how its connections are made (manual 5.2): `guid`, `log-proto`, `namespace`, `proto`, `redir`,
//! `socks4`, `tcp-md5sig`, `tcp-ut`, `tfo`, `ws`.
use super::{ServerCx, ServerRow, wrong};
use crate::base::units::{TimeUnit, parse_time};
use crate::net::Namespace;
use crate::syntax::{Diag, Word};
use crate::vocab::address::{self, Address, Allow, Host, Ports};
use crate::vocab::{guid as names, row};
use std::net::SocketAddr;

pub const ROWS: &[ServerRow] = &[
    of(
        "guid",
        "guid <id>: a name that stays the server's whatever the file calls it; no other has it.",
        1,
        guid,
    ),
    of(
        "log-proto",
        "log-proto { legacy | octet-count }: how a server of a `ring` tells lines apart: by LF, or by their length before them.",
        1,
        log_proto,
    ),
    of(
        "namespace",
        "namespace <name>: connections are made in this network namespace; with * in the one that the client's PROXY header \
         names, where some line names it too.",
        1,
        namespace,
    ),
    of("no-tfo", "no-tfo: takes back a tfo of default-server.", 0, |cx, _| {
        cx.settings.line.socket().fast_open = false;
        Ok(0)
    }),
    of("proto", "proto <name>: the protocol spoken to the server; only h1 is built.", 1, proto),
    of(
        "redir",
        "redir <prefix>: GET and HEAD are answered with a redirection to this prefix and the path.",
        1,
        redir,
    ),
    of("socks4", "socks4 <addr>:<port>: connections to the server go through this SOCKS 4 relay.", 1, socks4),
    of("tcp-md5sig", "tcp-md5sig <key>: the server's TCP segments are signed (RFC 2385).", 1, md5),
    of("tcp-ut", "tcp-ut <delay>: how long data may stay unacknowledged.", 1, tcp_ut),
    of("tfo", "tfo: TCP Fast Open; the first bytes go with the first packet.", 0, |cx, _| {
        cx.settings.line.socket().fast_open = true;
        Ok(0)
    }),
    of("ws", "ws { auto | h1 | h2 }: how WebSockets go to the server; only HTTP/1.1 is built.", 1, ws),
];

type Parse = fn(&mut ServerCx<'_, '_>, &[Word]) -> Result<usize, Diag>;

const fn of(name: &'static str, doc: &'static str, arguments: usize, parse: Parse) -> ServerRow {
    ServerRow { name, arguments, default_server: true, doc, parse }
}

fn guid(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let Some(word) = words.get(1) else { return Err(wrong(words, "'guid' : expects an argument")) };
    let name = word.text();
    names::check(cx.line.draft, name).map_err(|text| wrong(words, text))?;
    cx.settings.line.guid = Some(name.to_owned());
    Ok(0)
}

fn log_proto(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    match row::text(words, 1) {
        value @ ("legacy" | "octet-count") if cx.line.section == row::RING => {
            cx.settings.line.octet_count = value == "octet-count";
        }
        "legacy" | "octet-count" => cx.line.draft.note_pointless("server … log-proto", words[0].span),
        other => {
            let text = format!("'log-proto' expects one of 'legacy' or 'octet-count' but got '{other}'");
            return Err(wrong(words, text));
        }
    }
    Ok(0)
}

fn namespace(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let Some(word) = words.get(1) else {
        return Err(wrong(words, "'namespace' : expects <name> as argument"));
    };
    let name = word.text();
    if name == "*" {
        cx.settings.line.clients_namespace = true;
        return Ok(0);
    }
    let opened =
        Namespace::open(name).map_err(|_| wrong(words, format!("Cannot open namespace '{name}'")))?;
    cx.settings.line.socket().namespace = Some(opened);
    Ok(0)
}

fn proto(_: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    match row::text(words, 1) {
        "h1" => Ok(0),
        "" => Err(wrong(words, "'proto' : missing value")),
        name @ ("h2" | "fcgi" | "spop" | "quic" | "none") => {
            Err(wrong(words, format!("'proto {name}' : Ringmain speaks only HTTP/1 to servers yet")))
        }
        name => Err(wrong(words, format!("'proto' :  unknown MUX protocol '{name}'"))),
    }
}

fn redir(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let Some(word) = words.get(1) else {
        return Err(wrong(words, "'redir' expects <prefix> as argument."));
    };
    cx.settings.line.redir = Some(word.text().to_owned());
    Ok(0)
}

fn socks4(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let Some(word) = words.get(1) else {
        return Err(wrong(words, "'socks4' expects <addr>:<port> as argument."));
    };
    let text = word.text();
    const RELAY: Allow = Allow { mandatory: true, port: true, range: false, offset: false };
    let inner = |inner: String| wrong(words, format!("'socks4 {text}' : {inner}"));
    let (host, port) = match address::parse(&address::expand(text, cx.line.env), RELAY) {
        Ok(Address::Inet(host, Ports::Range(port, _))) => (host, port),
        Ok(_) => return Err(inner(format!("'{text}' is no IP address"))),
        Err(e) => return Err(inner(e)),
    };
    let ip = match host {
        Host::Ip(ip) => ip,
        Host::Name(name, family) => address::resolve(&name, family)
            .ok_or_else(|| inner(format!("invalid address: '{name}' in '{text}'")))?,
    };
    cx.settings.line.socks4 = Some(SocketAddr::new(ip, port));
    Ok(0)
}

fn md5(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let key = key(words).map_err(|inner| wrong(words, inner))?;
    cx.settings.line.socket().md5_key = Some(key);
    Ok(0)
}

/// The key of `tcp-md5sig`, which is at most 80 bytes long.
///
/// # Errors
/// It is missing or too long.
pub fn key(words: &[Word]) -> Result<Vec<u8>, String> {
    match words.get(1) {
        None => Err("'tcp-md5sig' : missing password".to_owned()),
        Some(word) if word.text().len() > 80 => {
            Err("'tcp-md5sig' : password too long (at most 80 characters)".to_owned())
        }
        Some(word) => Ok(word.text().as_bytes().to_vec()),
    }
}

fn tcp_ut(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let Some(word) = words.get(1) else {
        return Err(wrong(words, "'tcp-ut' : missing TCP User Timeout value"));
    };
    let time = parse_time(word.text(), TimeUnit::Millis)
        .map_err(|_| wrong(words, "'tcp-ut' : expects a positive delay in milliseconds"))?
        .duration();
    cx.settings.line.socket().user_timeout = (!time.is_zero()).then_some(time);
    Ok(0)
}

fn ws(_: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    match row::text(words, 1) {
        "auto" | "h1" => Ok(0),
        "h2" => Err(wrong(words, "'ws h2' : Ringmain speaks only HTTP/1 to servers yet")),
        _ => Err(wrong(words, "'ws' has to be 'auto', 'h1' or 'h2'")),
    }
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn messages_are_haproxys() {
        let says = |parameters: &str| {
            let said = bench(BACKEND, &format!("server t 127.0.0.1:1 {parameters}"));
            said.says().replace("[x.cfg:1] : 'server p/t' : ", "")
        };
        for (parameters, text) in [
            ("log-proto x", "'log-proto' expects one of 'legacy' or 'octet-count' but got 'x'."),
            ("namespace", "'namespace' : expects <name> as argument."),
            ("namespace no-such", "Cannot open namespace 'no-such'."),
            ("namespace ../x", "Cannot open namespace '../x'."),
            ("proto", "'proto' : missing value."),
            ("proto x", "'proto' :  unknown MUX protocol 'x'."),
            ("redir", "'redir' expects <prefix> as argument.."),
            ("socks4", "'socks4' expects <addr>:<port> as argument.."),
            ("socks4 1.2.3.4", "'socks4 1.2.3.4' : missing port specification in '1.2.3.4'."),
            ("tcp-ut", "'tcp-ut' : missing TCP User Timeout value."),
            ("tcp-ut x", "'tcp-ut' : expects a positive delay in milliseconds."),
            ("ws x", "'ws' has to be 'auto', 'h1' or 'h2'."),
        ] {
            assert_eq!(says(parameters), text);
        }
        assert!(says("proto h2").contains("HTTP/1") && says("ws h2").contains("HTTP/1"));
        let lines = "server a 127.0.0.1:1 guid x\nserver b 127.0.0.1:1 guid x";
        assert!(bench(BACKEND, lines).says().contains("already used"));
    }

    #[test]
    fn every_parameter_has_its_own_place() {
        let text = "server t 127.0.0.1:1 guid g tcp-md5sig k tcp-ut 2s tfo redir http://x socks4 127.0.0.1:9 ws h1 proto h1";
        let line = bench(BACKEND, text).ok().proxies[0].servers[0].settings.line.clone();
        assert_eq!((line.guid.as_deref(), line.redir.as_deref()), (Some("g"), Some("http://x")));
        assert_eq!(line.socks4, Some("127.0.0.1:9".parse().unwrap()));
        assert_eq!(line.socket.md5_key.as_deref(), Some(&b"k"[..]));
        assert_eq!(line.socket.user_timeout.map(|t| t.as_secs()), Some(2));
        assert!(line.socket.fast_open);
    }
}
