//! `option http-ignore-probes` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "http-ignore-probes",
    sections: row::FRONTENDS,
    http: true,
    no: true,
    doc: "A connection that ends or times out before its first request is closed without an answer or a \
          log line.",
    effect: Effect::Flag(Flag::IgnoreProbes),
};
