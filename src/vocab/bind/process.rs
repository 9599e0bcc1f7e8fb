//! `bind … process` (manual 5.1).
use super::{BindCx, BindRow, thread, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: BindRow = BindRow {
    name: "process",
    arguments: 1,
    doc: "process <processes>[/<threads>]: deprecated in HAProxy; what stands behind the slash is as with `thread`.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    let text = row::text(words, 1);
    let (process, threads) = text.split_once('/').map_or((text, None), |(p, t)| (p, Some(t)));
    let invalid = |inner: String| wrong(words, format!("'process' : {inner}"));
    match thread::set(process) {
        Ok(_) if matches!(process, "all" | "odd" | "even" | "1" | "1-1" | "1-") => {}
        Err(inner) if !inner.contains("supports") => return Err(invalid(inner)),
        _ => {
            let inner = format!("'{process}' is not a valid number/range. It supports numbers from 1 to 1.");
            return Err(invalid(inner));
        }
    }
    let mut instead = String::new();
    if let Some(threads) = threads {
        cx.draft.spread.threads |= thread::set(threads).map_err(invalid)?;
        instead = format!(" Please use 'thread {threads}' instead.");
    }
    let what = format!("'process {text}' on 'bind' lines is deprecated and will be removed in 2.7.{instead}");
    let message =
        format!("'bind {}' in section '{}' : {what}", cx.draft.text, row::section_name(cx.line.section));
    cx.line.diags.push(Diag::warning(words[0].span, message).help("remove it"));
    Ok(())
}
