//! A tournament: who of many has the smallest key, where keys change all the time.
//!
//! The leaves of a binary tree in one array are the members, each node above holds the smaller of its two. A change walks
//! from its leaf to the root and compares with one neighbour a level, without a branch that could be guessed wrong: that is
//! half of what a heap does in the worst case, and none of its jumps.

/// Members 0 to n-1, those that take part ordered by key; of equals, the one whose key was set first comes first.
#[derive(Clone, Debug)]
pub struct Winner {
    /// The root is at 1, the children of `i` at `2i` and `2i + 1`. An entry is key, order and member in one number.
    nodes: Vec<u128>,
    leaves: usize,
    /// Counts what is set.
    order: u64,
}

/// Takes no part. No entry is as large: keys have 40 bits.
const OUT: u128 = u128::MAX;
const KEY: u32 = 88;
const ORDER: u32 = 32;
const ORDERS: u64 = (1 << (KEY - ORDER)) - 1;

/// What [`Winner::restore`] brings back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry(u128);

impl Entry {
    /// Whose it is.
    #[must_use]
    pub fn member(self) -> usize {
        self.0 as u32 as usize
    }
}

impl Winner {
    /// Nobody takes part yet.
    #[must_use]
    pub fn new(members: usize) -> Winner {
        let leaves = members.next_power_of_two();
        Winner { nodes: vec![OUT; 2 * leaves], leaves, order: 0 }
    }

    /// Makes room for so many members; those that are there keep their places.
    pub fn grow(&mut self, members: usize) {
        let leaves = members.next_power_of_two();
        if leaves <= self.leaves {
            return;
        }
        let old = std::mem::replace(self, Winner { nodes: vec![OUT; 2 * leaves], leaves, order: self.order });
        for &entry in old.nodes[old.leaves..].iter().filter(|&&e| e != OUT) {
            self.restore(Entry(entry));
        }
    }

    /// The one with the smallest key.
    #[inline]
    #[must_use]
    pub fn first(&self) -> Option<Entry> {
        (self.nodes[1] != OUT).then_some(Entry(self.nodes[1]))
    }

    /// Gives a member a key of at most 40 bits, behind those that have the same.
    #[inline]
    pub fn set(&mut self, member: usize, key: u64) {
        debug_assert!(key < 1 << (128 - KEY) && self.order < ORDERS);
        self.order += 1;
        self.write(member, u128::from(key) << KEY | u128::from(self.order) << ORDER | member as u128);
    }

    /// The member takes no part.
    #[inline]
    pub fn take_out(&mut self, member: usize) {
        self.write(member, OUT);
    }

    /// Puts back where it was who was taken out.
    pub fn restore(&mut self, entry: Entry) {
        self.write(entry.member(), entry.0);
    }

    /// A member's key, where it takes part.
    #[inline]
    #[must_use]
    pub fn key(&self, member: usize) -> Option<u64> {
        let entry = self.nodes[self.leaves + member];
        (entry != OUT).then_some((entry >> KEY) as u64)
    }

    /// How many take part; linear.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes[self.leaves..].iter().filter(|&&e| e != OUT).count()
    }

    /// Whether nobody takes part.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes[1] == OUT
    }

    #[inline]
    fn write(&mut self, member: usize, entry: u128) {
        let (mut at, mut least) = (self.leaves + member, entry);
        let nodes = &mut self.nodes[..];
        nodes[at] = entry;
        while at > 1 {
            let other = nodes[at ^ 1];
            least = least.min(other);
            at /= 2;
            nodes[at] = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_for_more_changes_nothing() {
        let mut tree = Winner::new(0);
        assert!(tree.is_empty());
        for member in 0..100 {
            tree.grow(member + 1);
            tree.set(member, (member as u64 * 37) % 11);
        }
        let mut plain: Vec<usize> = (0..100).collect();
        plain.sort_by_key(|m| (m * 37) % 11);
        for member in plain {
            let first = tree.first().expect("somebody");
            assert_eq!(first.member(), member);
            tree.take_out(member);
        }
        assert!(tree.is_empty());
    }

    #[test]
    fn the_smallest_key_is_first_and_equals_in_the_order_they_came() {
        for members in [1, 2, 3, 7, 64, 100] {
            let mut tree = Winner::new(members);
            let mut plain: Vec<Option<(u64, u64)>> = vec![None; members];
            let mut seed = 11u64;
            for step in 0..5_000 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let (member, key) = ((seed >> 33) as usize % members, seed >> 61);
                match seed >> 58 & 7 {
                    0 | 1 => {
                        tree.take_out(member);
                        plain[member] = None;
                    }
                    2 => {
                        let before = tree.first();
                        if let Some(first) = before {
                            tree.take_out(first.member());
                            tree.restore(first);
                        }
                        assert_eq!(tree.first(), before);
                    }
                    _ => {
                        tree.set(member, key);
                        plain[member] = Some((key, step));
                    }
                }
                let least = (0..members).filter(|&m| plain[m].is_some()).min_by_key(|&m| plain[m]);
                assert_eq!(tree.first().map(Entry::member), least);
                assert_eq!(tree.key(member), plain[member].map(|(key, _)| key));
                assert_eq!(tree.len(), plain.iter().flatten().count());
                assert_eq!(tree.is_empty(), least.is_none());
            }
        }
    }

    #[test]
    fn nobody_of_nobody() {
        assert_eq!(Winner::new(0).first(), None);
        let mut tree = Winner::new(2);
        tree.set(1, (1 << 40) - 1);
        assert_eq!(tree.first().map(Entry::member), Some(1));
    }
}
