//! `description` of a ring (manual 3.9).
use super::{RingRow, section};
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: RingRow = RingRow {
    name: "description",
    doc: "description <text>: what `show events` says of the ring; its name by default.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "missing ring description text."));
    };
    section(cx).description = Some(word.text().to_owned());
    Ok(())
}
