//! What the health checks found, and how long servers and backends have been as they are: written by the control thread
//! alone, read by whoever reports. Never on a request's way, so plain locks are enough.
use crate::base::grow::Grow;
use crate::base::ids::{BackendId, ServerId};
use crate::base::time::Tick;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// How a check ended, with HAProxy's names and numbers (management manual, 9.1, `check_status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CheckStatus {
    #[default]
    Unknown,
    Initializing,
    SocketError,
    L4Ok,
    L4Timeout,
    L4Connection,
    L6Ok,
    L6Timeout,
    L6Response,
    L7Timeout,
    L7Response,
    L7Ok,
    L7OkConditional,
    L7Status,
    ProcessError,
    ProcessTimeout,
    ProcessOk,
    /// Not a check: errors of the traffic were enough (`observe`).
    Analyze,
    /// An agent said nothing of the server's health.
    Checked,
}

impl CheckStatus {
    /// The name in the CSV, the number in `show servers state`, and the words of a message.
    const fn row(self) -> (&'static str, u8, &'static str) {
        match self {
            CheckStatus::Unknown => ("UNK", 0, "Unknown"),
            CheckStatus::Initializing => ("INI", 1, "Initializing"),
            CheckStatus::SocketError => ("SOCKERR", 5, "Socket error"),
            CheckStatus::L4Ok => ("L4OK", 6, "Layer4 check passed"),
            CheckStatus::L4Timeout => ("L4TOUT", 7, "Layer4 timeout"),
            CheckStatus::L4Connection => ("L4CON", 8, "Layer4 connection problem"),
            CheckStatus::L6Ok => ("L6OK", 9, "Layer6 check passed"),
            CheckStatus::L6Timeout => ("L6TOUT", 10, "Layer6 timeout"),
            CheckStatus::L6Response => ("L6RSP", 11, "Layer6 invalid response"),
            CheckStatus::L7Timeout => ("L7TOUT", 12, "Layer7 timeout"),
            CheckStatus::L7Response => ("L7RSP", 13, "Layer7 invalid response"),
            CheckStatus::L7Ok => ("L7OK", 15, "Layer7 check passed"),
            CheckStatus::L7OkConditional => ("L7OKC", 16, "Layer7 check conditionally passed"),
            CheckStatus::L7Status => ("L7STS", 17, "Layer7 wrong status"),
            CheckStatus::ProcessError => ("PROCERR", 18, "External check error"),
            CheckStatus::ProcessTimeout => ("PROCTOUT", 19, "External check timeout"),
            CheckStatus::ProcessOk => ("PROCOK", 20, "External check passed"),
            CheckStatus::Analyze => ("HANA", 4, "Health analyze"),
            CheckStatus::Checked => ("CHECKED", 3, "No status change"),
        }
    }

    /// The status of HAProxy's number; one that we never have is `Unknown`.
    #[must_use]
    pub fn of_number(number: u8) -> CheckStatus {
        use CheckStatus as S;
        const ALL: [CheckStatus; 13] = [
            S::Initializing,
            S::SocketError,
            S::L4Ok,
            S::L4Timeout,
            S::L4Connection,
            S::L6Ok,
            S::L6Timeout,
            S::L6Response,
            S::L7Timeout,
            S::L7Response,
            S::L7Ok,
            S::L7OkConditional,
            S::L7Status,
        ];
        ALL.into_iter().find(|s| s.number() == number).unwrap_or(S::Unknown)
    }

    /// The short name: `L4OK`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// HAProxy's number (`srv_check_status`).
    #[must_use]
    pub const fn number(self) -> u8 {
        self.row().1
    }

    /// In words: "Layer4 check passed".
    #[must_use]
    pub const fn description(self) -> &'static str {
        self.row().2
    }

    /// Whether a check has ended at all.
    #[must_use]
    pub const fn is_final(self) -> bool {
        self.number() > CheckStatus::Initializing.number()
    }

    /// Whether the server's own answer decided, so that there is a code.
    #[must_use]
    pub const fn has_code(self) -> bool {
        self.number() >= CheckStatus::L7Ok.number()
    }

    /// What it means for the server.
    #[must_use]
    pub const fn result(self) -> CheckResult {
        match self {
            CheckStatus::Unknown | CheckStatus::Initializing => CheckResult::Unknown,
            CheckStatus::Checked => CheckResult::Neutral,
            CheckStatus::L4Ok | CheckStatus::L6Ok | CheckStatus::L7Ok | CheckStatus::ProcessOk => {
                CheckResult::Passed
            }
            CheckStatus::L7OkConditional => CheckResult::ConditionallyPassed,
            _ => CheckResult::Failed,
        }
    }
}

/// HAProxy's `srv_check_result`; the discriminants are its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CheckResult {
    #[default]
    Unknown = 0,
    Neutral = 1,
    Failed = 2,
    Passed = 3,
    ConditionallyPassed = 4,
}

impl CheckResult {
    /// The result of HAProxy's number.
    #[must_use]
    pub fn of_number(number: u8) -> CheckResult {
        use CheckResult as R;
        [R::Failed, R::Passed, R::ConditionallyPassed]
            .into_iter()
            .find(|r| *r as u8 == number)
            .unwrap_or(R::Unknown)
    }
}

/// One server's check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckState {
    /// How the last check ended; it stays while the next one runs.
    pub status: CheckStatus,
    /// `Unknown` while a check runs.
    pub result: CheckResult,
    /// The answer's status or the program's exit code, where `status` has a code.
    pub code: i32,
    /// `None` before the first end.
    pub duration: Option<Duration>,
    /// What the server or the system said; empty while a check runs.
    pub info: String,
    /// 0 to `rise + fall - 1`; from `rise` on the server is up.
    pub health: u32,
    pub running: bool,
    /// Failed checks that counted, those while the server was not down already (`chkfail`).
    pub failed: u64,
}

/// Since when something is as it is, and how often and how long it was down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life {
    pub last_change: Tick,
    /// Whole periods that are over.
    pub down: Duration,
    /// `chkdown`.
    pub went_down: u64,
}

impl Life {
    /// Notes that it changed at `now`; `up` before and after.
    pub fn changed(&mut self, now: Tick, before: bool, after: bool) {
        match (before, after) {
            (false, true) => self.down += now.since(self.last_change),
            (true, false) => self.went_down += 1,
            _ => {}
        }
        self.last_change = now;
    }

    /// The time spent down until `now`.
    #[must_use]
    pub fn downtime(&self, now: Tick, up: bool) -> Duration {
        if up { self.down } else { self.down + now.since(self.last_change) }
    }
}

/// What is kept of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerRecord {
    pub check: CheckState,
    pub agent: CheckState,
    /// The next check is wanted at this time at the latest (`fastinter` after errors of the traffic).
    pub hurry: Option<Tick>,
    pub life: Life,
}

/// The table over all servers and backends.
#[derive(Debug)]
pub struct Checks {
    pub(super) servers: Grow<Mutex<ServerRecord>>,
    backends: Box<[Mutex<Life>]>,
}

impl Checks {
    pub(super) fn new(backends: usize, servers: usize) -> Checks {
        Checks {
            servers: (0..servers).map(|_| Mutex::default()).collect(),
            backends: (0..backends).map(|_| Mutex::default()).collect(),
        }
    }

    /// A server's record, locked: hold it shortly.
    pub fn server(&self, id: ServerId) -> MutexGuard<'_, ServerRecord> {
        self.servers[id.index()].lock().expect("no panic under this lock")
    }

    /// Failures and falls are counted anew.
    pub(super) fn clear(&self) {
        for server in self.servers.iter() {
            let mut record = server.lock().expect("no panic under this lock");
            (record.check.failed, record.agent.failed, record.life.went_down) = (0, 0, 0);
        }
        self.backends.iter().for_each(|b| b.lock().expect("no panic under this lock").went_down = 0);
    }

    /// A backend's, in the same way. Up means: a server is usable.
    pub fn backend(&self, id: BackendId) -> MutexGuard<'_, Life> {
        self.backends[id.index()].lock().expect("no panic under this lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn downtime_counts_the_period_that_lasts() {
        let s = |n: u64| Tick(n * 1_000_000_000);
        let mut life = Life { last_change: s(10), ..Life::default() };
        life.changed(s(13), true, false);
        assert_eq!((life.downtime(s(15), false), life.went_down), (Duration::from_secs(2), 1));
        life.changed(s(20), false, true);
        assert_eq!((life.downtime(s(99), true), life.went_down), (Duration::from_secs(7), 1));
    }
}
