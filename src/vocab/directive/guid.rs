//! `guid` of a proxy (3.x manual, 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::guid;
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "guid",
    sections: row::FRONTEND | row::BACKEND | row::LISTEN,
    no: false,
    doc: "guid <name>: a name that stays the proxy's whatever the file calls it; its counters are found by it in a statistics \
          file (`stats-file`).",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "'guid' : expects an argument"));
    };
    cx.at_most(words, 1)?;
    guid::check(cx.draft, word.text()).map_err(|text| Diag::alert(word.span, format!("'guid': {text}")))?;
    let name = word.text().to_owned();
    cx.proxy().guid = Some(name);
    Ok(())
}
