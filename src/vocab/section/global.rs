//! `global` (manual, 3 "Global parameters").
use super::{SectionKind, SectionRow};
use crate::syntax::{Diag, Severity, Word};
use crate::vocab::row::DirectiveCx;

pub const ROW: SectionRow = SectionRow {
    name: "global",
    doc: "global: parameters of the process. It may stand several times; the lines add up.",
    kind: SectionKind::Global,
};

pub fn open(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if !cx.draft.proxies.is_empty() {
        let text = "global section detected after a non-global one, the prevalence of their statements is unspecified";
        cx.diags.push(Diag::at(Severity::Diag, words[0].span, text).help("move it to the top"));
    }
    cx.at_most(words, 0)
}
