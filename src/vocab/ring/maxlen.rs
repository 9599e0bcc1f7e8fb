//! `maxlen` of a ring (manual 3.9).
use super::{RingRow, section};
use crate::base::units::leading_int;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: RingRow = RingRow {
    name: "maxlen",
    doc: "maxlen <length>: the longest line in bytes, with what stands before it; longer ones are cut.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    section(cx).maxlen = bytes(words)?;
    Ok(())
}

/// A number of bytes.
///
/// # Errors
/// HAProxy's words for one that is none.
pub(super) fn bytes(words: &[Word]) -> Result<usize, Diag> {
    let text = row::text(words, 1);
    usize::try_from(leading_int(text)).ok().filter(|n| *n > 0).ok_or_else(|| {
        Diag::alert(row::place(words, 1), format!("invalid size '{text}' for new sink buffer."))
    })
}
