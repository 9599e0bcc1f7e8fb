//! `retry-on` (manual 4.2): after which failures a request is sent again.

/// The statuses that may be named, each a bit of [`RetryOn::statuses`].
pub const STATUSES: [u16; 12] = [401, 403, 404, 408, 421, 425, 429, 500, 501, 502, 503, 504];

/// The failures after which a request is sent again, as often as `retries` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryOn {
    /// No connection came about: nothing of the request was sent.
    pub conn_failure: bool,
    /// The server closed without a byte of an answer.
    pub empty_response: bool,
    /// What it sent is no HTTP answer, or only the start of a head.
    pub junk_response: bool,
    /// `timeout server` was up before an answer came.
    pub response_timeout: bool,
    /// Answers of these statuses: a set of the places in [`STATUSES`].
    pub statuses: u16,
}

impl Default for RetryOn {
    fn default() -> RetryOn {
        RetryOn { conn_failure: true, ..RetryOn::NONE }
    }
}

impl RetryOn {
    /// Never.
    pub const NONE: RetryOn = RetryOn {
        conn_failure: false,
        empty_response: false,
        junk_response: false,
        response_timeout: false,
        statuses: 0,
    };

    /// Adds a status; false where it may not be named.
    pub fn add_status(&mut self, status: u16) -> bool {
        let place = STATUSES.iter().position(|&s| s == status);
        self.statuses |= place.map_or(0, |p| 1 << p);
        place.is_some()
    }

    /// Whether an answer of this status is one to try again for.
    #[must_use]
    pub fn has_status(&self, status: u16) -> bool {
        self.statuses != 0
            && STATUSES.iter().position(|&s| s == status).is_some_and(|p| self.statuses >> p & 1 == 1)
    }

    /// Whether a request may be sent again after it was sent once: it has to be kept until its answer has come.
    #[must_use]
    pub fn after_sending(&self) -> bool {
        self.empty_response || self.junk_response || self.response_timeout || self.statuses != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_manuals_statuses_may_be_named() {
        let mut on = RetryOn::NONE;
        assert!(on.add_status(503) && on.add_status(404) && !on.add_status(402) && !on.add_status(200));
        assert_eq!([404, 503, 504, 402].map(|s| on.has_status(s)), [true, true, false, false]);
        assert!(on.after_sending() && !RetryOn::default().after_sending());
    }
}
