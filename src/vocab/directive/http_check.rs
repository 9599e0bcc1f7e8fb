//! `http-check` (manual 4.2); its steps are read in `vocab/check`.
use crate::syntax::{Diag, Word};
use crate::vocab::check::{self, Kind};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "http-check",
    sections: row::BACKENDS,
    no: false,
    doc: "http-check connect | send | expect | comment | set-var | set-var-fmt | unset-var: one step of the health checks of \
          option httpchk; disable-on-404: a server that answers 404 takes no new clients; send-state: the server is told \
          what is thought of it.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    match row::text(words, 1) {
        "disable-on-404" => {
            at_most(words)?;
            cx.proxy().settings.check.disable_on_404 = true;
            Ok(())
        }
        "send-state" => {
            at_most(words)?;
            cx.proxy().settings.check.send_state = true;
            Ok(())
        }
        _ => check::step(cx, words, Kind::Http),
    }
}

fn at_most(words: &[Word]) -> Result<(), Diag> {
    match words.get(2) {
        None => Ok(()),
        Some(extra) => {
            let text = format!("'http-check' cannot handle unexpected argument '{}'.", extra.text());
            Err(Diag::alert(extra.span, text).help("remove this word"))
        }
    }
}
