//! `log-send-hostname` (manual 3.1).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "log-send-hostname",
    sections: row::GLOBAL,
    no: false,
    doc: "log-send-hostname [<string>]: puts the host's name, or this one, into log lines.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    if cx.global().log_send_hostname.is_some() {
        cx.already(words);
        return Ok(());
    }
    let name = match words.get(1) {
        Some(word) => word.text().to_owned(),
        None => nix::unistd::gethostname().unwrap_or_default().to_string_lossy().into_owned(),
    };
    cx.global().log_send_hostname = Some(name);
    Ok(())
}
