//! `deny`: an error page, or an answer of one's own.
use super::{ActionRow, Cursor, REQUEST, RESPONSE, reply};
use crate::rules::{Action, Cx, Verdict};
use crate::syntax::Diag;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[ActionRow {
    name: "deny",
    rulesets: REQUEST | RESPONSE,
    doc: "Refuses the message: 403 for a request, 502 for an answer, or the status and page given.",
    parse,
}];

#[derive(Debug)]
struct Deny(u16);

fn parse(cursor: &mut Cursor<'_>) -> Result<Box<dyn Action>, Diag> {
    let default = if cursor.ruleset == RESPONSE { 502 } else { 403 };
    let reply = reply::parse(cursor, default)?;
    if reply.is_plain() { Ok(Box::new(Deny(reply.status))) } else { Ok(Box::new(reply)) }
}

impl Action for Deny {
    fn run(&self, _cx: &mut Cx<'_>) -> Verdict {
        Verdict::Deny { status: self.0 }
    }
}
