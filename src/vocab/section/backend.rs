//! `backend` (manual, 4 "Proxies").
use super::{SectionKind, SectionRow};
use crate::plan::draft::ProxyKind;

pub const ROW: SectionRow = SectionRow {
    name: "backend",
    doc: "backend <name> [from <defaults>]: servers, and how requests get to them.",
    kind: SectionKind::Proxy(ProxyKind::Backend),
};
