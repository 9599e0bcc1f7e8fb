//! `ip`: networks of both families, as stretches of addresses that do not overlap: one search for the last stretch that
//! begins at or before an address tells the finest network that holds it.
use super::{Index, Match, earlier};
use crate::rules::list::{Item, Sorted};
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
            IpAddr::V4(a) => self
                .in_v4(a.into())
                .or_else(|| if self.v6.is_empty() { None } else { self.v6.find(a.to_ipv6_mapped().into()) }),
            IpAddr::V6(a) => self.v6.find(a.into()).or_else(|| self.in_v4(inner_v4(a)?)),
        }
    }

    #[inline]
    fn in_v4(&self, a: u32) -> Option<&Arc<Item>> {
        self.v4
            .find(a)
            .or_else(|| self.odd.iter().find(|(net, mask, _)| a & mask == *net).map(|(_, _, item)| item))
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
}

impl Index for Networks {
    fn insert(&mut self, item: &Arc<Item>) -> Result<(), String> {
        match read(&item.text, self.no_dns)? {
            Network::V4 { addr, len } => self.v4.insert(addr, len, item),
            Network::V6 { addr, len } => self.v6.insert(addr, len, item),
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

/// Addresses of one family as a number.
trait Number: Copy + Ord + std::fmt::Debug {
    const MAX: Self;
    const BITS: u8;
    /// The first and the last address of a network.
    fn network(self, len: u8) -> (Self, Self);
    fn next(self) -> Option<Self>;
}

macro_rules! number {
    ($type:ty) => {
        impl Number for $type {
            const MAX: Self = <$type>::MAX;
            const BITS: u8 = <$type>::BITS as u8;
            fn network(self, len: u8) -> (Self, Self) {
                let mask = <$type>::MAX.checked_shl(<$type>::BITS - u32::from(len)).unwrap_or(0);
                (self & mask, self & mask | !mask)
            }
            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }
        }
    };
}

number!(u32);
number!(u128);

/// Who owns a stretch: the finest network there.
#[derive(Clone, Debug)]
struct Owner {
    len: u8,
    item: Arc<Item>,
}

#[derive(Clone, Debug)]
struct Stretches<T> {
    /// Where a stretch begins, and its owner; it goes up to the next one.
    starts: Sorted<T, Option<Owner>>,
    /// The networks themselves: first address, length, entry.
    networks: Sorted<(T, u8, u64), Arc<Item>>,
}

impl<T> Default for Stretches<T> {
    fn default() -> Self {
        Stretches { starts: Sorted::default(), networks: Sorted::default() }
    }
}

impl<T: Number> Stretches<T> {
    fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    #[inline]
    fn find(&self, addr: T) -> Option<&Arc<Item>> {
        let (_, owner) = self.starts.last_where(|start| *start <= addr)?;
        owner.as_ref().map(|o| &o.item)
    }

    fn owner_at(&self, addr: T) -> Option<Owner> {
        self.starts.last_where(|start| *start <= addr).and_then(|(_, owner)| owner.clone())
    }

    /// Makes a stretch begin here.
    fn cut(&mut self, at: T) {
        if self.starts.get(&at).is_none() {
            let owner = self.owner_at(at);
            self.starts.insert(at, owner);
        }
    }

    fn insert(&mut self, addr: T, len: u8, item: &Arc<Item>) {
        let (low, high) = addr.network(len);
        self.networks.insert((low, len, item.id), item.clone());
        self.cut(low);
        if let Some(next) = high.next() {
            self.cut(next);
        }
        let own = Owner { len, item: item.clone() };
        self.starts.change(&low, &high, |owner| {
            let gives_way =
                owner.as_ref().is_none_or(|o| o.len < len || o.len == len && earlier(&own.item, &o.item));
            if gives_way {
                *owner = Some(own.clone());
            }
        });
    }

    /// Takes a network out; false where there is none such.
    fn remove(&mut self, addr: T, len: u8, id: u64) -> bool {
        let (low, high) = addr.network(len);
        if self.networks.remove(&(low, len, id)).is_none() {
            return false;
        }
        let heir = self.heir(low, len);
        self.starts.change(&low, &high, |owner| {
            if owner.as_ref().is_some_and(|o| o.item.id == id) {
                owner.clone_from(&heir);
            }
        });
        self.join(low, high);
        true
    }

    fn remove_id(&mut self, id: u64) {
        let found: Vec<(T, u8, u64)> =
            self.networks.iter().map(|(k, _)| *k).filter(|(_, _, other)| *other == id).collect();
        for (low, len, id) in found {
            self.remove(low, len, id);
        }
    }

    /// Who owns what a network leaves: one like it, else the finest one around it.
    fn heir(&self, low: T, len: u8) -> Option<Owner> {
        (0..=len.min(T::BITS)).rev().find_map(|len| {
            let (start, _) = low.network(len);
            let (key, item) = self.networks.from(&(start, len, 0)).next()?;
            ((key.0, key.1) == (start, len)).then(|| Owner { len, item: item.clone() })
        })
    }

    /// Joins stretches of one owner, from `low` to the one behind `high`.
    fn join(&mut self, low: T, high: T) {
        let to = high.next().unwrap_or(T::MAX);
        let starts: Vec<T> = self.starts.from(&low).map(|(k, _)| *k).take_while(|k| *k <= to).collect();
        let id = |owner: &Option<Owner>| owner.as_ref().map(|o| o.item.id);
        for start in starts {
            let own = self.starts.get(&start).and_then(id);
            let before = self.starts.last_where(|k| *k < start).and_then(|(_, owner)| id(owner));
            if own == before {
                self.starts.remove(&start);
            }
        }
    }
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
        n.holding(addr.parse().unwrap()).map(|i| String::from_utf8(i.text.to_vec()).unwrap())
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

    #[test]
    fn odd_masks_hold_beside_the_others() {
        let mut n = networks(&["10.0.0.1/255.0.0.255", "10.1.0.0/16"]).unwrap();
        assert_eq!(finds(&n, "10.7.7.1").as_deref(), Some("10.0.0.1/255.0.0.255"));
        assert_eq!(finds(&n, "10.1.7.1").as_deref(), Some("10.1.0.0/16"));
        n.remove(&item(0, "10.0.0.1/255.0.0.255"));
        assert_eq!(finds(&n, "10.7.7.1"), None);
    }

    /// Random networks put in and taken out, each time against a walk over all of them.
    #[test]
    fn the_finest_network_wins_whatever_came_and_went() {
        let mut seed = 3u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let (mut n, mut model): (Networks, Vec<(u32, u8, Arc<Item>)>) = (Networks::new(true), Vec::new());
        for id in 1..6_000u64 {
            if next(5) < 3 || model.is_empty() {
                let len = [0, 8, 15, 16, 24, 29, 30, 31, 32][next(9) as usize];
                let low = u32::network((next(4) << 24 | next(1 << 11)) as u32, len).0;
                let item = item(id, &format!("{}/{len}", Ipv4Addr::from(low)));
                n.insert(&item).unwrap();
                model.push((low, len, item));
            } else {
                let (_, _, item) = model.swap_remove(next(model.len() as u64) as usize);
                n.remove(&item);
            }
            let addr = (next(4) << 24 | next(1 << 11)) as u32;
            let want = model
                .iter()
                .filter(|(low, len, _)| addr.network(*len).0 == *low)
                .max_by_key(|(_, len, item)| (*len, u64::MAX - item.id))
                .map(|(_, _, item)| item.id);
            assert_eq!(n.holding(IpAddr::V4(addr.into())).map(|i| i.id), want, "step {id}");
        }
        for (_, _, item) in model {
            n.remove(&item);
        }
        assert!(n.is_empty() && n.v4.starts.is_empty(), "nothing is left behind: {:?}", n.v4.starts);
    }
}
