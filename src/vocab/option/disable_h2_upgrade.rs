//! `option disable-h2-upgrade` (manual 4.2).
use super::{Effect, OptionRow};
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "disable-h2-upgrade",
    sections: row::FRONTENDS,
    http: true,
    no: true,
    doc: "A client may not turn a connection into HTTP/2 by its preface. Ringmain never lets it.",
    effect: Effect::Always,
};
