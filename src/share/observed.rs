//! Errors of the traffic in a row, by server (`observe`): counted by the cores, acted upon by the control thread.
use crate::base::grow::Grow;
use crate::base::ids::ServerId;
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

/// Too many errors in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    pub server: ServerId,
    pub errors: u32,
    /// What the last one was.
    pub last: &'static str,
}

/// Tells the control thread that there is something to read.
type Wake = Box<dyn Fn() + Send + Sync>;

/// The counters of all servers. Only observed ones are ever written.
pub struct Observed {
    pub(super) in_a_row: Grow<AtomicU32>,
    /// How often there were too many (`hanafail`).
    pub(super) reached: Grow<AtomicU64>,
    letters: Mutex<Vec<TooMany>>,
    wake: OnceLock<Wake>,
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed").field("in_a_row", &self.in_a_row).finish_non_exhaustive()
    }
}

impl Observed {
    pub(super) fn new(servers: usize) -> Observed {
        Observed {
            in_a_row: (0..servers).map(|_| AtomicU32::new(0)).collect(),
            reached: (0..servers).map(|_| AtomicU64::new(0)).collect(),
            letters: Mutex::default(),
            wake: OnceLock::new(),
        }
    }

    /// What went well ends a row.
    pub fn good(&self, server: ServerId) {
        let row = &self.in_a_row[server.index()];
        // Most of the time there is none: a look costs no other core anything.
        if row.load(Ordering::Relaxed) != 0 {
            row.store(0, Ordering::Relaxed);
        }
    }

    /// One error more; so many as `limit` are told, and a new row begins.
    pub fn bad(&self, server: ServerId, limit: u32, last: &'static str) {
        let row = &self.in_a_row[server.index()];
        let errors = row.fetch_add(1, Ordering::Relaxed) + 1;
        if errors < limit {
            return;
        }
        row.store(0, Ordering::Relaxed);
        self.reached[server.index()].fetch_add(1, Ordering::Relaxed);
        self.letters.lock().expect("no panic under this lock").push(TooMany { server, errors, last });
        if let Some(wake) = self.wake.get() {
            wake();
        }
    }

    /// How often a server had too many errors in a row.
    pub fn reached(&self, server: ServerId) -> u64 {
        self.reached[server.index()].load(Ordering::Relaxed)
    }

    /// What was told since the last time.
    pub fn take(&self) -> Vec<TooMany> {
        std::mem::take(&mut self.letters.lock().expect("no panic under this lock"))
    }

    /// Who is woken; the first one stays.
    pub fn set_wake(&self, wake: Wake) {
        let _ = self.wake.set(wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_in_a_row_are_told() {
        let observed = Observed::new(2);
        let id = ServerId(1);
        observed.bad(id, 3, "a");
        observed.bad(id, 3, "a");
        observed.good(id);
        observed.bad(id, 3, "a");
        observed.bad(id, 3, "a");
        assert!(observed.take().is_empty());
        observed.bad(id, 3, "b");
        assert_eq!(observed.take(), [TooMany { server: id, errors: 3, last: "b" }]);
        observed.bad(id, 3, "c");
        assert_eq!((observed.take().len(), observed.reached(id), observed.reached(ServerId(0))), (0, 1, 0));
    }
}
