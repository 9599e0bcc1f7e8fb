//! `option tcpka` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: OptionRow = OptionRow {
    name: "tcpka",
    sections: row::PROXIES,
    http: false,
    no: false,
    doc: "option tcpka: TCP keep-alive packets on both sides, as clitcpka and srvtcpka together.",
    effect: Effect::Parse(parse),
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most_after(words, 1, 0)?;
    let flags = &mut cx.proxy().settings.flags;
    flags.set(Flag::ClientKeepalive, true);
    flags.set(Flag::ServerKeepalive, true);
    Ok(())
}
