//! `parse-resolv-conf` (manual 5.3.2).
use super::{ResolversRow, section};
use crate::plan::Nameserver;
use crate::syntax::{Diag, Span, Word};
use crate::vocab::row::DirectiveCx;
use std::net::{IpAddr, SocketAddr};

pub const ROW: ResolversRow = ResolversRow {
    name: "parse-resolv-conf",
    doc: "parse-resolv-conf: the name servers of /etc/resolv.conf are used too, each named as its address.",
    parse,
};

const FILE: &str = "/etc/resolv.conf";
/// The port of name servers in that file.
const PORT: u16 = 53;

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let at = words[0].span;
    let text =
        std::fs::read_to_string(FILE).map_err(|_| Diag::alert(at, format!("failed to open {FILE}.")))?;
    let known = &mut section(cx).nameservers;
    for server in nameservers(&text, at) {
        if known.iter().all(|n| n.name != server.name) {
            known.push(server);
        }
    }
    Ok(())
}

/// The name servers of the host; none where the file cannot be read.
#[must_use]
pub fn of_the_host(at: Span) -> Vec<Nameserver> {
    std::fs::read_to_string(FILE).map(|text| nameservers(&text, at)).unwrap_or_default()
}

/// What `resolv.conf(5)` names; lines without an address are passed over.
fn nameservers(text: &str, at: Span) -> Vec<Nameserver> {
    let address = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        (words.next() == Some("nameserver")).then(|| words.next())?.and_then(|w| w.parse::<IpAddr>().ok())
    };
    let server =
        |ip: IpAddr| Nameserver { name: ip.to_string(), addr: SocketAddr::new(ip, PORT), stream: false, at };
    text.lines().filter_map(address).map(server).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_file() {
        let at = Span { file: crate::syntax::FileId(0), line: 1, col: 1, len: 1 };
        let text = "# x\nsearch a.test\nnameserver 192.0.2.1\n  nameserver\t2001:db8::1 # y\nnameserver fe80::1%eth0\nnameserver\n";
        let found: Vec<String> = nameservers(text, at).iter().map(|n| n.addr.to_string()).collect();
        assert_eq!(found, ["192.0.2.1:53", "[2001:db8::1]:53"]);
    }
}
