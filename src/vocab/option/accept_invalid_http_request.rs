//! `option accept-invalid-http-request` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "accept-invalid-http-request",
    sections: row::FRONTENDS,
    http: true,
    no: true,
    doc: "Takes requests with characters that RFC 9112 forbids in targets and field names.",
    effect: Effect::Flag(Flag::AcceptInvalidRequest),
};
