//! `http-send-name-header` (manual 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "http-send-name-header",
    sections: row::BACKENDS,
    no: false,
    doc: "http-send-name-header <header>: the server's name goes to it in this header field, in place of what was there.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(1).filter(|w| !w.text().is_empty()) else {
        let text = "'http-send-name-header' requires a header string.";
        return Err(Diag::alert(row::place(words, 1), text));
    };
    let name = row::own_field(word, "http-send-name-header")?;
    cx.proxy().settings.send_name_header = Some(name);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::proto::text::FieldName;
    use crate::vocab::row::{BACKEND, FRONTEND, bench};

    #[test]
    fn names_and_messages() {
        let draft = bench(BACKEND, "http-send-name-header X-Srv").ok();
        assert_eq!(draft.proxies[0].settings.send_name_header, Some(FieldName::known("x-srv")));
        let says = |line: &str| bench(BACKEND, line).says().to_owned();
        assert_eq!(says("http-send-name-header"), "'http-send-name-header' requires a header string.");
        assert!(says("http-send-name-header content-length").contains("invalid requests"));
        assert!(says("http-send-name-header a:b").contains("forbidden character ':'"));
        assert_eq!(
            bench(FRONTEND, "http-send-name-header X").says(),
            "'http-send-name-header' ignored because frontend 'p' has no backend capability."
        );
    }
}
