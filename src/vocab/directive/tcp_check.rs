//! `tcp-check` (manual 4.2); its lines are read in `vocab/check`.
use crate::syntax::{Diag, Word};
use crate::vocab::check::{self, Kind};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "tcp-check",
    sections: row::BACKENDS,
    no: false,
    doc: "tcp-check connect | send | send-lf | send-binary | send-binary-lf | expect | comment | set-var | set-var-fmt | \
          unset-var: one step of the health checks of option tcp-check.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    check::step(cx, words, Kind::Tcp)
}
