//! `server … source`, `usesrc` (manual 5.2).
use super::{ServerCx, ServerRow, wrong};
use crate::plan::line::UseSource;
use crate::syntax::{Diag, Word};
use crate::vocab::address::{self, Address, Allow, Host, Ports};
use crate::vocab::row;
use std::net::SocketAddr;

pub const ROWS: &[ServerRow] = &[
    ServerRow {
        name: "source",
        arguments: 1,
        default_server: true,
        doc: "source <addr>[:<port>[-<port>]] [usesrc { <addr>[:<port>] | client | clientip | hdr_ip(<name>[,<occ>]) }] \
              [interface <name>]: where connections to the server come from.",
        parse,
    },
    ServerRow {
        name: "usesrc",
        arguments: 0,
        default_server: true,
        doc: "usesrc: only behind a source.",
        parse: |_, words| {
            Err(Diag::alert(words[0].span, "'usesrc' only allowed after a 'source' statement."))
        },
    },
];

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let Some(word) = words.get(1) else {
        let text = "'source' expects <addr>[:<port>[-<port>]], and optionally 'usesrc' <addr>, and 'interface' <name> as \
                    argument.";
        return Err(wrong(words, text));
    };
    let inner = |inner: String| wrong(words, format!("'source {}' : {inner}", word.text()));
    let (source, ports) =
        source(&address::expand(word.text(), cx.line.env), address::SOURCE).map_err(inner)?;
    cx.settings.source = source;
    cx.settings.interface = None;
    cx.settings.line.usesrc = None;
    cx.settings.line.socket().ports = ports;
    let mut at = 2;
    loop {
        match row::text(words, at) {
            "interface" => match words.get(at + 1) {
                Some(name) => cx.settings.interface = Some(name.text().to_owned()),
                None => {
                    return Err(Diag::alert(row::place(words, at + 1), "'server' : missing interface name"));
                }
            },
            "usesrc" => {
                let Some(name) = words.get(at + 1) else {
                    let text = "'usesrc' expects <addr>[:<port>], 'client', 'clientip', or 'hdr_ip(name,#)' as argument";
                    return Err(Diag::alert(row::place(words, at + 1), text));
                };
                cx.settings.line.usesrc = Some(
                    usesrc(&address::expand(name.text(), cx.line.env))
                        .map_err(|inner| Diag::alert(name.span, inner))?,
                );
            }
            _ => return Ok(at - 2),
        }
        at += 2;
    }
}

/// The address behind `source` and its range of ports; no address for `0.0.0.0` without a port, which leaves the choice to the
/// kernel.
///
/// # Errors
/// HAProxy's words.
pub fn source(text: &str, allow: Allow) -> Result<(Option<SocketAddr>, Option<(u16, u16)>), String> {
    let Address::Inet(host, ports) = address::parse(text, allow)? else {
        return Err(format!("'{text}' is no IP address"));
    };
    let ip = match host {
        Host::Ip(ip) => ip,
        Host::Name(name, family) => {
            address::resolve(&name, family).ok_or_else(|| format!("invalid address: '{name}' in '{text}'"))?
        }
    };
    Ok(match ports {
        Ports::Range(low, high) if low != high => (Some(SocketAddr::new(ip, 0)), Some((low.max(1), high))),
        Ports::Range(port @ 1.., _) => (Some(SocketAddr::new(ip, port)), None),
        _ if ip.is_unspecified() => (None, None),
        _ => (Some(SocketAddr::new(ip, 0)), None),
    })
}

/// What stands behind `usesrc`.
///
/// # Errors
/// HAProxy's words.
pub fn usesrc(text: &str) -> Result<UseSource, String> {
    match text {
        "client" => return Ok(UseSource::Client),
        "clientip" => return Ok(UseSource::ClientIp),
        _ => {}
    }
    if let Some(rest) = text.strip_prefix("hdr_ip(") {
        let rest = rest.trim_end_matches(')');
        let (name, which) = rest.split_once(',').unwrap_or((rest, "-1"));
        let which = crate::base::units::leading_int(which.trim());
        if which < -10 {
            return Err(
                "usesrc hdr_ip(name,num) does not support negative occurrences values smaller than 10"
                    .to_owned(),
            );
        }
        // As HAProxy: what is no number is 0, which is the first.
        let which = i32::try_from(which).unwrap_or(i32::MAX);
        return Ok(UseSource::Header(name.trim().to_ascii_lowercase(), which));
    }
    match source(text, address::PLAIN) {
        Ok((Some(addr), _)) => Ok(UseSource::Addr(addr)),
        Ok((None, _)) => Err(format!("'usesrc {text}' : an address is needed")),
        Err(inner) => Err(format!("'usesrc {text}' : {inner}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn every_form() {
        let of = |text: &str| {
            let s = bench(BACKEND, &format!("server t 127.0.0.1:1 {text}")).ok();
            s.proxies[0].servers[0].settings.clone()
        };
        let s = of("source 127.0.0.5:100-200 usesrc clientip interface lo weight 3");
        assert_eq!((s.source, s.weight), (Some("127.0.0.5:0".parse().unwrap()), 3));
        assert_eq!(s.line.socket.ports, Some((100, 200)));
        assert_eq!((s.line.usesrc, s.interface.as_deref()), (Some(UseSource::ClientIp), Some("lo")));
        assert_eq!(of("source 0.0.0.0 interface lo usesrc client").line.usesrc, Some(UseSource::Client));
        for (text, is) in [
            ("hdr_ip(X-Ip)", UseSource::Header("x-ip".to_owned(), -1)),
            ("hdr_ip(x,2)", UseSource::Header("x".to_owned(), 2)),
            ("10.0.0.1:80", UseSource::Addr("10.0.0.1:80".parse().unwrap())),
        ] {
            assert_eq!(usesrc(text), Ok(is));
        }
    }

    #[test]
    fn messages_are_haproxys() {
        let says = |parameters: &str| {
            let said = bench(BACKEND, &format!("server t 127.0.0.1:1 {parameters}"));
            said.says().replace("[x.cfg:1] : 'server p/t' : ", "")
        };
        for (parameters, text) in [
            ("usesrc client", "'usesrc' only allowed after a 'source' statement.."),
            ("source 1.2.3.4:5-1", "'source 1.2.3.4:5-1' : invalid port range '5-1'."),
            (
                "source 1.2.3.4 usesrc",
                "'usesrc' expects <addr>[:<port>], 'client', 'clientip', or 'hdr_ip(name,#)' as argument.",
            ),
            ("source 1.2.3.4 usesrc client interface", "'server' : missing interface name."),
            (
                "source 1.2.3.4 usesrc hdr_ip(x,-11)",
                "usesrc hdr_ip(name,num) does not support negative occurrences values smaller than 10.",
            ),
        ] {
            assert_eq!(says(parameters), text);
        }
    }
}
