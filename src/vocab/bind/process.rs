//! `bind … process` (manual 5.1).
use super::{BindCx, BindRow};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: BindRow = BindRow {
    name: "process",
    arguments: 1,
    doc: "process <range>: deprecated in HAProxy; all threads serve every listener.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    let text = row::text(words, 1);
    let what = format!("'process {text}' on 'bind' lines is deprecated and will be removed in 2.7.");
    let message =
        format!("'bind {}' in section '{}' : {what}", cx.draft.text, row::section_name(cx.line.section));
    cx.line.diags.push(Diag::warning(words[0].span, message).help("remove it"));
    Ok(())
}
