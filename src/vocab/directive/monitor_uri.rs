//! `monitor-uri` (manual 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "monitor-uri",
    sections: row::FRONTENDS,
    no: false,
    doc: "monitor-uri <uri>: requests for exactly this are answered with 200 (or 503, see monitor fail) and go nowhere.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    let Some(uri) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "'monitor-uri' expects an URI."));
    };
    cx.proxy().settings.monitor_uri = Some(uri.bytes().to_vec());
    Ok(())
}
