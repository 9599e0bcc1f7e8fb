//! `option splice-response` (manual 4.2).
use super::{Effect, OptionRow};
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "splice-response",
    sections: row::PROXIES,
    http: false,
    no: true,
    doc: "Lets the kernel move bytes between sockets by splice(). Ringmain moves them in its own buffers: \
          accepted without effect.",
    effect: Effect::Pointless,
};
