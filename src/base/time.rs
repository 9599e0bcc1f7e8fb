//! Monotonic time as a plain number, so that protocol code and the simulator can be given any clock.
use std::ops::{Add, Sub};
use std::time::Duration;

/// Nanoseconds since an arbitrary start (`CLOCK_MONOTONIC`, or the simulator's virtual clock).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tick(pub u64);

impl Tick {
    /// The clock's start.
    pub const ZERO: Tick = Tick(0);

    /// Reads `CLOCK_MONOTONIC`.
    #[must_use]
    pub fn monotonic() -> Tick {
        let t =
            nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).expect("CLOCK_MONOTONIC exists");
        Tick(t.tv_sec() as u64 * 1_000_000_000 + t.tv_nsec() as u64)
    }

    /// Milliseconds since the clock's start.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// The time from `earlier` to this tick, zero when it lies in the future.
    #[must_use]
    pub fn since(self, earlier: Tick) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Tick {
    type Output = Tick;
    fn add(self, d: Duration) -> Tick {
        Tick(self.0.saturating_add(u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Tick {
    type Output = Tick;
    fn sub(self, d: Duration) -> Tick {
        Tick(self.0.saturating_sub(u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)))
    }
}
