//! `disable-l7-retry`, `set-priority-class`, `set-priority-offset`: what a rule asks of the way to a server.
use super::{ActionRow, CONTENT, Cursor, REQUEST};
use crate::rules::sample::{Names, SampleExpr};
use crate::rules::{Action, Cx, Verdict};
use crate::syntax::Diag;
use crate::vocab::expr::available;
use crate::vocab::expr::parse_expr;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[
    ActionRow {
        name: "disable-l7-retry",
        rulesets: REQUEST,
        doc: "The request is not sent again once it was sent, whatever `retry-on` says.",
        parse: |_| Ok(Box::new(DisableRetry)),
    },
    ActionRow {
        name: "set-priority-class",
        rulesets: REQUEST | CONTENT,
        doc: "The request's class in the queue, -2047 to 2047: lower ones are served first.",
        parse: |cursor| priority(cursor, CLASS),
    },
    ActionRow {
        name: "set-priority-offset",
        rulesets: REQUEST | CONTENT,
        doc: "Milliseconds, -524287 to 524287, by which the request stands later in its class of the queue.",
        parse: |cursor| priority(cursor, OFFSET),
    },
];

/// The largest class and offset, either way; values beyond are cut (manual, `http-request set-priority-class`).
const CLASS: i64 = 2_047;
const OFFSET: i64 = 524_287;

#[derive(Debug)]
struct DisableRetry;

impl Action for DisableRetry {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        cx.wishes.no_l7_retry = true;
        Verdict::Continue
    }
}

#[derive(Debug)]
struct Priority {
    value: SampleExpr,
    most: i64,
}

fn priority(cursor: &mut Cursor<'_>, most: i64) -> Result<Box<dyn Action>, Diag> {
    let Some(word) = cursor.take() else { return Err(Diag::alert(cursor.name.span, "missing fetch method")) };
    let parsed = parse_expr(word, word.text(), 0, "sample")?;
    available(cursor.places, word, cursor.name.text(), &parsed)?;
    Ok(Box::new(Priority { value: parsed.expr, most }))
}

impl Action for Priority {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        let Some(value) = self.value.eval(cx).and_then(|s| s.as_int()) else { return Verdict::Continue };
        let value = value.clamp(-self.most, self.most) as i32;
        match self.most {
            CLASS => cx.wishes.class = value,
            _ => cx.wishes.offset = value,
        }
        Verdict::Continue
    }

    fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        self.value.fetch.resolve(names)
    }
}
