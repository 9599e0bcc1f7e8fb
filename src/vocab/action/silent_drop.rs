//! `silent-drop`.
use super::{ActionRow, CONNECTION, CONTENT, REQUEST, RESPONSE, SESSION};
use crate::rules::{Action, Cx, Verdict};

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[ActionRow {
    name: "silent-drop",
    rulesets: CONNECTION | SESSION | CONTENT | REQUEST | RESPONSE,
    doc: "Ends the connection by a reset, without an answer.",
    parse: |_| Ok(Box::new(Drop)),
}];

#[derive(Debug)]
struct Drop;

impl Action for Drop {
    fn run(&self, _cx: &mut Cx<'_>) -> Verdict {
        Verdict::Drop
    }
}
