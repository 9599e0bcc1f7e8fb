//! `option accept-invalid-http-response` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "accept-invalid-http-response",
    sections: row::BACKENDS,
    http: true,
    no: true,
    doc: "Takes answers with characters that RFC 9112 forbids in field names.",
    effect: Effect::Flag(Flag::AcceptInvalidResponse),
};
