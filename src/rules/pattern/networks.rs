//! `ip`: networks of both families.
use super::stretches::Stretches;
use super::{Index, Match};
use crate::rules::list::Item;
use crate::rules::sample::Sample;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs};
use std::sync::Arc;

/// The networks.
#[derive(Clone, Debug, Default)]
pub struct Networks {
    /// `-n`: names are not looked up.
    no_dns: bool,
    v4: Stretches<u32>,
    v6: Stretches<u128>,
    /// IPv6 networks hold IPv4 addresses too, in their mapped form.
    v6_holds_v4: bool,
    /// Masks that are not a prefix: network, mask.
    odd: Vec<(u32, u32, Arc<Item>)>,
}

/// What an entry's text means.
#[derive(Debug, PartialEq, Eq)]
enum Network {
    V4 { addr: u32, len: u8 },
    V6 { addr: u128, len: u8 },
    Odd { addr: u32, mask: u32 },
}

impl Networks {
    /// An empty set.
    #[must_use]
    pub fn new(no_dns: bool) -> Networks {
        Networks { no_dns, ..Networks::default() }
    }

    /// The finest network that holds an address.
    #[must_use]
    pub fn holding(&self, addr: IpAddr) -> Option<&Arc<Item>> {
        match addr {
            IpAddr::V4(a) => self.in_v4(a.into()).or_else(|| self.v6.find(self.mapped(a)?)),
            IpAddr::V6(a) => self.v6.find(a.into()).or_else(|| self.in_v4(inner_v4(a)?)),
        }
    }

    /// Whether any network holds an address.
    #[must_use]
    pub fn holds(&self, addr: IpAddr) -> bool {
        match addr {
            IpAddr::V4(a) => self.holds_v4(a),
            IpAddr::V6(a) => self.holds_v6(a),
        }
    }

    #[inline]
    fn holds_v6(&self, a: Ipv6Addr) -> bool {
        self.v6.holds(a.into()) || inner_v4(a).is_some_and(|a| self.any_v4(a))
    }

    #[inline]
    fn holds_v4(&self, a: Ipv4Addr) -> bool {
        self.any_v4(a.into()) || self.mapped(a).is_some_and(|a| self.v6.holds(a))
    }

    #[inline]
    fn in_v4(&self, a: u32) -> Option<&Arc<Item>> {
        self.v4.find(a).or_else(|| self.in_odd(a))
    }

    #[inline]
    fn any_v4(&self, a: u32) -> bool {
        self.v4.holds(a) || self.in_odd(a).is_some()
    }

    #[inline]
    fn in_odd(&self, a: u32) -> Option<&Arc<Item>> {
        self.odd.iter().find(|(net, mask, _)| a & mask == *net).map(|(_, _, item)| item)
    }

    /// An IPv4 address as IPv6 networks may hold it.
    #[inline]
    fn mapped(&self, a: Ipv4Addr) -> Option<u128> {
        self.v6_holds_v4.then(|| a.to_ipv6_mapped().into())
    }

    /// Looks whether IPv6 networks hold IPv4 addresses: nearly never, and then one search is enough for those.
    fn note_v6(&mut self) {
        let [low, high] = [Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST].map(|a| a.to_ipv6_mapped().into());
        self.v6_holds_v4 = self.v6.meets(low, high);
    }
}

/// The IPv4 address in an IPv6 one: mapped (`::ffff:a.b.c.d`), compatible (`::a.b.c.d`) or 6to4 (`2002:…`).
fn inner_v4(a: Ipv6Addr) -> Option<u32> {
    let number = u128::from(a);
    match number >> 32 {
        0 | 0xffff => Some(number as u32),
        _ if number >> 112 == 0x2002 => Some((number >> 80) as u32),
        _ => None,
    }
}

impl Match for Networks {
    fn find(&self, sample: &Sample<'_>) -> Option<&Arc<Item>> {
        self.holding(sample.as_addr()?)
    }

    fn matches(&self, sample: &Sample<'_>) -> bool {
        match sample {
            Sample::Addr(IpAddr::V4(a)) => self.holds_v4(*a),
            Sample::Addr(IpAddr::V6(a)) => self.holds_v6(*a),
            other => other.as_addr().is_some_and(|addr| self.holds(addr)),
        }
    }
}

impl Index for Networks {
    fn insert(&mut self, item: &Arc<Item>) -> Result<(), String> {
        match read(&item.text, self.no_dns)? {
            Network::V4 { addr, len } => self.v4.insert(addr, len, item),
            Network::V6 { addr, len } => {
                self.v6.insert(addr, len, item);
                self.note_v6();
            }
            Network::Odd { addr, mask } => self.odd.push((addr & mask, mask, item.clone())),
        }
        Ok(())
    }

    fn remove(&mut self, item: &Item) {
        // A name may mean another address by now: then all are looked at.
        let found = match read(&item.text, true) {
            Ok(Network::V4 { addr, len }) => self.v4.remove(addr, len, item.id),
            Ok(Network::V6 { addr, len }) => self.v6.remove(addr, len, item.id),
            Ok(Network::Odd { .. }) | Err(_) => false,
        };
        if !found {
            self.odd.retain(|(_, _, other)| other.id != item.id);
            self.v4.remove_id(item.id);
            self.v6.remove_id(item.id);
        }
        self.note_v6();
    }

    fn copy(&self) -> Box<dyn Index> {
        Box::new(self.clone())
    }

    fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty() && self.odd.is_empty()
    }

    fn kind(&self) -> &'static str {
        "tree"
    }
}

/// Reads `addr`, `addr/bits`, `addr/mask` or a name.
fn read(text: &[u8], no_dns: bool) -> Result<Network, String> {
    let refused = || format!("'{}' is not a valid IPv4 or IPv6 address", String::from_utf8_lossy(text));
    let text = std::str::from_utf8(text).map_err(|_| refused())?;
    let (addr, mask) = text.split_once('/').map_or((text, None), |(a, m)| (a, Some(m)));
    let whole = |addr: IpAddr| match addr {
        IpAddr::V4(a) => Network::V4 { addr: a.into(), len: 32 },
        IpAddr::V6(a) => Network::V6 { addr: a.into(), len: 128 },
    };
    match (addr.parse::<IpAddr>(), mask) {
        (Ok(addr), None) => Ok(whole(addr)),
        (Ok(IpAddr::V4(a)), Some(mask)) => match (mask.parse::<u8>(), mask.parse::<Ipv4Addr>()) {
            (Ok(len), _) if len <= 32 => Ok(Network::V4 { addr: a.into(), len }),
            (_, Ok(mask)) => Ok(by_mask(a.into(), mask.into())),
            _ => Err(refused()),
        },
        (Ok(IpAddr::V6(a)), Some(mask)) => match mask.parse() {
            Ok(len) if len <= 128 => Ok(Network::V6 { addr: a.into(), len }),
            _ => Err(refused()),
        },
        // HAProxy fills the missing parts of an abbreviated IPv4 network with zeros: 10/8, 192.168/16.
        (Err(_), Some(mask)) if addr.bytes().all(|b| b.is_ascii_digit() || b == b'.') => {
            let missing =
                3usize.checked_sub(addr.matches('.').count()).filter(|&n| n > 0).ok_or_else(refused)?;
            let full = format!("{addr}{}/{mask}", ".0".repeat(missing));
            read(full.as_bytes(), no_dns).map_err(|_| refused())
        }
        (Err(_), None) if !no_dns => {
            let found = (addr, 0).to_socket_addrs().ok().and_then(|mut all| all.next());
            found.map(|a| whole(a.ip())).ok_or_else(refused)
        }
        _ => Err(refused()),
    }
}

fn by_mask(addr: u32, mask: u32) -> Network {
    if mask.leading_ones() + mask.trailing_zeros() == 32 {
        return Network::V4 { addr, len: mask.leading_ones() as u8 };
    }
    Network::Odd { addr, mask }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(list: &[&str]) -> Result<Networks, String> {
        let mut n = Networks::new(true);
        for (id, text) in list.iter().enumerate() {
            n.insert(&item(id as u64, text))?;
        }
        Ok(n)
    }

    fn item(id: u64, text: &str) -> Arc<Item> {
        Arc::new(Item { id, text: text.as_bytes().into(), value: None })
    }

    fn finds(n: &Networks, addr: &str) -> Option<String> {
        let addr = addr.parse().unwrap();
        let found = n.holding(addr).map(|i| String::from_utf8(i.text.to_vec()).unwrap());
        assert_eq!(n.holds(addr), found.is_some());
        found
    }

    #[test]
    fn networks_are_read_in_all_their_forms() {
        let n = networks(&["10/8", "192.168/16", "172.16.0.0/255.240.0.0", "::1", "2001:db8::/32"]).unwrap();
        for (a, want) in
            [("10.9.8.7", true), ("192.168.1.1", true), ("172.31.0.1", true), ("172.32.0.1", false)]
        {
            assert_eq!(finds(&n, a).is_some(), want, "{a}");
        }
        for bad in ["10.0.0.0/33", "name", "1.2.3.4.5", "1.2.3.4.5/8", "::1/129", "", "/8"] {
            assert!(networks(&[bad]).is_err(), "{bad}");
        }
    }

    /// Manual, 7.1.6: how the families match each other.
    #[test]
    fn families_match_each_other() {
        let n = networks(&["192.0.2.0/24", "::ffff:198.51.100.0/120", "2001:db8::/32"]).unwrap();
        for (a, want) in [
            ("192.0.2.1", true),
            ("::ffff:192.0.2.1", true),
            ("::192.0.2.1", true),
            ("2002:c000:201::1", true),
            ("2002:c000:301::1", false),
            ("198.51.100.7", true),
            ("198.51.101.7", false),
            ("2001:db8:1::", true),
            ("2001:db9::", false),
        ] {
            assert_eq!(finds(&n, a).is_some(), want, "{a}");
        }
    }

    /// IPv4 addresses are looked for among the IPv6 networks only where one of those holds any.
    #[test]
    fn mapped_networks_come_and_go() {
        let mut n = networks(&["2001:db8::/32", "::/64", "::ffff:192.0.2.0/120", "::ffff:0:0/96"]).unwrap();
        for (id, text, left) in [
            (2, "::ffff:192.0.2.0/120", Some("::ffff:0:0/96")),
            (3, "::ffff:0:0/96", Some("::/64")),
            (1, "::/64", None),
        ] {
            let before = finds(&n, "192.0.2.1");
            assert_eq!(before.as_deref(), Some(text));
            n.remove(&item(id, text));
            assert_eq!(finds(&n, "192.0.2.1").as_deref(), left);
        }
        assert!(!n.v6_holds_v4 && finds(&n, "2001:db8::1").is_some());
        n.insert(&item(4, "::ffff:192.0.2.7")).unwrap();
        assert_eq!(finds(&n, "192.0.2.7").as_deref(), Some("::ffff:192.0.2.7"));
        assert_eq!(finds(&n, "192.0.2.6"), None);
    }

    #[test]
    fn odd_masks_hold_beside_the_others() {
        let mut n = networks(&["10.0.0.1/255.0.0.255", "10.1.0.0/16"]).unwrap();
        assert_eq!(finds(&n, "10.7.7.1").as_deref(), Some("10.0.0.1/255.0.0.255"));
        assert_eq!(finds(&n, "10.1.7.1").as_deref(), Some("10.1.0.0/16"));
        n.remove(&item(0, "10.0.0.1/255.0.0.255"));
        assert_eq!(finds(&n, "10.7.7.1"), None);
    }
}
