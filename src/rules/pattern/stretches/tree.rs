//! A sorted table of addresses: a B+ tree of three levels whose nodes are shared between copies. A look-up reads one row of
//! each level; a change copies one branch and the owners of one leaf, whatever the size.
use super::Address;
use super::row::{Row, WIDE};
use crate::rules::list::Item;
use std::sync::Arc;

/// What stays of a full node at the end of the table, when it is cut in two: keys that come in order leave full nodes behind.
const AT_END: usize = WIDE - WIDE / 8;

/// Who owns a stretch: the bits of the finest network there, and its entry.
pub type Owner = (u8, Arc<Item>);

/// Where stretches begin, and whose they are.
#[derive(Clone, Debug)]
pub struct Tree<K: Address> {
    branches: Vec<Arc<Branch<K>>>,
    /// The first key of all.
    first: K,
    /// The first keys of the branches, in blocks of [`WIDE`], and the first of each block.
    blocks: Vec<K::Row>,
    firsts: Vec<K>,
}

/// Up to [`WIDE`] leaves, and their first keys.
#[derive(Clone, Debug)]
struct Branch<K: Address> {
    row: K::Row,
    leaves: Vec<Leaf<K>>,
}

/// Up to [`WIDE`] stretches.
#[derive(Clone, Debug)]
#[repr(C)]
struct Leaf<K: Address> {
    /// Which of them have an owner, a bit for each: whether an address is in any network is known without going further.
    owned: u64,
    owners: Arc<Owners>,
    row: K::Row,
}

#[derive(Clone, Debug)]
struct Owners {
    items: [Option<Arc<Item>>; WIDE],
    bits: [u8; WIDE],
}

/// A place of a key: branch, leaf, and within it.
#[derive(Clone, Copy)]
struct Place {
    branch: usize,
    leaf: usize,
    at: usize,
}

impl<K: Address> Default for Tree<K> {
    fn default() -> Self {
        Tree { branches: Vec::new(), first: K::MAX, blocks: Vec::new(), firsts: Vec::new() }
    }
}

impl<K: Address> Tree<K> {
    /// The leaf of the last key up to `key`, and its place there.
    #[inline]
    fn find(&self, key: K) -> Option<(&Leaf<K>, usize)> {
        if key < self.first {
            return None;
        }
        // Most lists are one leaf.
        let branch = if self.branches.len() > 1 { self.branch_of(key) } else { 0 };
        let node = &**self.branches.get(branch)?;
        let leaf = &node.leaves[if node.leaves.len() > 1 { node.row.last_up_to(key) } else { 0 }];
        Some((leaf, leaf.row.last_up_to(key)))
    }

    /// The place of the last key up to `key`.
    fn place(&self, key: K) -> Option<Place> {
        if self.branches.is_empty() || key < self.first {
            return None;
        }
        let branch = self.branch_of(key);
        let node = &self.branches[branch];
        let leaf = node.row.last_up_to(key);
        Some(Place { branch, leaf, at: node.leaves[leaf].row.last_up_to(key) })
    }

    #[inline]
    fn branch_of(&self, key: K) -> usize {
        let block = self.firsts.partition_point(|first| *first <= key).saturating_sub(1);
        block * WIDE + self.blocks[block].last_up_to(key)
    }

    #[inline]
    fn leaf(&self, place: Place) -> &Leaf<K> {
        &self.branches[place.branch].leaves[place.leaf]
    }

    /// Whether the stretch that holds an address has an owner.
    #[inline]
    pub fn is_owned(&self, addr: K) -> bool {
        self.find(addr).is_some_and(|(leaf, at)| leaf.owned >> at & 1 == 1)
    }

    /// The entry of the network that owns the stretch of an address.
    #[inline]
    pub fn item(&self, addr: K) -> Option<&Arc<Item>> {
        let (leaf, at) = self.find(addr)?;
        leaf.owners.items[at].as_ref()
    }

    /// The owner of the stretch that holds an address.
    #[inline]
    pub fn owner(&self, addr: K) -> Option<(u8, &Arc<Item>)> {
        let (leaf, at) = self.find(addr)?;
        leaf.owner(at)
    }

    /// Whether a stretch begins here.
    pub fn has(&self, key: K) -> bool {
        self.find(key).is_some_and(|(leaf, at)| leaf.row.key(at) == key)
    }

    /// The stretches that begin from `low` to `high`, both included.
    pub fn range(&self, low: K, high: K) -> impl Iterator<Item = (K, Option<(u8, &Arc<Item>)>)> {
        let from = self.place(low).unwrap_or(Place { branch: 0, leaf: 0, at: 0 });
        let branches = self.branches.get(from.branch..).unwrap_or_default().iter();
        let leaves = branches.flat_map(|branch| &branch.leaves).skip(from.leaf);
        let all = leaves.flat_map(|leaf| (0..leaf.row.len()).map(|at| (leaf.row.key(at), leaf.owner(at))));
        all.skip_while(move |(key, _)| *key < low).take_while(move |(key, _)| *key <= high)
    }

    /// Makes a stretch begin where none does, with its owner.
    pub fn insert(&mut self, key: K, owner: Option<Owner>) {
        let Some(place) = self.place(key) else { return self.insert_first(key, owner) };
        if self.leaf(place).row.len() == WIDE {
            self.split(place);
            return self.insert(key, owner);
        }
        let branch = Arc::make_mut(&mut self.branches[place.branch]);
        branch.leaves[place.leaf].insert(place.at + 1, key, owner);
    }

    /// The same in front of all others.
    fn insert_first(&mut self, key: K, owner: Option<Owner>) {
        let Some(first) = self.branches.first_mut() else {
            let branch = Branch { row: K::Row::of(&[key]), leaves: vec![Leaf::of(key, owner)] };
            self.branches.push(Arc::new(branch));
            return self.note_firsts();
        };
        if first.leaves[0].row.len() == WIDE {
            self.split(Place { branch: 0, leaf: 0, at: 0 });
            return self.insert_first(key, owner);
        }
        let branch = Arc::make_mut(first);
        branch.leaves[0].insert(0, key, owner);
        branch.note_firsts();
        self.note_firsts();
    }

    /// Cuts a full leaf in two, or first the full branch in which it stands.
    fn split(&mut self, place: Place) {
        let last_branch = place.branch + 1 == self.branches.len();
        let branch = Arc::make_mut(&mut self.branches[place.branch]);
        let at_end = last_branch && place.leaf + 1 == branch.leaves.len();
        let keep = if at_end { AT_END } else { WIDE / 2 };
        if branch.leaves.len() == WIDE {
            let leaves = branch.leaves.split_off(keep);
            let right = Branch { row: row_of(&leaves), leaves };
            branch.note_firsts();
            self.branches.insert(place.branch + 1, Arc::new(right));
            return self.note_firsts();
        }
        let right = branch.leaves[place.leaf].split_off(keep);
        branch.leaves.insert(place.leaf + 1, right);
        branch.note_firsts();
    }

    /// Gives the stretches that begin from `low` to `high`, both included, the owners that `change` has for them; `None`: they
    /// stay whose they are.
    pub fn change(
        &mut self,
        low: K,
        high: K,
        change: impl Fn(Option<(u8, &Arc<Item>)>) -> Option<Option<Owner>>,
    ) {
        let first = self.place(low).map_or(0, |place| place.branch);
        for branch in &mut self.branches[first..] {
            if branch.row.first() > high {
                break;
            }
            let branch = Arc::make_mut(branch);
            let from = if branch.row.first() <= low { branch.row.last_up_to(low) } else { 0 };
            for leaf in &mut branch.leaves[from..] {
                if leaf.row.first() > high {
                    break;
                }
                let at = if leaf.row.first() <= low { leaf.row.last_up_to(low) } else { 0 };
                for at in at..leaf.row.len() {
                    let key = leaf.row.key(at);
                    if key > high {
                        break;
                    }
                    if key >= low
                        && let Some(owner) = change(leaf.owner(at))
                    {
                        leaf.set(at, owner);
                    }
                }
            }
        }
    }

    /// Takes a beginning out: the stretch before it goes on.
    pub fn remove(&mut self, key: K) {
        let Some(place) = self.place(key).filter(|place| self.leaf(*place).row.key(place.at) == key) else {
            return;
        };
        let branch = Arc::make_mut(&mut self.branches[place.branch]);
        if branch.leaves[place.leaf].row.len() > 1 {
            branch.leaves[place.leaf].remove(place.at);
            branch.join(place.leaf);
        } else {
            branch.leaves.remove(place.leaf);
        }
        if branch.leaves.is_empty() {
            self.branches.remove(place.branch);
        } else {
            branch.note_firsts();
        }
        self.note_firsts();
    }

    fn note_firsts(&mut self) {
        let firsts: Vec<K> = self.branches.iter().map(|branch| branch.row.first()).collect();
        self.first = firsts.first().copied().unwrap_or(K::MAX);
        self.blocks = firsts.chunks(WIDE).map(K::Row::of).collect();
        self.firsts = firsts.into_iter().step_by(WIDE).collect();
    }
}

/// The first keys of leaves.
fn row_of<K: Address>(leaves: &[Leaf<K>]) -> K::Row {
    let mut firsts = [K::MAX; WIDE];
    firsts.iter_mut().zip(leaves).for_each(|(first, leaf)| *first = leaf.row.first());
    K::Row::of(&firsts[..leaves.len()])
}

impl<K: Address> Branch<K> {
    fn note_firsts(&mut self) {
        self.row = row_of(&self.leaves);
    }

    /// Puts the next leaf into this one, where both together are no more than half full.
    fn join(&mut self, leaf: usize) {
        let len = |at: usize| self.leaves.get(at).map_or(WIDE, |leaf| leaf.row.len());
        if len(leaf) + len(leaf + 1) <= WIDE / 2 {
            let next = self.leaves.remove(leaf + 1);
            self.leaves[leaf].append(&next);
        }
    }
}

impl<K: Address> Leaf<K> {
    fn of(key: K, owner: Option<Owner>) -> Leaf<K> {
        let owners = Owners { items: [const { None }; WIDE], bits: [0; WIDE] };
        let mut leaf = Leaf { row: K::Row::of(&[key]), owned: 0, owners: Arc::new(owners) };
        leaf.set(0, owner);
        leaf
    }

    #[inline]
    fn owner(&self, at: usize) -> Option<(u8, &Arc<Item>)> {
        self.owners.items[at].as_ref().map(|item| (self.owners.bits[at], item))
    }

    fn set(&mut self, at: usize, owner: Option<Owner>) {
        let owners = Arc::make_mut(&mut self.owners);
        self.owned = self.owned & !(1 << at) | u64::from(owner.is_some()) << at;
        (owners.bits[at], owners.items[at]) = owner.map_or((0, None), |(bits, item)| (bits, Some(item)));
    }

    fn insert(&mut self, at: usize, key: K, owner: Option<Owner>) {
        let len = self.row.len();
        self.row.insert(at, key);
        let owners = Arc::make_mut(&mut self.owners);
        owners.items[at..=len].rotate_right(1);
        owners.bits.copy_within(at..len, at + 1);
        let below = (1 << at) - 1;
        self.owned = self.owned & below | (self.owned & !below) << 1;
        self.set(at, owner);
    }

    fn remove(&mut self, at: usize) {
        let len = self.row.len();
        self.set(at, None);
        self.row.remove(at);
        let owners = Arc::make_mut(&mut self.owners);
        owners.items[at..len].rotate_left(1);
        owners.bits.copy_within(at + 1..len, at);
        let below = (1 << at) - 1;
        self.owned = self.owned & below | self.owned >> 1 & !below;
    }

    fn split_off(&mut self, at: usize) -> Leaf<K> {
        let keys = self.row.keys();
        let mut right = self.clone();
        right.row = K::Row::of(&keys[at..]);
        let owners = Arc::make_mut(&mut right.owners);
        owners.items.rotate_left(at);
        owners.bits.rotate_left(at);
        owners.items[keys.len() - at..].fill(None);
        right.note_owned();
        self.row = K::Row::of(&keys[..at]);
        Arc::make_mut(&mut self.owners).items[at..].fill(None);
        self.note_owned();
        right
    }

    /// Adds what stands in another leaf, for which there has to be room.
    fn append(&mut self, next: &Leaf<K>) {
        let (mut keys, from) = (self.row.keys(), self.row.len());
        keys.extend(next.row.keys());
        self.row = K::Row::of(&keys);
        for at in 0..next.row.len() {
            self.set(from + at, next.owner(at).map(|(bits, item)| (bits, item.clone())));
        }
    }

    fn note_owned(&mut self) {
        let items = self.owners.items.iter().enumerate();
        self.owned = items.fold(0, |all, (at, item)| all | u64::from(item.is_some()) << at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn item(id: u64) -> Arc<Item> {
        Arc::new(Item { id, text: Box::default(), value: None })
    }

    type Model = BTreeMap<u32, Option<u64>>;

    fn equal(tree: &Tree<u32>, model: &Model) -> bool {
        let ids = |(key, owner): (u32, Option<(u8, &Arc<Item>)>)| (key, owner.map(|(_, item)| item.id));
        tree.range(0, u32::MAX).map(ids).eq(model.iter().map(|(key, id)| (*key, *id)))
    }

    /// Against the standard library's map: grown, shrunk to nothing and grown again, with copies kept to see that they do
    /// not change.
    #[test]
    fn a_tree_is_a_sorted_map() {
        let (mut tree, mut model) = (Tree::default(), Model::new());
        let mut seed = 5u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let mut kept = Vec::new();
        for step in 0..90_000u64 {
            // 0 to 30,000 grow, then it shrinks, then again; keys are crowded at both ends.
            let grows = if (30_000..60_000).contains(&step) { 1 } else { 9 };
            let key = match next(4) {
                0 => next(2_000) as u32,
                1 => u32::MAX - next(2_000) as u32,
                _ => (next(30_000) * 100_000) as u32,
            };
            match (next(10) < grows, model.contains_key(&key)) {
                (true, false) => {
                    let id = (next(3) > 0).then_some(step);
                    tree.insert(key, id.map(|id| (7, item(id))));
                    model.insert(key, id);
                }
                (true, true) => {
                    tree.change(key, key, |_| Some(Some((7, item(step)))));
                    model.insert(key, Some(step));
                }
                _ => {
                    // Both ways: a key of the model, or one that may not be there.
                    let key = model.range(key..).next().map_or(key, |(key, _)| *key);
                    tree.remove(key);
                    model.remove(&key);
                }
            }
            let probe = if next(2) == 0 { key } else { next(1 << 32) as u32 };
            let want = model.range(..=probe).next_back().and_then(|(_, id)| *id);
            assert_eq!(tree.owner(probe).map(|(_, item)| item.id), want, "{probe} in step {step}");
            assert_eq!((tree.is_owned(probe), tree.has(key)), (want.is_some(), model.contains_key(&key)));
            if step % 9_000 == 0 {
                kept.push((tree.clone(), model.clone()));
            }
        }
        let (low, high) = (1_000, u32::MAX - 1_000);
        tree.change(low, high, |owner| owner.is_some().then_some(None));
        model.range_mut(low..=high).for_each(|(_, id)| *id = None);
        kept.push((tree.clone(), model.clone()));
        for key in model.keys() {
            tree.remove(*key);
        }
        assert_eq!(tree.range(0, u32::MAX).count(), 0);
        for (tree, model) in kept {
            assert!(equal(&tree, &model));
            let some = |low: u32, high: u32| {
                tree.range(low, high).map(|(key, _)| key).eq(model.range(low..=high).map(|(key, _)| *key))
            };
            assert!(some(500, 1_500) && some(u32::MAX - 9, u32::MAX) && some(0, 0) && some(1 << 30, 3 << 30));
        }
    }

    /// Keys in order fill their leaves.
    #[test]
    fn what_comes_in_order_lies_close() {
        let mut tree = Tree::default();
        for n in 0..20_000u32 {
            tree.insert(n * 3, None);
        }
        let leaves: usize = tree.branches.iter().map(|branch| branch.leaves.len()).sum();
        assert!(leaves <= 20_000usize.div_ceil(AT_END), "{leaves}");
        assert!((0..60_000).all(|n| tree.has(n) == n.is_multiple_of(3)));
    }
}
