//! `bind … proto` (manual 5.1).
use super::{BindCx, BindRow, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: BindRow = BindRow {
    name: "proto",
    arguments: 1,
    doc: "proto <name>: the protocol of this listener's connections; only h1 is built.",
    parse,
};

fn parse(_: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    match row::text(words, 1) {
        "h1" => Ok(()),
        "" => Err(wrong(words, "'proto' : missing value".to_owned())),
        name @ ("h2" | "fcgi" | "none" | "quic") => {
            Err(wrong(words, format!("'proto {name}' : Ringmain speaks only HTTP/1 to clients yet")))
        }
        name => Err(wrong(words, format!("'proto' :  unknown MUX protocol '{name}'"))),
    }
}
