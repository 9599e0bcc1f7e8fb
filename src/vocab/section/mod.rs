//! The words that open a section (manual, 2.1 "Configuration file format").
use super::row::{DirectiveCx, Sections};
use crate::plan::draft::ProxyKind;
use crate::syntax::{Diag, Word};

/// One section.
#[derive(Debug)]
pub struct SectionRow {
    pub name: &'static str,
    /// What the manual says, in one paragraph.
    pub doc: &'static str,
    pub kind: SectionKind,
}

/// What a section's lines are read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionKind {
    Global,
    Proxy(ProxyKind),
    Resolvers,
    HttpErrors,
    Ring,
    LogProfile,
    /// Known, and not built yet: one error, and its lines are passed over.
    Unbuilt,
}

rows! { SectionRow:
    backend,
    defaults,
    frontend,
    global,
    http_errors,
    listen,
    log_profile,
    resolvers,
    ring;
    families: unbuilt
}

/// Whether a section is built.
#[must_use]
pub fn built(name: &str) -> bool {
    find(name).is_some_and(|r| r.kind != SectionKind::Unbuilt)
}

/// Opens a section: checks its line and adds what it begins to the draft.
///
/// # Errors
/// What is wrong with the line; the section was opened nevertheless, so that its lines can be checked.
pub fn open(cx: &mut DirectiveCx<'_>, row: &SectionRow, words: &[Word]) -> Result<(), Diag> {
    match row.kind {
        SectionKind::Global => global::open(cx, words),
        SectionKind::Proxy(kind) => super::opening::open(cx, kind, words),
        SectionKind::Resolvers => resolvers::open(cx, words),
        SectionKind::HttpErrors => http_errors::open(cx, words),
        SectionKind::Ring => ring::open(cx, words),
        SectionKind::LogProfile => log_profile::open(cx, words),
        SectionKind::Unbuilt => unbuilt::open(words),
    }
}

/// The bit of a section for its lines' rows; `None` where they are passed over.
#[must_use]
pub const fn lines_of(kind: SectionKind) -> Option<Sections> {
    match kind {
        SectionKind::Global => Some(super::row::GLOBAL),
        SectionKind::Proxy(kind) => Some(super::row::section_of(kind)),
        SectionKind::Resolvers => Some(super::row::RESOLVERS),
        SectionKind::HttpErrors => Some(super::row::HTTP_ERRORS),
        SectionKind::Ring => Some(super::row::RING),
        SectionKind::LogProfile => Some(super::row::LOG_PROFILE),
        SectionKind::Unbuilt => None,
    }
}
