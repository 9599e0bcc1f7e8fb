//! What is done with a connection's first bytes (manual 4.2 `tcp-request content`, `tcp-request inspect-delay`).
use crate::rules::{Program, Rule};
use std::time::Duration;

/// The rules of one proxy.
#[derive(Debug)]
pub struct Inspection {
    /// How long they may wait for more; without it they take what is there.
    pub delay: Option<Duration>,
    pub rules: Program,
}

impl Inspection {
    /// `None` without rules: nothing is waited for then.
    #[must_use]
    pub fn of(rules: Vec<Rule>, delay: Option<Duration>) -> Option<Box<Inspection>> {
        (!rules.is_empty()).then(|| Box::new(Inspection { delay, rules: Program { rules } }))
    }
}
