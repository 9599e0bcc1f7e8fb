//! `set-log-level`.
use super::{ActionRow, CONTENT, Cursor, REQUEST, RESPONSE};
use crate::rules::record::Level;
use crate::rules::{Action, Cx, Verdict};
use crate::syntax::Diag;
use crate::vocab::directive::log_level;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[ActionRow {
    name: "set-log-level",
    rulesets: REQUEST | RESPONSE | CONTENT,
    doc: "The level of the request's log line, or `silent`: no line.",
    parse,
}];

#[derive(Debug)]
struct SetLogLevel(Level);

fn parse(cursor: &mut Cursor<'_>) -> Result<Box<dyn Action>, Diag> {
    let bad = |at| Diag::alert(at, "expects exactly 1 argument (log level name or 'silent')");
    let word = cursor.take().ok_or_else(|| bad(cursor.name.span))?;
    let level = match (word.text(), log_level(word.text())) {
        ("silent", _) => Level::Silent,
        (_, Some(level)) => Level::Of(level),
        _ => return Err(bad(word.span)),
    };
    Ok(Box::new(SetLogLevel(level)))
}

impl Action for SetLogLevel {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        cx.conn.record.note(|r| r.level = self.0);
        Verdict::Continue
    }
}
