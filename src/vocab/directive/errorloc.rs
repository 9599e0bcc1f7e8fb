//! `errorloc`, `errorloc302`, `errorloc303` (manual 4.2): a redirect in place of an error page.
use super::errorfile;
use crate::proto::h1::Answer;
use crate::proto::text::FieldName;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROWS: &[DirectiveRow] = &[
    row_of("errorloc", "errorloc <code> <url>: answers with a 302 to the URL in place of this status."),
    row_of("errorloc302", "errorloc302 <code> <url>: as errorloc."),
    row_of(
        "errorloc303",
        "errorloc303 <code> <url>: as errorloc, with 303, so that the client comes with GET.",
    ),
];

const fn row_of(name: &'static str, doc: &'static str) -> DirectiveRow {
    DirectiveRow { name, sections: row::PROXIES, no: false, doc, parse }
}

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let name = words[0].text();
    if words.len() < 3 {
        let text = format!("{name} : expects <status_code> and <url> as arguments.\n");
        return Err(Diag::alert(row::place(words, words.len()), text));
    }
    let status =
        errorfile::status(words).map_err(|d| Diag { message: format!("{name} : {}", d.message), ..d })?;
    let (code, reason): (u16, &[u8]) =
        if name == "errorloc303" { (303, b"See Other") } else { (302, b"Found") };
    let page = Answer::new(code, reason)
        .with(&FieldName::CACHE_CONTROL, b"no-cache")
        .length(0)
        .with(&FieldName::LOCATION, words[2].bytes())
        .end(b"");
    errorfile::put(cx, status, page);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn a_redirect_as_page() {
        let draft = bench(BACKEND, "errorloc303 404 http://x/y").ok();
        let page = draft.proxies[0].settings.error_pages.get(404).unwrap();
        assert!(
            page.starts_with(b"HTTP/1.1 303 See Other\r\n")
                && page.ends_with(b"location: http://x/y\r\n\r\n")
        );
    }
}
