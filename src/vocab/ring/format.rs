//! `format` of a ring (manual 3.9).
use super::{RingRow, section};
use crate::syntax::{Diag, Word};
use crate::vocab::directive::log::FORMATS;
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: RingRow = RingRow {
    name: "format",
    doc: "format <format>: what stands before the ring's lines, whatever the `log` line says; raw by default.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let name = row::text(words, 1);
    if !FORMATS.contains(&name) {
        let diag = Diag::alert(row::place(words, 1), format!("unknown format '{name}'."));
        return Err(diag.near(name, FORMATS.iter().copied()));
    }
    name.clone_into(&mut section(cx).format);
    Ok(())
}
