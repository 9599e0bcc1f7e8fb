//! `server … observe` (manual 5.2).
use super::{ServerCx, ServerRow, wrong};
use crate::plan::Mode;
use crate::syntax::{Diag, Word};

pub const ROW: ServerRow = ServerRow {
    name: "observe",
    arguments: 1,
    default_server: true,
    doc: "observe layer4 | layer7 | none: errors of the traffic count, of connections or of answers too.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let Some(word) = words.get(1) else {
        return Err(wrong(words, "'observe' expects <mode> as argument."));
    };
    cx.settings.watching.observe = match word.text() {
        "none" => None,
        "layer4" => Some(false),
        "layer7" => {
            if cx.line.proxy().settings.mode != Mode::Http {
                return Err(wrong(words, "'layer7' can only be used in http proxies."));
            }
            Some(true)
        }
        other => {
            let text = format!("'observe' expects one of 'none', 'layer4', 'layer7' but got '{other}'");
            return Err(wrong(words, text));
        }
    };
    Ok(0)
}
