//! `option nolinger` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "nolinger",
    sections: row::PROXIES,
    http: false,
    no: true,
    doc: "Connections are closed by a reset: nothing of them stays in the system, and what was not sent yet is lost. Of a \
          frontend those to clients, of a backend those to servers.",
    effect: Effect::Flag(Flag::NoLinger),
};
