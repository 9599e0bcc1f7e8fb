//! `server … on-error` (manual 5.2).
use super::{ServerCx, ServerRow, wrong};
use crate::plan::check::OnError;
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: ServerRow = ServerRow {
    name: "on-error",
    arguments: 1,
    default_server: true,
    doc: "on-error fastinter | fail-check | sudden-death | mark-down: what error-limit errors in a row do to an observed \
          server.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    cx.settings.watching.on_error = match row::text(words, 1) {
        "fastinter" => OnError::FastInter,
        "fail-check" => OnError::FailCheck,
        "sudden-death" => OnError::SuddenDeath,
        "mark-down" => OnError::MarkDown,
        other => {
            let text = format!(
                "'on-error' expects one of 'fastinter', 'fail-check', 'sudden-death' or 'mark-down' but got '{other}'"
            );
            return Err(wrong(words, text));
        }
    };
    Ok(0)
}
