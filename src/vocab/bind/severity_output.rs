//! `bind … severity-output` (manual 5.1).
use super::{BindCx, BindRow, wrong};
use crate::plan::SeverityOutput;
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: BindRow = BindRow {
    name: "severity-output",
    arguments: 1,
    doc: "severity-output { none | number | string }: how the levels of messages stand before them on this runtime socket. Other \
          sockets have no such messages.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    match row::text(words, 1) {
        "" => Err(wrong(words, "'severity-output' : missing severity format".to_owned())),
        word => match SeverityOutput::named(word) {
            Some(severity) => {
                cx.draft.severity = Some(severity);
                Ok(())
            }
            None => {
                let text =
                    format!("'severity-output' only supports 'none', 'number', and 'string' (got '{word}')");
                Err(wrong(words, text))
            }
        },
    }
}
