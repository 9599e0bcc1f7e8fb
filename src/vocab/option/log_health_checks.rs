//! `option log-health-checks` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "log-health-checks",
    sections: row::BACKENDS,
    http: false,
    no: true,
    doc: "Every change of a health check is told, not only those of the server state.",
    effect: Effect::Flag(Flag::LogHealthChecks),
};
