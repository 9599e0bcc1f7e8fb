//! Events of servers and proxies: on standard error, and as log lines of their proxies with HAProxy's levels.
use super::{State, say};
use crate::health;
use crate::logs::forward::Forwarding;
use crate::plan::logging::LogSetId;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Levels of syslog.
pub(super) const WARNING: u8 = 4;
pub(super) const NOTICE: u8 = 5;

/// So long the process stays at its end for lines that log servers have still to get, and so often it looks.
const LAST: Duration = Duration::from_millis(500);
const LOOK: Duration = Duration::from_millis(5);

impl State {
    /// Starts sending the lines of rings to their servers.
    pub(super) fn start_forwarding(&self) {
        let ways = Forwarding::start(&self.core, &self.published.load().plan, &self.shared);
        assert!(self.forwarding.set(ways).is_ok(), "it is started once");
    }

    /// Waits a moment for the servers that are there.
    pub(super) async fn last_lines(&self) {
        let until = self.core.now() + LAST;
        while self.forwarding.get().is_some_and(Forwarding::is_behind) && self.core.now() < until {
            self.core.sleep_until(self.core.now() + LOOK).await;
        }
    }

    /// Tells an event of a server.
    pub(super) fn tell_event(&self, message: &health::Message) {
        let set = self.published.load().plan.backend(message.backend).log_set;
        say::message(message.severity, &message.text);
        self.log(set, message.level, &message.line());
    }

    /// A warning that is a log line too.
    pub(super) fn warn(&self, set: LogSetId, text: &str) {
        say::warning(text);
        self.log(set, WARNING, text);
    }

    /// Writes a log line now: events are rare.
    pub(super) fn log(&self, set: LogSetId, level: u8, text: &str) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as i64);
        let mut logs = self.logs.borrow_mut();
        logs.line(set, level, now, b"", text.as_bytes());
        self.dropped_logs.set(self.dropped_logs.get() + logs.flush());
    }

    /// Lines that their targets did not take, of all cores.
    pub(super) fn all_dropped_logs(&self) -> u64 {
        self.shared.sum(|s| &s.process.dropped_logs)
            + self.dropped_logs.get()
            + self.forwarding.get().map_or(0, Forwarding::lost)
    }
}
