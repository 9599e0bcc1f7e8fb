//! `default_backend` (manual 4.2).
use crate::plan::draft::Named;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "default_backend",
    sections: row::FRONTENDS,
    no: false,
    doc: "default_backend <backend>: where requests go that no use_backend rule has sent elsewhere.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(name) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "'default_backend' expects a backend name."));
    };
    cx.at_most(words, 1)?;
    cx.proxy().settings.default_backend = Some(Named { name: name.text().to_owned(), at: name.span });
    Ok(())
}
