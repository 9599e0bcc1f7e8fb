//! `option clitcpka` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "clitcpka",
    sections: row::FRONTENDS,
    http: false,
    no: true,
    doc: "The kernel sends TCP keep-alive packets to clients.",
    effect: Effect::Flag(Flag::ClientKeepalive),
};
