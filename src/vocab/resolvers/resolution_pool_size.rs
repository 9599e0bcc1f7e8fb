//! `resolution_pool_size`, which HAProxy refuses too.
use super::ResolversRow;
use crate::syntax::{Diag, Word};
use crate::vocab::row::DirectiveCx;

pub const ROW: ResolversRow = ResolversRow {
    name: "resolution_pool_size",
    doc: "resolution_pool_size: it never was in a release.",
    parse,
};

fn parse(_: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let text =
        "'resolution_pool_size' directive is not supported anymore (it never appeared in a stable release).";
    Err(Diag::alert(words[0].span, text).help("remove it"))
}
