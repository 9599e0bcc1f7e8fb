//! `defaults` (manual, 4 "Proxies").
use super::{SectionKind, SectionRow};
use crate::plan::draft::ProxyKind;

pub const ROW: SectionRow = SectionRow {
    name: "defaults",
    doc: "defaults [<name>] [from <defaults>]: what the proxies that follow, or that name it, begin with.",
    kind: SectionKind::Proxy(ProxyKind::Defaults),
};
