//! `size` of a ring (manual 3.9).
use super::maxlen::bytes;
use super::{RingRow, section};
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: RingRow = RingRow {
    name: "size",
    doc: "size <size>: how many bytes of lines the ring holds, 16384 by default; not fewer.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let size = bytes(words)?;
    let ring = section(cx);
    if size < ring.size {
        let text = format!(
            "ignoring new size '{}' that is smaller than current size '{}' for ring '{}'.",
            leading(words),
            ring.size,
            ring.name
        );
        return Err(Diag::alert(row::place(words, 1), text).help("a ring has 16384 bytes at least"));
    }
    if ring.file.is_some() {
        let text = "cannot resize an already mapped file, please specify 'size' before 'backing-file'.";
        return Err(Diag::alert(words[0].span, text));
    }
    ring.size = size;
    Ok(())
}

fn leading(words: &[Word]) -> i64 {
    crate::base::units::leading_int(row::text(words, 1))
}
