//! `option http-no-delay` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "http-no-delay",
    sections: row::PROXIES,
    http: true,
    no: true,
    doc: "Bytes are sent at once in both directions, at the price of more packets.",
    effect: Effect::Flag(Flag::HttpNoDelay),
};
