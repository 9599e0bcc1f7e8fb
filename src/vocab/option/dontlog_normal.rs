//! `option dontlog-normal` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "dontlog-normal",
    sections: row::FRONTENDS,
    http: false,
    no: true,
    doc: "No log lines for sessions without errors.",
    effect: Effect::Flag(Flag::DontLogNormal),
};
