//! `id` of a proxy (manual 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "id",
    sections: row::FRONTEND | row::BACKEND | row::LISTEN,
    no: false,
    doc: "id <value>: the proxy's number in statistics, unique and positive. Others are numbered from 1.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    let value = row::integer(words).map_err(Diag::tight)?;
    let Some(id) = row::positive(value) else {
        return Err(Diag::alert(words[1].span, "custom id has to be > 0.").tight());
    };
    let other = cx.draft.proxies.iter().rev().skip(1).find(|p| p.id == Some(id));
    if let Some(other) = other {
        let (kind, name, at) = (other.kind.type_name(), &other.name, cx.place(other.at));
        let own = cx.proxy_name().replace('\'', "");
        let text = format!("{own} reuses same custom id as {kind} {name} (declared at {at}).");
        return Err(Diag::alert(words[1].span, text).tight());
    }
    cx.proxy().id = Some(id);
    Ok(())
}
