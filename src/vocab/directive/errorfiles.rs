//! `errorfiles` (manual 4.2).
use super::errorfile;
use crate::plan::http_errors::ErrorFiles;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "errorfiles",
    sections: row::PROXIES,
    no: false,
    doc: "errorfiles <name> [<code> …]: the error pages of an http-errors section, or those of these statuses.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(name) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "errorfiles : expects <name> as argument."));
    };
    let mut statuses = Vec::new();
    for at in 2..words.len() {
        let status = errorfile::status(&words[at - 1..]);
        statuses.push(status.map_err(|d| Diag { message: format!("errorfiles : {}", d.message), ..d })?);
    }
    refer(cx, name, words[0].span, statuses);
    Ok(())
}

/// Notes a section whose pages count from here on.
pub fn refer(cx: &mut DirectiveCx<'_>, name: &Word, at: crate::syntax::Span, statuses: Vec<u16>) {
    let line = ErrorFiles { name: name.text().to_owned(), at, statuses, masked: Vec::new() };
    cx.proxy().settings.errorfiles.push(line);
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{FRONTEND, bench};

    #[test]
    fn what_counts_is_the_last_line_about_a_status() {
        let lines = "errorfiles a\nhttp-error status 404 hdr X-A b\nerrorfiles b 403 503";
        let draft = bench(FRONTEND, lines).ok();
        let settings = &draft.proxies[0].settings;
        let taken = |line: usize| [403, 404, 503].map(|s| settings.errorfiles[line].takes(s));
        assert_eq!((taken(0), taken(1)), ([true, false, true], [true, false, true]));
        assert!(settings.error_pages.get(404).is_some());
    }

    #[test]
    fn messages_are_haproxys() {
        let says = |line: &str| bench(FRONTEND, line).says().to_owned();
        assert_eq!(says("errorfiles"), "errorfiles : expects <name> as argument.");
        assert_eq!(says("errorfiles x y"), "errorfiles : status code '0' not handled.");
        assert_eq!(says("errorfiles x 299"), "errorfiles : status code '299' not handled.");
    }
}
