//! The schedule of an open loop: when requests are due, whatever the answers do.

use crate::rng::Rng;

/// Due times as a Poisson process: users do not know of each other.
#[derive(Debug)]
pub struct Schedule {
    next: u64,
    end: u64,
    mean_gap: f64,
    carry: f64,
    rng: Rng,
}

impl Schedule {
    /// `rate` requests a second from `start` to `end` (nanoseconds); a rate of 0 is never due.
    pub fn new(rate: f64, start: u64, end: u64, seed: u64) -> Self {
        let mut this = Self { next: start, end, mean_gap: 0.0, carry: start as f64, rng: Rng::new(seed) };
        if rate > 0.0 {
            this.mean_gap = 1e9 / rate;
            this.advance();
        } else {
            this.next = u64::MAX;
        }
        this
    }

    fn advance(&mut self) {
        self.carry += self.rng.exponential(self.mean_gap);
        self.next = self.carry as u64;
        if self.next >= self.end {
            self.next = u64::MAX;
        }
    }

    /// When the next request is due; none after the last.
    pub fn peek(&self) -> Option<u64> {
        (self.next != u64::MAX).then_some(self.next)
    }

    /// Takes a due time that is not after `now`.
    pub fn take(&mut self, now: u64) -> Option<u64> {
        if self.next > now {
            return None;
        }
        let due = self.next;
        self.advance();
        Some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_kept_whenever_one_looks() {
        let mut s = Schedule::new(1000.0, 5_000_000_000, 15_000_000_000, 3);
        let mut all = Vec::new();
        // A look every 100 ms: late, and nothing is lost by it.
        for now in (5_000_000_000..16_000_000_000u64).step_by(100_000_000) {
            while let Some(due) = s.take(now) {
                all.push(due);
            }
        }
        assert!((9_700..10_300).contains(&all.len()), "{}", all.len());
        assert!(all.windows(2).all(|w| w[0] <= w[1]));
        assert!(all.iter().all(|d| (5_000_000_000..15_000_000_000).contains(d)));
        assert_eq!(s.peek(), None);
    }

    #[test]
    fn the_same_seed_gives_the_same_schedule_and_none_is_due_early() {
        let mut a = Schedule::new(500.0, 0, 1_000_000_000, 9);
        let mut b = Schedule::new(500.0, 0, 1_000_000_000, 9);
        let first = a.peek().unwrap();
        assert_eq!(a.take(first - 1), None);
        assert_eq!(a.take(first), b.take(u64::MAX - 1));
        assert_eq!(a.peek(), b.peek());
    }

    #[test]
    fn a_rate_of_nothing_is_never_due() {
        let mut s = Schedule::new(0.0, 0, 1_000, 1);
        assert_eq!((s.peek(), s.take(u64::MAX - 1)), (None, None));
    }
}
