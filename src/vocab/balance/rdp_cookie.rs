//! `balance rdp-cookie` (manual 4.2).
use super::BalanceRow;
use crate::rules::balance::{Algorithm, Key};
use crate::syntax::{Diag, Word};
use crate::vocab::row::DirectiveCx;

pub const ROW: BalanceRow = BalanceRow {
    name: "rdp-cookie",
    arguments: true,
    doc: "balance rdp-cookie[(<name>)]: the hash of a cookie, mstshash by default, of a Remote Desktop connection.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let name = match words[1].text().split_once('(') {
        None => "mstshash",
        Some((_, inside)) => match inside.split_once(')') {
            Some((name, _)) if !name.is_empty() => name,
            _ => return Err(Diag::alert(words[1].span, "balance rdp-cookie : missing cookie name.")),
        },
    };
    let key = Key::RdpCookie(name.as_bytes().to_vec());
    cx.proxy().settings.balance.algorithm = Algorithm::Hash(key);
    Ok(())
}
