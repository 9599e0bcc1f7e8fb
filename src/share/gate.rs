//! A counted limit that holds exactly over all cores.
use std::sync::atomic::{AtomicU32, Ordering};

/// How many are in, and how many may be: one compare-and-swap to enter. Alone on its cache line.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Gate {
    inside: AtomicU32,
    /// 0: no limit.
    limit: AtomicU32,
    peak: AtomicU32,
}

impl Gate {
    /// Sets the limit, 0 for none. Those inside stay.
    pub fn set_limit(&self, limit: u32) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// The limit, 0 for none.
    pub fn limit(&self) -> u32 {
        self.limit.load(Ordering::Relaxed)
    }

    /// How many are inside.
    pub fn inside(&self) -> u32 {
        self.inside.load(Ordering::Relaxed)
    }

    /// The most that were ever inside at once.
    pub fn peak(&self) -> u32 {
        self.peak.load(Ordering::Relaxed)
    }

    /// Enters unless the limit is reached.
    #[must_use]
    pub fn try_enter(&self) -> bool {
        let limit = self.limit();
        let entered = self.inside.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |n| {
            if limit != 0 && n >= limit { None } else { Some(n + 1) }
        });
        match entered {
            Ok(before) => {
                // Written only when it grows: after the first minutes this is a read.
                if before >= self.peak() {
                    self.peak.fetch_max(before + 1, Ordering::Relaxed);
                }
                true
            }
            Err(_) => false,
        }
    }

    /// Leaves.
    pub fn leave(&self) {
        let before = self.inside.fetch_sub(1, Ordering::AcqRel);
        debug_assert!(before > 0, "left a gate that nobody had entered");
    }

    /// Forgets the peak (`clear counters`).
    pub fn clear_peak(&self) {
        self.peak.store(self.inside(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_more_inside_than_the_limit_over_threads() {
        let gate = Gate::default();
        gate.set_limit(3);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..20_000 {
                        if gate.try_enter() {
                            assert!(gate.inside() <= 3);
                            gate.leave();
                        }
                    }
                });
            }
        });
        assert_eq!(gate.inside(), 0);
        assert!(gate.peak() <= 3);
    }
}
