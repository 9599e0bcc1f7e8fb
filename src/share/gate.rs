//! A counted limit that holds exactly over all cores.
use super::queue::Wake;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The limit of a gate that lets nobody in.
const CLOSED: u32 = u32::MAX;

/// How many are in, and how many may be: one compare-and-swap to enter. Alone on its cache line.
#[derive(Default)]
#[repr(align(128))]
pub struct Gate {
    inside: AtomicU32,
    /// 0: no limit.
    limit: AtomicU32,
    /// `minconn` above, `fullconn` below: the limit grows from the one to `limit` with the load. 0: it stands.
    ramp: AtomicU64,
    peak: AtomicU32,
    /// How many want to hear of the next leaving; read without the lock.
    waiting: AtomicU32,
    waiters: Mutex<Vec<Wake>>,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gate({} of {})", self.inside(), self.limit())
    }
}

impl Gate {
    /// Sets the limit, 0 for none. Those inside stay.
    pub fn set_limit(&self, limit: u32) {
        self.limit.store(limit.min(CLOSED - 1), Ordering::Relaxed);
        self.tell();
    }

    /// Lets nobody in any more. Those inside stay.
    pub fn close(&self) {
        self.limit.store(CLOSED, Ordering::Relaxed);
    }

    /// The limit, 0 for none.
    pub fn limit(&self) -> u32 {
        self.limit.load(Ordering::Relaxed)
    }

    /// Makes the limit depend on the load: `least` at none, the whole limit at `full`.
    pub fn set_ramp(&self, least: u32, full: u32) {
        self.ramp.store(u64::from(least) << 32 | u64::from(full.max(1)), Ordering::Relaxed);
    }

    /// The limit at a load, which is asked for only where it matters (manual 5.2, `minconn`).
    pub fn limit_under(&self, load: impl FnOnce() -> u64) -> u32 {
        let (limit, ramp) = (self.limit(), self.ramp.load(Ordering::Relaxed));
        let (least, full) = ((ramp >> 32) as u32, ramp & u64::from(u32::MAX));
        if ramp == 0 || limit == 0 {
            return limit;
        }
        let load = load();
        if load >= full { limit } else { least.max((load * u64::from(limit) / full) as u32) }
    }

    /// How many are inside.
    pub fn inside(&self) -> u32 {
        self.inside.load(Ordering::Relaxed)
    }

    /// The most that were ever inside at once.
    pub fn peak(&self) -> u32 {
        self.peak.load(Ordering::Relaxed)
    }

    /// Whether so many are inside; 0 is no limit.
    pub fn is_full_at(&self, limit: u32) -> bool {
        limit != 0 && (self.inside() >= limit || limit == CLOSED)
    }

    /// Enters unless the limit is reached.
    #[must_use]
    pub fn try_enter(&self) -> bool {
        self.try_enter_at(self.limit())
    }

    /// Enters unless so many are inside; 0 is no limit.
    #[must_use]
    pub fn try_enter_at(&self, limit: u32) -> bool {
        let entered = self.inside.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |n| {
            if limit != 0 && (n >= limit || limit == CLOSED) { None } else { Some(n + 1) }
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

    /// Enters whatever the limit says, for what is there already.
    pub fn enter(&self) {
        self.inside.fetch_add(1, Ordering::AcqRel);
    }

    /// Leaves.
    pub fn leave(&self) {
        let before = self.inside.fetch_sub(1, Ordering::SeqCst);
        debug_assert!(before > 0, "left a gate that nobody had entered");
        if self.waiting.load(Ordering::Acquire) > 0 {
            self.tell();
        }
    }

    /// Calls `wake` once, when somebody leaves or the limit changes. Who asks tries to enter once more afterwards: a
    /// leaving just before is not told.
    pub fn when_left(&self, wake: Wake) {
        let mut waiters = self.waiters.lock().expect("no panic under this lock");
        waiters.push(wake);
        self.waiting.store(waiters.len() as u32, Ordering::SeqCst);
    }

    fn tell(&self) {
        let waiters = {
            let mut waiters = self.waiters.lock().expect("no panic under this lock");
            self.waiting.store(0, Ordering::Release);
            std::mem::take(&mut *waiters)
        };
        for wake in waiters {
            wake();
        }
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
    fn a_closed_gate_lets_nobody_in_until_it_has_a_limit_again() {
        let gate = Gate::default();
        assert!(gate.try_enter());
        gate.close();
        assert!(gate.is_full_at(gate.limit()) && !gate.try_enter());
        gate.set_limit(0);
        assert!(gate.try_enter());
    }

    #[test]
    fn the_limit_grows_with_the_load() {
        let gate = Gate::default();
        gate.set_limit(100);
        assert_eq!(gate.limit_under(|| unreachable!("no ramp")), 100);
        gate.set_ramp(10, 1_000);
        assert_eq!(
            [0, 99, 500, 999, 1_000, 9_999].map(|load| gate.limit_under(|| load)),
            [10, 10, 50, 99, 100, 100]
        );
        gate.set_limit(0);
        assert_eq!(gate.limit_under(|| 5), 0);
    }

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
