//! `option prefer-last-server` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "prefer-last-server",
    sections: row::BACKENDS,
    http: true,
    no: true,
    doc: "A client stays on the server of its last request while that is possible, to reuse the connection.",
    effect: Effect::Flag(Flag::PreferLastServer),
};
