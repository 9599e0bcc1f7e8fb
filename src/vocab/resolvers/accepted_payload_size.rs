//! `accepted_payload_size` (manual 5.3.2).
use super::{ResolversRow, section};
use crate::base::units::leading_int;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: ResolversRow = ResolversRow {
    name: "accepted_payload_size",
    doc: "accepted_payload_size <nb>: the largest answer, which is told to the name servers; 512 by default.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(1) else {
        let text = "'accepted_payload_size' expects <nb> as argument.";
        return Err(Diag::alert(row::place(words, 1), text));
    };
    match u16::try_from(leading_int(word.text())) {
        Ok(size @ 12..) => section(cx).accepted = size,
        _ => {
            let text = format!(
                "'accepted_payload_size' must be between 12 and 65535 inclusive (was {}).",
                word.text()
            );
            return Err(Diag::alert(word.span, text));
        }
    }
    Ok(())
}
