//! `option contstats` (manual 4.2).
use super::{Effect, OptionRow};
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "contstats",
    sections: row::FRONTENDS,
    http: false,
    no: true,
    doc: "Counts bytes while they pass and not at the end of a session. Ringmain always does.",
    effect: Effect::Always,
};
