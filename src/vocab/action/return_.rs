//! `return`: an answer made here.
use super::{ActionRow, Cursor, REQUEST, RESPONSE, reply};
use crate::rules::Action;
use crate::syntax::Diag;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[ActionRow {
    name: "return",
    rulesets: REQUEST | RESPONSE,
    doc: "Answers with a status, header fields and a body given in the configuration or a file.",
    parse,
}];

fn parse(cursor: &mut Cursor<'_>) -> Result<Box<dyn Action>, Diag> {
    Ok(Box::new(reply::parse(cursor, 200)?))
}
