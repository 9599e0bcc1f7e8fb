//! `option socket-stats` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "socket-stats",
    sections: row::FRONTENDS,
    http: false,
    no: true,
    doc: "Statistics for each listener too.",
    effect: Effect::Flag(Flag::SocketStats),
};
