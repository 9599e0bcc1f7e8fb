//! `balance hdr(name)` (manual 4.2).
use super::BalanceRow;
use crate::rules::balance::{Algorithm, Key};
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: BalanceRow = BalanceRow {
    name: "hdr",
    arguments: true,
    doc: "balance hdr(<name>) [use_domain_only]: the hash of a header field, or of the part of a host name before its last \
          dot. Without it each server in turn.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let text = words[1].text();
    let Some(inside) = text.strip_prefix("hdr(") else { return Err(super::unknown(&words[1])) };
    let name = inside.split_once(')').map_or("", |(name, _)| name);
    if name.is_empty() {
        return Err(Diag::alert(words[1].span, "balance hdr requires an http header field name.")
            .help("write `balance hdr(host)`"));
    }
    let domain_only = match row::text(words, 2) {
        "" => false,
        "use_domain_only" => true,
        other => {
            let text = format!("balance {text} only accepts 'use_domain_only' modifier (got '{other}').");
            return Err(Diag::alert(words[2].span, text));
        }
    };
    let name = name.as_bytes().to_vec();
    cx.proxy().settings.balance.algorithm = Algorithm::Hash(Key::Header { name, domain_only });
    Ok(())
}
