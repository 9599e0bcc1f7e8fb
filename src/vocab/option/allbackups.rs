//! `option allbackups` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "allbackups",
    sections: row::BACKENDS,
    http: false,
    no: true,
    doc: "When no other server is up, all backup servers share the load, not only the first.",
    effect: Effect::Flag(Flag::AllBackups),
};
