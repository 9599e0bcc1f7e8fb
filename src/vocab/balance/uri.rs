//! `balance uri` (manual 4.2).
use super::BalanceRow;
use crate::base::units::leading_int;
use crate::rules::balance::{Algorithm, Key};
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: BalanceRow = BalanceRow {
    name: "uri",
    arguments: false,
    doc: "balance uri [len <len>] [depth <depth>] [whole] [path-only]: the hash of the request's target up to its question \
          mark (whole: all of it), without scheme and authority (path-only), of so many bytes and directories at most.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let (mut len, mut depth, mut whole, mut path_only) = (None, None, false, false);
    let mut at = 2;
    while let Some(word) = words.get(at) {
        match word.text() {
            name @ ("len" | "depth") => {
                let value = Some(positive(words, at, name)?);
                *(if name == "len" { &mut len } else { &mut depth }) = value;
                at += 1;
            }
            "whole" => whole = true,
            "path-only" => path_only = true,
            other => {
                let text = format!(
                    "balance uri only accepts parameters 'len', 'depth', 'path-only', and 'whole' (got '{other}')."
                );
                return Err(Diag::alert(word.span, text));
            }
        }
        at += 1;
    }
    cx.proxy().settings.balance.algorithm = Algorithm::Hash(Key::Uri { len, depth, whole, path_only });
    Ok(())
}

fn positive(words: &[Word], at: usize, name: &str) -> Result<u32, Diag> {
    let text = row::text(words, at + 1);
    row::positive(leading_int(text)).ok_or_else(|| {
        let text = format!("balance uri : '{name}' expects a positive integer (got '{text}').");
        Diag::alert(row::place(words, at + 1), text)
    })
}
