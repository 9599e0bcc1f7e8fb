//! `server … resolve-prefer` (manual 5.2).
use super::{ServerCx, ServerRow, wrong};
use crate::plan::draft::Family;
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: ServerRow = ServerRow {
    name: "resolve-prefer",
    arguments: 1,
    default_server: true,
    doc: "resolve-prefer <ipv4|ipv6>: the family that is asked for first, and that is preferred; ipv6 by default.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    cx.settings.wishes.family = match row::text(words, 1) {
        "ipv4" => Family::V4,
        "ipv6" => Family::V6,
        _ => return Err(wrong(words, "'resolve-prefer' expects either ipv4 or ipv6 as argument.")),
    };
    Ok(0)
}
