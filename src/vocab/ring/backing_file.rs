//! `backing-file` of a ring (manual 3.9).
use super::{RingRow, section};
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: RingRow = RingRow {
    name: "backing-file",
    doc: "backing-file <path>: a file of the ring's size that holds its lines too, to be looked at after a crash.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let (path, at) = (row::text(words, 1).to_owned(), row::place(words, 1));
    let ring = section(cx);
    if let Some(other) = &ring.file {
        let text =
            format!("'backing-file' already specified for ring '{}' (was '{}').", ring.name, other.display());
        return Err(Diag::alert(at, text).help("remove one of them"));
    }
    if path.is_empty() {
        let text =
            format!("cannot open backing-file '' for ring '{}': No such file or directory.", ring.name);
        return Err(Diag::alert(at, text));
    }
    ring.file = Some(path.into());
    Ok(())
}
