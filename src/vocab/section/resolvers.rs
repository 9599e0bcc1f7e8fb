//! `resolvers` (manual 5.3.2).
use super::{SectionKind, SectionRow};
use crate::plan::Resolvers;
use crate::syntax::{Diag, Severity, Word};
use crate::vocab::opening::permitted;
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: SectionRow = SectionRow {
    name: "resolvers",
    doc: "resolvers <id>: name servers, and how the names of servers are looked up while running.",
    kind: SectionKind::Resolvers,
};

pub fn open(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let name = row::text(words, 1);
    let at = words[0].span;
    let checked = check(cx, words);
    cx.draft.resolvers.push(Resolvers::new(name, at));
    checked.map_err(|diag| cx.abort(diag))
}

fn check(cx: &DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "missing name for resolvers section."));
    };
    let name = word.text();
    if let Some((i, c)) = name.char_indices().find(|(_, c)| !permitted(*c)) {
        let text = format!("character '{c}' is not permitted in 'resolvers' name '{name}'.");
        return Err(Diag::alert(word.sub(i, c.len_utf8()), text));
    }
    if let Some(other) = cx.draft.resolvers.iter().find(|r| r.name == name) {
        let text = format!(
            "Parsing [{}]: resolvers '{name}' has same name as another resolvers (declared at {}).",
            cx.place(words[0].span),
            cx.place(other.at)
        );
        return Err(Diag::bare(Severity::Alert, Some(word.span), text).help("give it another name"));
    }
    Ok(())
}
