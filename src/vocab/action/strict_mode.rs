//! `strict-mode { on | off }`: what becomes of a message when a rule that rewrites it fails.
use super::{ActionRow, Cursor, REQUEST, RESPONSE};
use crate::rules::{Action, Cx, Verdict};
use crate::syntax::Diag;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[ActionRow {
    name: "strict-mode",
    rulesets: REQUEST | RESPONSE,
    doc: "Whether a rewrite that fails ends the message with a 500 (the default), or is passed over by the rules that follow in \
          this ruleset.",
    parse,
}];

#[derive(Debug)]
struct StrictMode {
    lax: bool,
}

fn parse(cursor: &mut Cursor<'_>) -> Result<Box<dyn Action>, Diag> {
    let Some(word) = cursor.take() else {
        return Err(Diag::alert(cursor.name.span, "expects exactly 1 arguments"));
    };
    match word.text() {
        "on" => Ok(Box::new(StrictMode { lax: false })),
        "off" => Ok(Box::new(StrictMode { lax: true })),
        other => Err(Diag::alert(
            word.span,
            format!("Unexpected value '{other}'. Only 'on' and 'off' are supported"),
        )),
    }
}

impl Action for StrictMode {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        cx.wishes.lax = self.lax;
        Verdict::Continue
    }
}
