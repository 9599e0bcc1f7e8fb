//! `-m ip`.
use super::{MatchRow, Patterns, Refused};
use crate::rules::acl::Match;
use crate::rules::pattern::Networks;
use crate::rules::sample::Kind;
use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs};

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "ip",
    doc: "The value is an address in one of the networks.",
    takes: &[Kind::Addr, Kind::Str, Kind::Bin, Kind::Int],
    bare: false,
    make,
};

fn make(patterns: &Patterns<'_>) -> Result<Box<dyn Match>, Refused> {
    let mut networks = Networks::default();
    for (i, word) in patterns.words.iter().enumerate() {
        let text = String::from_utf8_lossy(word);
        add(&mut networks, &text, patterns.no_dns).map_err(|e| (i, e))?;
    }
    Ok(Box::new(networks.sorted()))
}

/// Adds `addr`, `addr/bits`, `addr/mask` or a name.
fn add(networks: &mut Networks, text: &str, no_dns: bool) -> Result<(), String> {
    let refused = || format!("'{text}' is not a valid IPv4 or IPv6 address");
    let (addr, mask) = text.split_once('/').map_or((text, None), |(a, m)| (a, Some(m)));
    match (addr.parse::<IpAddr>(), mask) {
        (Ok(addr), None) => networks.add(addr, if addr.is_ipv4() { 32 } else { 128 }),
        (Ok(addr), Some(mask)) => match (mask.parse::<u8>(), mask.parse::<Ipv4Addr>(), addr) {
            (Ok(len), _, _) if len <= if addr.is_ipv4() { 32 } else { 128 } => networks.add(addr, len),
            (_, Ok(mask), IpAddr::V4(addr)) => networks.add_mask(addr.into(), mask.into()),
            _ => return Err(refused()),
        },
        // HAProxy fills the missing parts of an abbreviated IPv4 network with zeros: 10/8, 192.168/16.
        (Err(_), Some(mask)) if addr.bytes().all(|b| b.is_ascii_digit() || b == b'.') => {
            let full = format!("{addr}{}", ".0".repeat(3usize.saturating_sub(addr.matches('.').count())));
            return add(networks, &format!("{full}/{mask}"), no_dns).map_err(|_| refused());
        }
        (Err(_), None) if !no_dns => {
            let found = (addr, 0).to_socket_addrs().map_err(|_| refused())?;
            for a in found {
                networks.add(a.ip(), if a.is_ipv4() { 32 } else { 128 });
            }
        }
        _ => return Err(refused()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(list: &[&str]) -> Result<Networks, String> {
        let mut n = Networks::default();
        list.iter().try_for_each(|t| add(&mut n, t, true))?;
        Ok(n.sorted())
    }

    #[test]
    fn networks_are_read_in_all_their_forms() {
        let n = networks(&["10/8", "192.168/16", "172.16.0.0/255.240.0.0", "::1", "2001:db8::/32"]).unwrap();
        for (a, want) in
            [("10.9.8.7", true), ("192.168.1.1", true), ("172.31.0.1", true), ("172.32.0.1", false)]
        {
            assert_eq!(n.contain(a.parse().unwrap()), want, "{a}");
        }
        for bad in ["10.0.0.0/33", "name", "1.2.3.4.5", "::1/129"] {
            assert!(networks(&[bad]).is_err(), "{bad}");
        }
    }
}
