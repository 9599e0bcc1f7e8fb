//! `option tcplog` (manual 4.2).
use super::{Effect, OptionRow, httplog};
use crate::plan::draft::LogFormat;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: OptionRow = OptionRow {
    name: "tcplog",
    sections: row::PROXIES,
    http: false,
    no: false,
    doc: "option tcplog: log lines with all of a TCP session and its timers.",
    effect: Effect::Parse(parse),
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most_after(words, 1, 0)?;
    httplog::set_format(cx, words, LogFormat::Tcp);
    Ok(())
}
