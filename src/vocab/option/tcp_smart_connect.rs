//! `option tcp-smart-connect` (manual 4.2).
use super::{Effect, OptionRow};
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "tcp-smart-connect",
    sections: row::BACKENDS,
    http: false,
    no: true,
    doc: "Saves a packet at the start of a server connection on old kernels. Accepted without effect.",
    effect: Effect::Pointless,
};
