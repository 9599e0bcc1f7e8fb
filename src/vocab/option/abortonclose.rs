//! `option abortonclose` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "abortonclose",
    sections: row::BACKENDS,
    http: false,
    no: true,
    doc: "A request whose client has gone is dropped while it waits in a queue or for a connection.",
    effect: Effect::Flag(Flag::AbortOnClose),
};
