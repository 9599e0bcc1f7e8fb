//! `accept` and `reject` of a connection.
use super::{ActionRow, CONNECTION, CONTENT, SESSION};
use crate::rules::{Action, Cx, Verdict};

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[
    ActionRow {
        name: "accept",
        rulesets: CONNECTION | SESSION | CONTENT,
        doc: "Takes the connection without looking at the rules that follow.",
        parse: |_| Ok(Box::new(Accept)),
    },
    ActionRow {
        name: "reject",
        rulesets: CONNECTION | SESSION | CONTENT,
        doc: "Closes the connection at once.",
        parse: |_| Ok(Box::new(Reject)),
    },
];

#[derive(Debug)]
struct Accept;

impl Action for Accept {
    fn run(&self, _cx: &mut Cx<'_>) -> Verdict {
        Verdict::Allow
    }
}

#[derive(Debug)]
struct Reject;

impl Action for Reject {
    fn run(&self, _cx: &mut Cx<'_>) -> Verdict {
        Verdict::Drop
    }
}
