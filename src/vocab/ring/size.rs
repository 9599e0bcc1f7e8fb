//! `size` of a ring (manual 3.9).
use super::{RingRow, section};
use crate::base::units::parse_size;
use crate::plan::ring::SIZE;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: RingRow = RingRow {
    name: "size",
    doc: "size <size>: how many bytes of lines the ring holds, 16384 by default.",
    parse,
};

/// HAProxy leaves a ring as it is where a smaller size is asked for: there would be no room for a line.
const LEAST: u32 = 256;

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let text = row::text(words, 1);
    let Some(size) = parse_size(text).ok().filter(|size| *size > 0) else {
        let text = format!("invalid size '{text}' for new sink buffer.");
        return Err(Diag::alert(row::place(words, 1), text));
    };
    let ring = section(cx);
    if ring.file.is_some() {
        let text = "cannot resize an already mapped file, please specify 'size' before 'backing-file'.";
        return Err(Diag::alert(words[0].span, text));
    }
    ring.size = if size < LEAST { SIZE } else { size as usize };
    Ok(())
}
