//! `default-server` (manual 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::server;

pub const ROW: DirectiveRow = DirectiveRow {
    name: "default-server",
    sections: row::BACKENDS,
    no: false,
    doc: "default-server <parameters>: what the servers of the following lines begin with.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let mut settings = cx.proxy().settings.default_server.clone();
    server::parameters(cx, words, 1, None, &mut settings)?;
    cx.proxy().settings.default_server = settings;
    Ok(())
}
