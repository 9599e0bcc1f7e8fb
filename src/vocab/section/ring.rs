//! `ring` (manual 3.9).
use super::{SectionKind, SectionRow};
use crate::plan::ring::{Draft, OWN, STANDARD};
use crate::syntax::{Diag, Word};
use crate::vocab::opening::permitted;
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: SectionRow = SectionRow {
    name: "ring",
    doc: "ring <name>: log lines in memory, to be looked at with `show events` and sent to log servers over TCP.",
    kind: SectionKind::Ring,
};

pub fn open(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let checked = check(cx, words);
    // One that is wrong is read on, so that its lines are checked.
    cx.draft.rings.push(Draft::new(row::text(words, 1), words[0].span));
    checked
}

fn check(cx: &DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "missing ring name."));
    };
    let name = word.text();
    if let Some((i, c)) = name.char_indices().find(|(_, c)| !permitted(*c)) {
        let text = format!("invalid ring name '{name}' (character '{c}' is not permitted).");
        return Err(Diag::alert(word.sub(i, c.len_utf8()), text));
    }
    let taken = |other: &str| other == name;
    if taken(OWN) || STANDARD.iter().any(|s| taken(s.0)) || cx.draft.rings.iter().any(|r| taken(&r.name)) {
        let text = format!("sink named '{name}' already exists.");
        return Err(Diag::alert(word.span, text).help("give it another name"));
    }
    Ok(())
}
