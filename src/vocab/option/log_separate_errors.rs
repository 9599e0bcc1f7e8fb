//! `option log-separate-errors` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "log-separate-errors",
    sections: row::FRONTENDS,
    http: false,
    no: true,
    doc: "Log lines about errors get the level err in place of info.",
    effect: Effect::Flag(Flag::LogSeparateErrors),
};
