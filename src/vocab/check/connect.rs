//! `tcp-check connect` and `http-check connect`.
use super::{argument, error, not_built, sample};
use crate::plan::check::{Action, Connect, ConnectPort};
use crate::syntax::{Diag, Word};
use crate::vocab::address::{self, Address, Host, Ports};
use crate::vocab::row::DirectiveCx;

pub fn parse(cx: &DirectiveCx<'_>, words: &[Word]) -> Result<(Action, Option<String>), Diag> {
    let mut connect = Connect::default();
    let mut comment = None;
    let mut at = 2;
    while let Some(word) = words.get(at) {
        match word.text() {
            "default" => connect.default = true,
            "linger" => connect.linger = true,
            "port" => {
                at += 1;
                connect.port = Some(port(words, at)?);
            }
            "addr" => {
                at += 1;
                addr(words, at, &mut connect)?;
            }
            "comment" => {
                at += 1;
                let text = argument(words, at, "'comment' expects a string as argument.")?;
                comment = Some(text.text().to_owned());
            }
            "send-proxy" => connect.send_proxy = true,
            "via-socks4" => connect.via_socks4 = true,
            "ssl" | "sni" | "alpn" => return Err(not_built(cx, words, at)),
            "proto" => {
                argument(words, at + 1, "'proto' expects a MUX protocol as argument.")?;
                return Err(not_built(cx, words, at));
            }
            other => {
                let text = format!(
                    "expects 'comment', 'port', 'addr', 'send-proxy', 'ssl', 'sni', 'alpn' or 'via-socks4', 'linger', \
                     'default' but got '{other}' as argument."
                );
                return Err(error(words, word.span, &text));
            }
        }
        at += 1;
    }
    Ok((Action::Connect(connect), comment))
}

fn port(words: &[Word], at: usize) -> Result<ConnectPort, Diag> {
    let word = argument(words, at, "'port' expects a port number or a sample expression as argument.")?;
    let text = word.text();
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return match text.parse::<u16>() {
            Ok(port @ 1..) => Ok(ConnectPort::Fixed(port)),
            _ => {
                let inner = format!(
                    "expects a valid TCP port (from range 1 to 65535) or a sample expression, got {text}."
                );
                Err(error(words, word.span, &inner))
            }
        };
    }
    sample::expression(word, text, 0).map(ConnectPort::Expr).map_err(|d| {
        error(words, word.span, &format!("error detected while parsing port expression : {}", d.message))
    })
}

fn addr(words: &[Word], at: usize, connect: &mut Connect) -> Result<(), Diag> {
    let word = argument(words, at, "'addr' expects <ipv4|ipv6> as argument.")?;
    let wrong = |inner: String| error(words, word.span, &format!("'addr' : {inner}."));
    let (host, ports) = match address::parse(word.text(), address::PLAIN) {
        Ok(Address::Inet(host, ports)) => (host, ports),
        Ok(_) => return Err(wrong(format!("'{}' is no IP address", word.text()))),
        Err(inner) => return Err(wrong(inner)),
    };
    connect.addr = Some(match host {
        Host::Ip(ip) => ip,
        Host::Name(name, family) => address::resolve(&name, family)
            .ok_or_else(|| wrong(format!("invalid address: '{name}' in '{}'", word.text())))?,
    });
    if let Ports::Range(port @ 1.., _) = ports {
        connect.addr_port = Some(port);
    }
    Ok(())
}
