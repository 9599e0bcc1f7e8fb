//! `http-errors` (manual 3.8).
use super::{SectionKind, SectionRow};
use crate::plan::ErrorPages;
use crate::plan::http_errors::HttpErrors;
use crate::syntax::{Diag, Word};
use crate::vocab::directive::errorfile;
use crate::vocab::opening::permitted;
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: SectionRow = SectionRow {
    name: "http-errors",
    doc: "http-errors <name>: error pages that several proxies use (errorfiles, http-error).",
    kind: SectionKind::HttpErrors,
};

pub fn open(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let name = row::text(words, 1).to_owned();
    let checked = check(cx, words);
    cx.draft.http_errors.push(HttpErrors { name, at: words[0].span, pages: ErrorPages::default() });
    checked
}

fn check(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(1) else {
        let diag = Diag::alert(row::place(words, 1), "missing name for http-errors section.");
        return Err(cx.abort(diag));
    };
    let name = word.text();
    if let Some((i, c)) = name.char_indices().find(|(_, c)| !permitted(*c)) {
        let text = format!("character '{c}' is not permitted in 'http-errors' name '{name}'.");
        return Err(Diag::alert(word.sub(i, c.len_utf8()), text));
    }
    if let Some(other) = cx.draft.http_errors.iter().find(|s| s.name == name) {
        let place = cx.place(other.at);
        let text = format!("http-errors section '{name}' already exists (declared at {place}).");
        return Err(Diag::alert(word.span, text).tight().help("give it another name"));
    }
    Ok(())
}

/// Reads a line of the section: there is one word.
///
/// # Errors
/// What is wrong with it.
pub fn read(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(first) = words.first() else { return Ok(()) };
    if first != "errorfile" {
        let text = format!("unknown keyword '{}' in 'http-errors' section", first.text());
        return Err(Diag::alert(first.span, text).help("write `errorfile <status> <file>`"));
    }
    let (status, page) = errorfile::status_and_page(words, "errorfile: ")?;
    cx.draft.http_errors.last_mut().expect("its section is open").pages.put(status, page.into());
    Ok(())
}
