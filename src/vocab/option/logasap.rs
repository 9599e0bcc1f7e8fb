//! `option logasap` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "logasap",
    sections: row::FRONTENDS,
    http: false,
    no: true,
    doc: "The log line is written when the answer begins and not at its end.",
    effect: Effect::Flag(Flag::LogAsap),
};
