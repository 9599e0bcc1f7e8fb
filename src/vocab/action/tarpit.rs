//! `tarpit`: a refusal that lets the client wait first.
use super::{ActionRow, Cursor, REQUEST, reply};
use crate::rules::sample::Names;
use crate::rules::{Action, Cx, Verdict};
use crate::syntax::Diag;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[ActionRow {
    name: "tarpit",
    rulesets: REQUEST,
    doc: "Keeps the client waiting for `timeout tarpit` (without one: `timeout connect`), then refuses the request: 500, or \
          the status and page given.",
    parse,
}];

#[derive(Debug)]
struct Tarpit(reply::Reply);

fn parse(cursor: &mut Cursor<'_>) -> Result<Box<dyn Action>, Diag> {
    Ok(Box::new(Tarpit(reply::parse(cursor, 500)?)))
}

impl Action for Tarpit {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        cx.wishes.tarpit = true;
        self.0.run(cx)
    }

    fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        self.0.resolve(names)
    }
}
