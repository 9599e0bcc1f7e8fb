//! `allow`.
use super::{ActionRow, REQUEST, RESPONSE};
use crate::rules::{Action, Cx, Verdict};

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[ActionRow {
    name: "allow",
    rulesets: REQUEST | RESPONSE,
    doc: "Ends the rules of this section; the message goes on.",
    parse: |_| Ok(Box::new(Allow)),
}];

#[derive(Debug)]
struct Allow;

impl Action for Allow {
    fn run(&self, _cx: &mut Cx<'_>) -> Verdict {
        Verdict::Allow
    }
}
