//! A sorted table that is cheap to copy and to change: leaves of a few hundred keys side by side, shared between copies. A
//! look-up is two binary searches in flat memory; a change copies one leaf and the row of leaves, whatever the size.
use std::sync::Arc;

/// Keys in a leaf at most; a full one is cut in two.
const FULL: usize = 256;

/// The table. Keys are unique.
#[derive(Clone, Debug)]
pub struct Sorted<K, V> {
    /// The first key of each leaf.
    firsts: Vec<K>,
    leaves: Vec<Arc<Leaf<K, V>>>,
    len: usize,
}

#[derive(Clone, Debug)]
struct Leaf<K, V> {
    keys: Vec<K>,
    values: Vec<V>,
}

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Sorted { firsts: Vec::new(), leaves: Vec::new(), len: 0 }
    }
}

impl<K: Ord + Clone, V: Clone> Sorted<K, V> {
    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The last entry for whose key `before` holds; it holds for all smaller ones too.
    #[inline]
    pub fn last_where(&self, mut before: impl FnMut(&K) -> bool) -> Option<(&K, &V)> {
        let leaf = self.firsts.partition_point(&mut before).checked_sub(1)?;
        let leaf = &self.leaves[leaf];
        let at = leaf.keys.partition_point(before) - 1;
        Some((&leaf.keys[at], &leaf.values[at]))
    }

    /// The entry of a key.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        self.last_where(|k| k <= key).filter(|(k, _)| *k == key).map(|(_, v)| v)
    }

    /// The entries from `key` on, in order.
    pub fn from<'t>(&'t self, key: &K) -> impl Iterator<Item = (&'t K, &'t V)> + use<'t, K, V> {
        let leaf = self.firsts.partition_point(|k| k <= key).saturating_sub(1);
        let at = self.leaves.get(leaf).map_or(0, |l| l.keys.partition_point(|k| k < key));
        let rest = self.leaves.get(leaf..).unwrap_or_default();
        rest.iter().flat_map(|l| l.keys.iter().zip(&l.values)).skip(at)
    }

    /// All entries in order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.leaves.iter().flat_map(|l| l.keys.iter().zip(&l.values))
    }

    /// Puts an entry in; gives what stood there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        if self.leaves.is_empty() {
            self.firsts.push(key.clone());
            self.leaves.push(Arc::new(Leaf { keys: vec![key], values: vec![value] }));
            self.len = 1;
            return None;
        }
        let number = self.firsts.partition_point(|k| *k <= key).saturating_sub(1);
        let leaf = Arc::make_mut(&mut self.leaves[number]);
        match leaf.keys.binary_search(&key) {
            Ok(at) => return Some(std::mem::replace(&mut leaf.values[at], value)),
            Err(at) => {
                if at == 0 {
                    self.firsts[number] = key.clone();
                }
                leaf.keys.insert(at, key);
                leaf.values.insert(at, value);
                self.len += 1;
            }
        }
        if leaf.keys.len() > FULL {
            // A row that grows at its end keeps full leaves.
            let last = number + 1 == self.firsts.len();
            let half = if last { FULL - FULL / 8 } else { FULL / 2 };
            let right = Leaf { keys: leaf.keys.split_off(half), values: leaf.values.split_off(half) };
            self.firsts.insert(number + 1, right.keys[0].clone());
            self.leaves.insert(number + 1, Arc::new(right));
        }
        None
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let number = self.firsts.partition_point(|k| k <= key).checked_sub(1)?;
        let at = self.leaves[number].keys.binary_search(key).ok()?;
        let leaf = Arc::make_mut(&mut self.leaves[number]);
        leaf.keys.remove(at);
        let value = leaf.values.remove(at);
        self.len -= 1;
        match leaf.keys.first() {
            None => {
                self.firsts.remove(number);
                self.leaves.remove(number);
            }
            Some(first) if at == 0 => self.firsts[number] = first.clone(),
            Some(_) => {}
        }
        Some(value)
    }

    /// Changes the values of the keys from `from` to `to`, both included.
    pub fn change(&mut self, from: &K, to: &K, mut change: impl FnMut(&mut V)) {
        let first = self.firsts.partition_point(|k| k <= from).saturating_sub(1);
        let after = self.firsts.partition_point(|k| k <= to);
        for number in first..after {
            let keys = &self.leaves[number].keys;
            let range = keys.partition_point(|k| k < from)..keys.partition_point(|k| k <= to);
            if !range.is_empty() {
                Arc::make_mut(&mut self.leaves[number]).values[range].iter_mut().for_each(&mut change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Against the standard library's map, with copies kept to see that they do not change.
    #[test]
    fn a_table_is_a_sorted_map() {
        let (mut table, mut model) = (Sorted::default(), BTreeMap::new());
        let mut seed = 7u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let mut kept = Vec::new();
        for step in 0..20_000u64 {
            let key = next(3_000);
            if next(5) < 3 {
                assert_eq!(table.insert(key, step), model.insert(key, step));
            } else {
                assert_eq!(table.remove(&key), model.remove(&key));
            }
            let probe = next(3_100);
            assert_eq!(
                table.last_where(|k| *k <= probe).map(|(k, v)| (*k, *v)),
                model.range(..=probe).next_back().map(|(k, v)| (*k, *v))
            );
            assert_eq!(table.from(&probe).next(), model.range(probe..).next());
            assert_eq!((table.len(), table.get(&probe)), (model.len(), model.get(&probe)));
            if step % 4_000 == 0 {
                kept.push((table.clone(), model.clone()));
            }
        }
        table.change(&1_000, &2_000, |v| *v = 0);
        model.range_mut(1_000..=2_000).for_each(|(_, v)| *v = 0);
        kept.push((table, model));
        for (table, model) in kept {
            assert!(table.iter().eq(model.iter()));
        }
    }
}
