//! The addresses of one family in stretches that do not overlap, each with the finest network that holds it: one search for the
//! last stretch that begins at or before an address finds it, and nesting costs nothing.
mod row;
mod tree;

use super::earlier;
use crate::rules::list::{Item, Sorted};
use row::{Numbers, Row, Windows};
use std::sync::Arc;
use tree::{Owner, Tree};

/// An address of one family as a number.
pub trait Address: Copy + Ord + std::fmt::Debug + Send + Sync {
    const MAX: Self;
    const BITS: u8;
    /// Many of them, to be searched.
    type Row: Row<Self>;
    /// The first and the last address of a network.
    fn network(self, len: u8) -> (Self, Self);
    /// The address behind.
    fn next(self) -> Option<Self>;
    /// The address before.
    fn before(self) -> Option<Self>;
}

macro_rules! address {
    ($type:ty, $row:ty) => {
        impl Address for $type {
            const MAX: Self = <$type>::MAX;
            const BITS: u8 = <$type>::BITS as u8;
            type Row = $row;
            fn network(self, len: u8) -> (Self, Self) {
                let mask = <$type>::MAX.checked_shl(<$type>::BITS - u32::from(len)).unwrap_or(0);
                (self & mask, self & mask | !mask)
            }
            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }
            fn before(self) -> Option<Self> {
                self.checked_sub(1)
            }
        }
    };
}

address!(u32, Numbers);
address!(u128, Windows);

/// The networks of one family.
#[derive(Clone, Debug)]
pub struct Stretches<T: Address> {
    /// Where a stretch begins, and its owner; it goes up to the next one.
    starts: Tree<T>,
    /// The networks themselves: first address, length, entry.
    networks: Sorted<(T, u8, u64), Arc<Item>>,
}

impl<T: Address> Default for Stretches<T> {
    fn default() -> Self {
        Stretches { starts: Tree::default(), networks: Sorted::default() }
    }
}

impl<T: Address> Stretches<T> {
    /// Whether there is no network.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    /// The entry of the finest network that holds an address.
    #[inline]
    pub fn find(&self, addr: T) -> Option<&Arc<Item>> {
        self.starts.item(addr)
    }

    /// Whether any network holds an address.
    #[inline]
    pub fn holds(&self, addr: T) -> bool {
        self.starts.is_owned(addr)
    }

    /// Whether any network holds an address from `low` to `high`, both included.
    pub fn meets(&self, low: T, high: T) -> bool {
        self.holds(low) || self.starts.range(low, high).any(|(_, owner)| owner.is_some())
    }

    /// Makes a stretch begin here.
    fn cut(&mut self, at: T) {
        if !self.starts.has(at) {
            let owner = self.starts.owner(at).map(|(bits, item)| (bits, item.clone()));
            self.starts.insert(at, owner);
        }
    }

    /// Adds a network of `len` bits.
    pub fn insert(&mut self, addr: T, len: u8, item: &Arc<Item>) {
        let (low, high) = addr.network(len);
        self.networks.insert((low, len, item.id), item.clone());
        self.cut(low);
        if let Some(next) = high.next() {
            self.cut(next);
        }
        self.starts.change(low, high, |owner| {
            let gives_way =
                owner.is_none_or(|(bits, other)| bits < len || bits == len && earlier(item, other));
            gives_way.then(|| Some((len, item.clone())))
        });
    }

    /// Takes a network out; false where there is none such.
    pub fn remove(&mut self, addr: T, len: u8, id: u64) -> bool {
        let (low, high) = addr.network(len);
        if self.networks.remove(&(low, len, id)).is_none() {
            return false;
        }
        let heir = self.heir(low, len);
        self.starts.change(low, high, |owner| {
            let is_its = owner.is_some_and(|(_, item)| item.id == id);
            is_its.then(|| heir.clone())
        });
        self.join(low, high);
        true
    }

    /// Takes the networks of an entry out.
    pub fn remove_id(&mut self, id: u64) {
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
            ((key.0, key.1) == (start, len)).then(|| (len, item.clone()))
        })
    }

    /// Joins stretches of one owner, from `low` to the one behind `high`.
    fn join(&mut self, low: T, high: T) {
        let to = high.next().unwrap_or(T::MAX);
        let id = |owner: Option<(u8, &Arc<Item>)>| owner.map(|(_, item)| item.id);
        let mut before = low.before().and_then(|before| id(self.starts.owner(before)));
        let found: Vec<(T, Option<u64>)> =
            self.starts.range(low, to).map(|(start, owner)| (start, id(owner))).collect();
        for (start, own) in found {
            if own == before {
                self.starts.remove(start);
            }
            before = own;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Random networks put in and taken out, each time against a walk over all of them.
    fn the_finest_wins<T: Address + 'static>(lens: [u8; 9], addr: impl Fn(&mut dyn FnMut(u64) -> u64) -> T) {
        let mut seed = 3u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let (mut all, mut model): (Stretches<T>, Vec<(T, u8, Arc<Item>)>) = Default::default();
        for id in 1..6_000u64 {
            if next(5) < 3 || model.is_empty() {
                let len = lens[next(9) as usize];
                let (low, _) = addr(&mut next).network(len);
                let item = Arc::new(Item { id, text: Box::default(), value: None });
                all.insert(low, len, &item);
                model.push((low, len, item));
            } else {
                let (low, len, item) = model.swap_remove(next(model.len() as u64) as usize);
                assert!(all.remove(low, len, item.id) && !all.remove(low, len, item.id));
            }
            let asked = addr(&mut next);
            let want = model
                .iter()
                .filter(|(low, len, _)| asked.network(*len).0 == *low)
                .max_by_key(|(_, len, item)| (*len, u64::MAX - item.id))
                .map(|(_, _, item)| item.id);
            assert_eq!(all.find(asked).map(|i| i.id), want, "step {id}");
            assert_eq!(all.holds(asked), want.is_some(), "step {id}");
            let (low, high) = asked.network(lens[8] - 4);
            let met = |(start, len, _): &(T, u8, _)| *start <= high && start.network(*len).1 >= low;
            assert_eq!(all.meets(low, high), model.iter().any(met), "step {id}");
        }
        for (_, _, item) in model {
            all.remove_id(item.id);
        }
        let (low, high) = T::MAX.network(0);
        assert!(all.is_empty() && all.starts.range(low, high).next().is_none(), "nothing is left behind");
    }

    #[test]
    fn the_finest_network_wins_whatever_came_and_went() {
        let lens = [0, 8, 15, 16, 24, 29, 30, 31, 32];
        the_finest_wins::<u32>(lens, |next| (next(4) << 24 | next(1 << 11)) as u32);
        let lens = [0, 16, 48, 56, 64, 96, 126, 127, 128];
        the_finest_wins::<u128>(lens, |next| {
            u128::from(next(4)) << 116 | u128::from(next(4)) << 62 | u128::from(next(1 << 11))
        });
    }
}
