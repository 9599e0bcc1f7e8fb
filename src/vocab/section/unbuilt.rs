//! Sections that HAProxy knows and Ringmain does not have yet.
use super::{SectionKind, SectionRow};
use crate::syntax::{Diag, Word};

pub const ROWS: &[SectionRow] = &[
    of("acme"),
    of("cache"),
    of("crt-list"),
    of("crt-store"),
    of("fcgi-app"),
    of("healthcheck"),
    of("log-forward"),
    of("mailers"),
    of("namespace_list"),
    of("peers"),
    of("program"),
    of("traces"),
    of("userlist"),
];

const fn of(name: &'static str) -> SectionRow {
    SectionRow { name, doc: "A section of HAProxy that is not built yet.", kind: SectionKind::Unbuilt }
}

pub fn open(words: &[Word]) -> Result<(), Diag> {
    let name = words[0].text();
    let text = format!("'{name}' section: Ringmain does not support this HAProxy section yet");
    Err(Diag::alert(words[0].span, text)
        .help("its lines were not looked at; remove it, or keep what needs it on HAProxy"))
}
