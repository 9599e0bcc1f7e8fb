//! `option persist` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "persist",
    sections: row::BACKENDS,
    http: false,
    no: true,
    doc: "A client's own server is asked although it is down: with option redispatch another one follows.",
    effect: Effect::Flag(Flag::Persist),
};
