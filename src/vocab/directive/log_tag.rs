//! `log-tag` of the process and of proxies (manual 3.1 and 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "log-tag",
    sections: row::GLOBAL | row::PROXIES,
    no: false,
    doc: "log-tag <string>: the program name in log lines.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    let Some(word) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "'log-tag' expects a tag for use in syslog."));
    };
    let tag = Some(word.text().to_owned());
    if cx.section == row::GLOBAL {
        cx.global().log_tag = tag;
    } else {
        cx.proxy().settings.log_tag = tag;
    }
    Ok(())
}
