//! `set-status`.
use super::{ActionRow, Cursor, RESPONSE};
use crate::proto::h1::reason_phrase;
use crate::rules::{Action, Cx, Verdict};
use crate::syntax::Diag;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[ActionRow {
    name: "set-status",
    rulesets: RESPONSE,
    doc: "Gives the answer another status, with the reason given or the usual one.",
    parse,
}];

#[derive(Debug)]
struct SetStatus {
    status: u16,
    reason: Option<Vec<u8>>,
}

fn parse(cursor: &mut Cursor<'_>) -> Result<Box<dyn Action>, Diag> {
    let word = cursor.expect(|| "expects <status> [reason <text>]".to_owned())?;
    let status = word.text().parse().ok().filter(|s| (100..=999).contains(s));
    let status: u16 =
        status.ok_or_else(|| Diag::alert(word.span, "expects an integer status code between 100 and 999"))?;
    if status < 200 {
        let text = format!(
            "'set-status {status}' would leave the client waiting: 1xx is no status of an answer's end"
        );
        return Err(Diag::alert(word.span, text).help("use a status from 200 on"));
    }
    let reason = match cursor.accept("reason") {
        true => Some(cursor.expect(|| "expects a text after 'reason'".to_owned())?.bytes().to_vec()),
        false => None,
    };
    Ok(Box::new(SetStatus { status, reason }))
}

impl Action for SetStatus {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        if let Some(res) = cx.res.as_deref_mut() {
            let reason = self.reason.as_deref().unwrap_or_else(|| reason_phrase(self.status).as_bytes());
            res.set_status(self.status, reason);
        }
        Verdict::Continue
    }
}
