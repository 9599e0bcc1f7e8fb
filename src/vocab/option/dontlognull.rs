//! `option dontlognull` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "dontlognull",
    sections: row::FRONTENDS,
    http: false,
    no: true,
    doc: "No log lines for connections on which nothing was sent.",
    effect: Effect::Flag(Flag::DontLogNull),
};
