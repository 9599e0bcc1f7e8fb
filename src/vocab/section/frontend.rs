//! `frontend` (manual, 4 "Proxies").
use super::{SectionKind, SectionRow};
use crate::plan::draft::ProxyKind;

pub const ROW: SectionRow = SectionRow {
    name: "frontend",
    doc: "frontend <name> [from <defaults>]: where clients connect, and to which backend their requests go.",
    kind: SectionKind::Proxy(ProxyKind::Frontend),
};
