//! `do-log` (manual of HAProxy 3.1, 4.4).
use super::{ActionRow, CONTENT, Cursor, REQUEST, RESPONSE};
use crate::rules::log_profile::Step;
use crate::rules::{Action, Cx, Verdict};
use crate::syntax::Diag;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[ActionRow {
    name: "do-log",
    rulesets: REQUEST | RESPONSE | CONTENT,
    doc: "do-log [profile <log-profile>]: writes a log line now, beside those of the exchange.",
    parse,
}];

#[derive(Debug)]
struct DoLog {
    step: Step,
    profile: Option<String>,
}

fn parse(cursor: &mut Cursor<'_>) -> Result<Box<dyn Action>, Diag> {
    let step = match cursor.ruleset {
        RESPONSE => Step::HttpResponse,
        CONTENT => Step::Content,
        _ => Step::HttpRequest,
    };
    let profile = match cursor.accept("profile") {
        true => {
            Some(cursor.expect(|| "'profile' expects a log-profile's name".to_owned())?.text().to_owned())
        }
        false => None,
    };
    Ok(Box::new(DoLog { step, profile }))
}

impl Action for DoLog {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        // A frontend without log targets writes nothing.
        if let Some(logging) = cx.conn.record.look(|r| r.do_log.clone()).flatten() {
            logging.run(self.step, self.profile.as_deref(), cx);
        }
        Verdict::Continue
    }

    fn writes_logs(&self) -> Option<Option<&str>> {
        Some(self.profile.as_deref())
    }
}
