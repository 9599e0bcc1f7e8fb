//! Rates of the whole process with limits that may change while it runs (`maxconnrate`, `maxsessrate`, management manual, 9.3
//! `set rate-limit`).
use super::rate::Rate;
use crate::base::time::Tick;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How often something may happen in a second, over all cores. Where there is no limit nothing is counted.
#[derive(Debug, Default)]
pub struct Pace {
    /// 0: no limit.
    limit: AtomicU32,
    rate: Rate,
}

impl Pace {
    /// So many a second from now on, 0 for no limit.
    pub fn set_limit(&self, limit: u32) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// So many a second, 0 for no limit.
    pub fn limit(&self) -> u32 {
        self.limit.load(Ordering::Relaxed)
    }

    /// Counts one more, where the limit allows it.
    ///
    /// # Errors
    /// How long to wait before asking again.
    pub fn enter(&self, now: Tick) -> Result<(), Duration> {
        match self.limit() {
            0 => Ok(()),
            limit => self.rate.enter(limit, now),
        }
    }

    /// Forgets one that was counted.
    pub fn give_back(&self) {
        if self.limit() != 0 {
            self.rate.give_back();
        }
    }
}

/// Those of the process.
#[derive(Debug, Default)]
pub struct Paces {
    /// New connections.
    pub connections: Pace,
    /// New sessions: connections that `tcp-request connection` rules let in.
    pub sessions: Pace,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_comes_and_goes_and_what_was_given_back_counts_no_more() {
        let (pace, now) = (Pace::default(), Tick(5_000_000_000));
        assert!((0..100).all(|_| pace.enter(now).is_ok()), "no limit");
        pace.set_limit(2);
        assert!(pace.enter(now).is_ok() && pace.enter(now).is_ok(), "what was not counted does not count");
        assert!(pace.enter(now).is_err());
        pace.give_back();
        assert!(pace.enter(now).is_ok() && pace.enter(now).is_err());
        pace.set_limit(3);
        assert!(pace.enter(now).is_ok() && pace.enter(now).is_err());
        pace.set_limit(0);
        assert!(pace.enter(now).is_ok());
    }
}
