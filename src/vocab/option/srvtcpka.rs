//! `option srvtcpka` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "srvtcpka",
    sections: row::BACKENDS,
    http: false,
    no: true,
    doc: "The kernel sends TCP keep-alive packets to servers.",
    effect: Effect::Flag(Flag::ServerKeepalive),
};
