//! `option forwardfor` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::ForwardFor;
use crate::proto::text::FieldName;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};
use std::net::IpAddr;

pub const ROW: OptionRow = OptionRow {
    name: "forwardfor",
    sections: row::PROXIES,
    http: false,
    no: false,
    doc: "option forwardfor [except <network>] [header <name>] [if-none]: adds the client's address to requests, in \
          X-Forwarded-For or another header; not for clients in the network, or not where the header is there already.",
    effect: Effect::Parse(parse),
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let mut option = ForwardFor { header: FieldName::known("x-forwarded-for"), except: None, if_none: false };
    let mut at = 2;
    while at < words.len() {
        match words[at].text() {
            "except" => {
                option.except = Some(network(row::text(words, at + 1)).ok_or_else(|| {
                    let text = "'option forwardfor except' expects <address>[/mask] as argument.";
                    Diag::alert(row::place(words, at + 1), text)
                })?);
                at += 2;
            }
            "header" => {
                let Some(name) = words.get(at + 1) else {
                    let text = "'option forwardfor header' expects <header_name> as argument.";
                    return Err(Diag::alert(row::place(words, at + 1), text));
                };
                option.header = row::own_field(name, "option forwardfor header")?;
                at += 2;
            }
            "if-none" => {
                option.if_none = true;
                at += 1;
            }
            _ => {
                let text =
                    "'option forwardfor' only supports optional values: 'except', 'header' and 'if-none'.";
                return Err(Diag::alert(words[at].span, text));
            }
        }
    }
    cx.proxy().settings.forward_for = Some(option);
    Ok(())
}

/// An address with an optional mask: a prefix length, or for IPv4 a dotted mask without holes.
pub fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (ip, mask) = text.split_once('/').map_or((text, None), |(ip, mask)| (ip, Some(mask)));
    let ip: IpAddr = ip.parse().ok()?;
    let most = if ip.is_ipv4() { 32 } else { 128 };
    let bits = match mask {
        None => most,
        Some(mask) => match (mask.parse::<u8>(), mask.parse::<std::net::Ipv4Addr>()) {
            (Ok(bits), _) if bits <= most => bits,
            (_, Ok(dotted))
                if ip.is_ipv4() && u32::from(dotted).count_zeros() == u32::from(dotted).trailing_zeros() =>
            {
                u32::from(dotted).leading_ones() as u8
            }
            _ => return None,
        },
    };
    Some((ip, bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn every_argument() {
        let draft =
            bench(BACKEND, "option forwardfor except 127.0.0.0/255.0.0.0 header X-Client if-none").ok();
        let option = draft.proxies[0].settings.forward_for.clone().unwrap();
        assert_eq!(option.header.as_bytes(), b"x-client");
        assert_eq!((option.except, option.if_none), (Some(([127, 0, 0, 0].into(), 8)), true));
        assert_eq!(network("::1").unwrap().1, 128);
        for text in ["10.0.0.300", "10.0.0.0/33", "10.0.0.0/255.0.255.0", "x", ""] {
            assert_eq!(network(text), None, "{text}");
        }
    }

    #[test]
    fn messages_are_haproxys() {
        let says = |line: &str| bench(BACKEND, line).says().to_owned();
        assert_eq!(
            says("option forwardfor except"),
            "'option forwardfor except' expects <address>[/mask] as argument."
        );
        assert_eq!(
            says("option forwardfor header"),
            "'option forwardfor header' expects <header_name> as argument."
        );
        assert_eq!(
            says("option forwardfor frob"),
            "'option forwardfor' only supports optional values: 'except', 'header' and 'if-none'."
        );
    }
}
