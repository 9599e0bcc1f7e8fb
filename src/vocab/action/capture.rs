//! `http-request capture`, `http-response capture`: a value of an expression for log lines and later rules.
use super::{ActionRow, Cursor, REQUEST, RESPONSE};
use crate::base::units::leading_int;
use crate::rules::action::CaptureSlot;
use crate::rules::sample::{Names, SampleExpr};
use crate::rules::{Action, Cx, Verdict};
use crate::syntax::Diag;
use crate::vocab::expr::available;
use crate::vocab::expr::parse_expr;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[ActionRow {
    name: "capture",
    rulesets: REQUEST | RESPONSE,
    doc: "Keeps the value of an expression in a place of its own (`len`), or in one that was declared (`id`).",
    parse,
}];

#[derive(Debug)]
struct CaptureValue {
    value: SampleExpr,
    slot: CaptureSlot,
}

fn parse(cursor: &mut Cursor<'_>) -> Result<Box<dyn Action>, Diag> {
    const USAGE: &str = "expects <expression> [ 'len' <length> | id <idx> ]";
    let response = cursor.ruleset == RESPONSE;
    let usage = || Diag::alert(cursor.name.span, USAGE);
    let Some(word) = cursor.take() else { return Err(usage()) };
    let (Some(kind), Some(number)) = (cursor.take(), cursor.take()) else {
        return Err(Diag::alert(cursor.name.span, USAGE));
    };
    let parsed = parse_expr(word, word.text(), 0, "sample")?;
    available(cursor.places, word, word.text(), &parsed)?;
    let slot = CaptureSlot { response, ..CaptureSlot::default() };
    let slot = match kind.text() {
        "len" if response => {
            return Err(Diag::alert(kind.span, format!("expects 'id', found '{}'", kind.text())));
        }
        "len" => {
            let len = leading_int(number.text());
            if len <= 0 {
                return Err(Diag::alert(number.span, "length must be > 0"));
            }
            CaptureSlot { len: Some(len.min(1 << 20) as usize), ..slot }
        }
        "id" => {
            let Ok(id) = number.text().parse::<usize>() else {
                let text = format!("cannot parse id '{}'", number.text());
                return Err(Diag::alert(number.span, text));
            };
            let _ = slot.index.set(id);
            slot
        }
        other if response => return Err(Diag::alert(kind.span, format!("expects 'id', found '{other}'"))),
        other => return Err(Diag::alert(kind.span, format!("expects 'len or 'id', found '{other}'"))),
    };
    Ok(Box::new(CaptureValue { value: parsed.expr, slot }))
}

impl Action for CaptureValue {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        let Some(&index) = self.slot.index.get() else { return Verdict::Continue };
        let mut scratch = Vec::new();
        if let Some(value) = self.value.eval(cx) {
            let bytes = value.as_bytes(&mut scratch);
            cx.conn.record.note(|r| {
                let texts =
                    if self.slot.response { &mut r.response_captures } else { &mut r.request_captures };
                texts.set(index, bytes);
            });
        }
        Verdict::Continue
    }

    fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        self.value.fetch.resolve(names)
    }

    fn capture(&self) -> Option<&CaptureSlot> {
        Some(&self.slot)
    }
}
