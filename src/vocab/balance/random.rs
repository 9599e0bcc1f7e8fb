//! `balance random` (manual 4.2).
use super::BalanceRow;
use crate::rules::balance::Algorithm;
use crate::syntax::{Diag, Word};
use crate::vocab::row::DirectiveCx;

pub const ROW: BalanceRow = BalanceRow {
    name: "random",
    arguments: true,
    doc: "balance random[(<draws>)]: the least loaded of so many servers, 2 by default, drawn by chance and weight.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let wrong = |text: String| Err(Diag::alert(words[1].span, format!("balance random : {text}")));
    let inside = words[1].text().split_once('(').map_or(")", |(_, inside)| inside);
    let draws = if inside.starts_with(')') {
        2
    } else {
        let digits = inside.len() - inside.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-').len();
        match inside[digits..].chars().next() {
            Some(')') => {}
            Some(other) => return wrong(format!("unexpected character '{other}' after argument.")),
            None => return wrong("missing closing parenthesis.".to_owned()),
        }
        match inside[..digits].parse::<u32>() {
            Ok(n) if n > 0 => n,
            _ => return wrong("number of draws must be at least 1.".to_owned()),
        }
    };
    cx.proxy().settings.balance.algorithm = Algorithm::Random(draws);
    Ok(())
}
