//! `listen` (manual, 4 "Proxies").
use super::{SectionKind, SectionRow};
use crate::plan::draft::ProxyKind;

pub const ROW: SectionRow = SectionRow {
    name: "listen",
    doc: "listen <name> [from <defaults>]: a frontend and its backend in one section.",
    kind: SectionKind::Proxy(ProxyKind::Listen),
};
