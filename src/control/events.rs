//! Events of servers and proxies: on standard error, and as log lines of their proxies with HAProxy's levels.
use super::{State, say};
use crate::health;
use crate::plan::logging::LogSetId;
use std::time::{SystemTime, UNIX_EPOCH};

/// Levels of syslog.
pub(super) const WARNING: u8 = 4;
pub(super) const NOTICE: u8 = 5;

impl State {
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
        self.shared.sum(|s| &s.process.dropped_logs) + self.dropped_logs.get()
    }
}
