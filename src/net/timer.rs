//! A hierarchical timing wheel: one entry a task, no kernel operation per timer.
//!
//! Four levels of 64 slots, one millisecond at the bottom: about 4.6 hours; later times wait in the last slot and are put
//! back when it comes round. Entries are never removed: an entry whose task wants a later time is put in again when it is
//! due, one whose task is gone is dropped.
use super::core::TaskId;
use crate::base::time::Tick;

const LEVELS: usize = 4;
const SLOTS: usize = 64;
const BITS: u32 = 6;

/// One entry: wake this task at this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub task: TaskId,
    pub at: Tick,
}

/// The wheel. Times round up to the next millisecond.
pub struct Wheel {
    /// Milliseconds: everything before was handed out.
    now: u64,
    slots: Vec<Vec<Entry>>,
    /// The earliest millisecond in each slot.
    least: Vec<u64>,
    occupied: [u64; LEVELS],
    /// The earliest of all, which every turn of the loop asks for.
    soonest: u64,
}

impl Wheel {
    /// An empty wheel at this time.
    pub fn new(now: Tick) -> Wheel {
        Wheel {
            now: now.millis(),
            slots: (0..LEVELS * SLOTS).map(|_| Vec::new()).collect(),
            least: vec![u64::MAX; LEVELS * SLOTS],
            occupied: [0; LEVELS],
            soonest: u64::MAX,
        }
    }

    /// Adds an entry.
    pub fn insert(&mut self, entry: Entry) {
        let at = entry.at.0.div_ceil(1_000_000).max(self.now + 1);
        let delta = at - self.now;
        let level = (0..LEVELS).find(|&l| delta < 1 << (BITS * (l as u32 + 1))).unwrap_or(LEVELS - 1);
        let at = at.min(self.now + (1 << (BITS * LEVELS as u32)) - 1);
        let slot = (at >> (BITS * level as u32)) as usize % SLOTS;
        self.occupied[level] |= 1 << slot;
        self.slots[level * SLOTS + slot].push(entry);
        let least = &mut self.least[level * SLOTS + slot];
        *least = at.min(*least);
        self.soonest = at.min(self.soonest);
    }

    /// The earliest time at which `advance` hands something out. A slot whose time has begun is moved down on the way: for
    /// that alone nobody has to wake up.
    #[inline]
    pub fn next(&self) -> Option<Tick> {
        (self.soonest != u64::MAX).then(|| Tick(self.soonest * 1_000_000))
    }

    /// The earliest of all, by the earliest of each level's next slot.
    fn find_soonest(&self) -> u64 {
        let least = |level: usize| {
            let slot = (self.next_of(level)? >> (BITS * level as u32)) as usize % SLOTS;
            Some(self.least[level * SLOTS + slot])
        };
        (0..LEVELS).filter_map(least).min().unwrap_or(u64::MAX)
    }

    /// The start, in milliseconds, of the next occupied slot of a level.
    fn next_of(&self, level: usize) -> Option<u64> {
        if self.occupied[level] == 0 {
            return None;
        }
        let shift = BITS * level as u32;
        let here = self.now >> shift;
        let rotated = self.occupied[level].rotate_right((here as u32 + 1) % SLOTS as u32);
        Some((here + 1 + u64::from(rotated.trailing_zeros())) << shift)
    }

    /// Moves to `now` and hands out the entries that are due.
    pub fn advance(&mut self, now: Tick, due: &mut Vec<Entry>) {
        let target = now.millis();
        while let Some(at) = (0..LEVELS).filter_map(|l| self.next_of(l)).min().filter(|&at| at <= target) {
            // The slots of all levels that start now are emptied together, before the clock stands on them.
            let slots: [Option<usize>; LEVELS] = std::array::from_fn(|level| {
                (self.next_of(level) == Some(at)).then(|| (at >> (BITS * level as u32)) as usize % SLOTS)
            });
            self.now = at;
            for (level, slot) in slots.into_iter().enumerate() {
                let Some(slot) = slot else { continue };
                self.occupied[level] &= !(1 << slot);
                self.least[level * SLOTS + slot] = u64::MAX;
                let mut entries = std::mem::take(&mut self.slots[level * SLOTS + slot]);
                for entry in entries.drain(..) {
                    if entry.at.0.div_ceil(1_000_000) <= at { due.push(entry) } else { self.insert(entry) }
                }
                let emptied = &mut self.slots[level * SLOTS + slot];
                if emptied.is_empty() {
                    *emptied = entries;
                }
            }
        }
        self.now = self.now.max(target);
        self.soonest = self.find_soonest();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn ms(n: u64) -> Tick {
        Tick(n * 1_000_000)
    }

    #[test]
    fn entries_come_out_at_their_millisecond_in_order() {
        for start in [0u64, 1, 63, 64, 4_095, 1_000_003] {
            let mut wheel = Wheel::new(ms(start));
            let delays =
                [1u64, 2, 63, 64, 65, 127, 128, 1_000, 4_095, 4_096, 5_000, 262_144, 300_000, 20_000_000];
            for (i, d) in delays.iter().enumerate() {
                wheel.insert(Entry { task: TaskId::new(i as u32, 0), at: ms(start + d) });
            }
            let mut seen = Vec::new();
            while let Some(next) = wheel.next() {
                let mut due = Vec::new();
                wheel.advance(next, &mut due);
                for e in due {
                    assert_eq!(e.at, next, "start {start}");
                    seen.push(e.at.millis() - start);
                }
            }
            assert_eq!(seen, delays, "start {start}");
        }
    }

    #[test]
    fn nobody_wakes_up_before_something_is_due() {
        let mut wheel = Wheel::new(ms(1));
        for (i, at) in [130_000u64, 129_500, 7_000_000].into_iter().enumerate() {
            wheel.insert(Entry { task: TaskId::new(i as u32, 0), at: ms(at) });
        }
        let mut wakes = Vec::new();
        while let Some(next) = wheel.next() {
            let mut due = Vec::new();
            wheel.advance(next, &mut due);
            assert_eq!(due.len(), 1);
            wakes.push(next.millis());
        }
        assert_eq!(wakes, [129_500, 130_000, 7_000_000]);
    }

    #[test]
    fn a_jump_hands_out_everything_before_it_and_nothing_after() {
        let mut wheel = Wheel::new(ms(7));
        let mut state = 12345u64;
        let mut times = Vec::new();
        for i in 0..2_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = ms(8 + (state >> 33) % 500_000) + Duration::from_nanos(state % 900_000);
            wheel.insert(Entry { task: TaskId::new(i, 0), at });
            times.push(at);
        }
        let mut due = Vec::new();
        for step in [10u64, 64, 100, 5_000, 5_001, 70_000, 262_150, 600_000] {
            wheel.advance(ms(step), &mut due);
            let want = times.iter().filter(|t| t.0.div_ceil(1_000_000) <= step).count();
            assert_eq!(due.len(), want, "at {step}");
        }
    }
}
