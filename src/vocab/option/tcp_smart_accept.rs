//! `option tcp-smart-accept` (manual 4.2).
use super::{Effect, OptionRow};
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "tcp-smart-accept",
    sections: row::FRONTENDS,
    http: false,
    no: true,
    doc: "Saves a packet at the start of a connection on old kernels. Today's do so by themselves: \
          accepted without effect.",
    effect: Effect::Pointless,
};
