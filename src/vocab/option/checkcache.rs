//! `option checkcache` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "checkcache",
    sections: row::BACKENDS,
    http: true,
    no: true,
    doc: "An answer that sets a cookie and that a cache may keep with it is held back: 502 in its place.",
    effect: Effect::Flag(Flag::CheckCache),
};
