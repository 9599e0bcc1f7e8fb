//! `balance url_param` (manual 4.2).
use super::BalanceRow;
use crate::rules::balance::{Algorithm, Key};
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: BalanceRow = BalanceRow {
    name: "url_param",
    arguments: false,
    doc: "balance url_param <name> [check_post]: the hash of a parameter of the query, or of the body of a POST. Without it \
          each server in turn.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(name) = words.get(2) else {
        let text = "balance url_param requires an URL parameter name.";
        return Err(Diag::alert(row::place(words, 2), text));
    };
    let check_post = match row::text(words, 3) {
        "" => false,
        "check_post" => true,
        other => {
            let text = format!("balance url_param only accepts 'check_post' modifier (got '{other}').");
            return Err(Diag::alert(words[3].span, text));
        }
    };
    let name = name.text().as_bytes().to_vec();
    cx.proxy().settings.balance.algorithm = Algorithm::Hash(Key::UrlParam { name, check_post });
    Ok(())
}
