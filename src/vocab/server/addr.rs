//! `server … addr` (manual 5.2).
use super::{ServerCx, ServerRow, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::address::{self, Address, Host, Ports};

pub const ROW: ServerRow = ServerRow {
    name: "addr",
    arguments: 1,
    default_server: true,
    doc: "addr <ipv4|ipv6>: checks go to this address.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let Some(word) = words.get(1) else {
        return Err(wrong(words, "'addr' expects <ipv4|ipv6> as argument."));
    };
    let (host, ports) = match address::parse(word.text(), address::PLAIN) {
        Ok(Address::Inet(host, ports)) => (host, ports),
        Ok(_) => return Err(wrong(words, format!("'addr' : '{}' is no IP address", word.text()))),
        Err(inner) => return Err(wrong(words, format!("'addr' : {inner}"))),
    };
    cx.settings.check_addr = Some(match host {
        Host::Ip(ip) => ip,
        Host::Name(name, family) => address::resolve(&name, family).ok_or_else(|| {
            wrong(words, format!("'addr' : invalid address: '{name}' in '{}'", word.text()))
        })?,
    });
    if let Ports::Range(port @ 1.., _) = ports {
        cx.settings.check_port = Some(port);
    }
    Ok(0)
}
