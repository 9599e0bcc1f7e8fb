//! `backing-file` of a ring (manual 3.9).
use super::RingRow;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: RingRow = RingRow {
    name: "backing-file",
    doc: "backing-file <path>: a file of the ring's size that holds its lines too, to be looked at after a crash.",
    parse,
};

fn parse(_: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    Err(row::not_built(words[0].span, "backing-file", "ring"))
}
