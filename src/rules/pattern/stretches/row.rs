//! The keys of a node of the tree, and the search among them: all are compared, four or eight to an instruction, so that a search
//! has no branch to mistake and its cache lines are fetched together.
use std::fmt::Debug;

/// Keys in a row at most.
pub const WIDE: usize = 64;
/// Rows of so few keys compare no more than these.
const FEW: [usize; 2] = [16, 32];

/// Keys in order, one at least and [`WIDE`] at most.
pub trait Row<K: Copy>: Clone + Debug + Send + Sync {
    /// The row of these keys.
    fn of(keys: &[K]) -> Self;

    /// How many there are.
    fn len(&self) -> usize;

    /// One of them.
    fn key(&self, at: usize) -> K;

    /// The place of the last key up to `key`. The first one has to be.
    fn last_up_to(&self, key: K) -> usize;

    /// Puts a key in, for which there has to be room.
    fn insert(&mut self, at: usize, key: K);

    /// Takes a key out, which is not the only one.
    fn remove(&mut self, at: usize);

    /// The first of them.
    fn first(&self) -> K {
        self.key(0)
    }

    /// All of them.
    fn keys(&self) -> Vec<K> {
        (0..self.len()).map(|at| self.key(at)).collect()
    }
}

/// A number whose order as a signed one is that of `n`: those are what vector units compare.
#[inline]
fn signed(n: u32) -> i32 {
    (n ^ 1 << 31) as i32
}

/// How many of the first `len` numbers are up to `most`; the largest number stands behind them. `beyond`: how many of some
/// numbers are larger.
#[inline]
fn count_up_to<N>(numbers: &[N; WIDE], len: usize, beyond: impl Fn(&[N]) -> usize) -> usize {
    let counted = match len {
        _ if len <= FEW[0] => FEW[0] - beyond(&numbers[..FEW[0]]),
        _ if len <= FEW[1] => FEW[1] - beyond(&numbers[..FEW[1]]),
        _ => WIDE - beyond(numbers),
    };
    // What stands behind is counted only where all are.
    counted.min(len)
}

/// IPv4: the keys are such numbers.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Numbers {
    len: usize,
    numbers: [i32; WIDE],
}

impl Row<u32> for Numbers {
    fn of(keys: &[u32]) -> Numbers {
        let mut numbers = [i32::MAX; WIDE];
        numbers.iter_mut().zip(keys).for_each(|(to, key)| *to = signed(*key));
        Numbers { len: keys.len(), numbers }
    }

    #[inline]
    fn len(&self) -> usize {
        self.len
    }

    #[inline]
    fn key(&self, at: usize) -> u32 {
        self.numbers[at] as u32 ^ 1 << 31
    }

    #[inline]
    fn last_up_to(&self, key: u32) -> usize {
        let key = signed(key);
        let beyond = |numbers: &[i32]| numbers.iter().map(|n| u32::from(*n > key)).sum::<u32>() as usize;
        count_up_to(&self.numbers, self.len, beyond).saturating_sub(1)
    }

    fn insert(&mut self, at: usize, key: u32) {
        self.numbers.copy_within(at..self.len, at + 1);
        self.numbers[at] = signed(key);
        self.len += 1;
    }

    fn remove(&mut self, at: usize) {
        self.numbers.copy_within(at + 1..self.len, at);
        self.len -= 1;
        self.numbers[self.len] = i32::MAX;
    }
}

/// IPv6: of each key the 16 bits behind those that all share. They tell the place; only where some are the address's own, the
/// keys are looked at.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Windows {
    windows: [i16; WIDE],
    last: u128,
    /// Bits that all keys share, 112 at most.
    shared: u32,
    len: usize,
    keys: [u128; WIDE],
}

/// The 16 bits of a key behind its first `shared` ones, in the order of signed numbers.
#[inline]
fn window(key: u128, shared: u32) -> i16 {
    ((key << shared >> 112) as u16 ^ 1 << 15) as i16
}

impl Windows {
    /// Makes the windows anew after the keys have changed.
    fn note(&mut self) {
        let keys = &self.keys[..self.len];
        self.last = keys[self.len - 1];
        self.shared = (keys[0] ^ self.last).leading_zeros().min(112);
        self.windows[self.len..].fill(i16::MAX);
        self.windows.iter_mut().zip(keys).for_each(|(to, key)| *to = window(*key, self.shared));
    }
}

impl Row<u128> for Windows {
    fn of(keys: &[u128]) -> Windows {
        let mut all = [0; WIDE];
        all[..keys.len()].copy_from_slice(keys);
        let windows = [i16::MAX; WIDE];
        let mut row = Windows { len: keys.len(), shared: 0, last: 0, windows, keys: all };
        row.note();
        row
    }

    #[inline]
    fn len(&self) -> usize {
        self.len
    }

    #[inline]
    fn key(&self, at: usize) -> u128 {
        self.keys[at]
    }

    #[inline]
    fn last_up_to(&self, key: u128) -> usize {
        if key >= self.last {
            return self.len - 1;
        }
        // It stands between the first and the last key, so it shares what they share.
        let own = window(key, self.shared);
        let beyond = |windows: &[i16]| windows.iter().map(|n| u16::from(*n > own)).sum::<u16>() as usize;
        let mut at = count_up_to(&self.windows, self.len, beyond).saturating_sub(1);
        if self.windows[at] == own {
            // Mostly this one, or the one before; both without a branch.
            at = at.saturating_sub(usize::from(self.keys[at] > key));
            while self.keys[at] > key && at > 0 {
                at -= 1;
            }
        }
        at
    }

    fn insert(&mut self, at: usize, key: u128) {
        self.keys.copy_within(at..self.len, at + 1);
        self.keys[at] = key;
        self.len += 1;
        self.note();
    }

    fn remove(&mut self, at: usize) {
        self.keys.copy_within(at + 1..self.len, at);
        self.len -= 1;
        self.note();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of all lengths, with keys that lie close, far, at the ends, and that share up to all bits but a few.
    fn is_a_search<K: Copy + Ord + Debug, R: Row<K>>(number: impl Fn(u64, u32) -> K) {
        let mut seed = 11u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed >> 20
        };
        for len in 1..=WIDE {
            for spread in 0..8 {
                let mut keys: Vec<K> = (0..len).map(|_| number(next(), spread)).collect();
                keys.sort_unstable();
                keys.dedup();
                // Made at once, or key by key with others that go again.
                let mut row = R::of(&keys[..1]);
                if spread % 2 == 0 {
                    row = R::of(&keys);
                } else {
                    for (at, key) in keys.iter().enumerate().skip(1) {
                        row.insert(at, *key);
                    }
                    for at in 0..keys.len().min(WIDE - keys.len()) {
                        row.insert(2 * at, keys[at]);
                    }
                    for at in 0..row.len() - keys.len() {
                        row.remove(at);
                    }
                }
                assert_eq!((row.len(), row.keys()), (keys.len(), keys.clone()));
                for asked in keys.iter().copied().chain((0..40).map(|_| number(next(), spread))) {
                    if let Some(want) = keys.partition_point(|k| *k <= asked).checked_sub(1) {
                        assert_eq!(row.last_up_to(asked), want, "{asked:?} in {keys:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_row_finds_the_last_key_up_to_another() {
        is_a_search::<u32, Numbers>(|n, spread| match n % 9 {
            0 => u32::MAX - (n >> 8) as u32 % 3,
            1 => (n >> 8) as u32 % 3,
            _ => (n >> 8) as u32 >> (4 * spread),
        });
        is_a_search::<u128, Windows>(|n, spread| match n % 19 {
            0 => u128::MAX - u128::from(n >> 8) % 3,
            1 => u128::from(n >> 8) % 3,
            _ => {
                // Few values above, few below: windows that are equal while the keys are not.
                let (high, low) = (u128::from(n >> 8) % 5, u128::from(n >> 12) % 7);
                high << (17 * spread) | low << (2 * spread) | u128::from(spread) << 125
            }
        });
    }
}
