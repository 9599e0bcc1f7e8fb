//! `option http-pretend-keepalive` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "http-pretend-keepalive",
    sections: row::BACKENDS,
    http: true,
    no: true,
    doc: "A server is not told that its connection ends after the answer (option http-server-close, httpclose): some send \
          no chunks then.",
    effect: Effect::Flag(Flag::PretendKeepalive),
};
