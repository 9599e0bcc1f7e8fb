//! `node` (manual 3.1).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "node",
    sections: row::GLOBAL,
    no: false,
    doc: "node <name>: this node's name in statistics; letters, digits, dot, hyphen and underscore.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    let name = row::text(words, 1);
    let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    if name.is_empty() || !name.bytes().all(fine) {
        let text = "'node' requires valid node name - non-empty string with digits(0-9), letters(A-Z, a-z), dot(.), \
                    hyphen(-) or underscode(_).";
        return Err(Diag::alert(row::place(words, 1), text).tight());
    }
    cx.global().node = Some(name.to_owned());
    Ok(())
}
