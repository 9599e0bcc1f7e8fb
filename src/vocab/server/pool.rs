//! `server … pool-low-conn`, `pool-max-conn`, `pool-purge-delay` (manual 5.2): idle connections.
use super::{ServerCx, ServerRow, number, wrong};
use crate::base::units::TimeUnit;
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROWS: &[ServerRow] = &[
    of(
        "pool-low-conn",
        "pool-low-conn <number>: below this many idle connections threads do not take each other's.",
        low,
    ),
    of(
        "pool-max-conn",
        "pool-max-conn <number>: the most idle connections kept; -1, the default, is no limit.",
        max,
    ),
    of(
        "pool-purge-delay",
        "pool-purge-delay <delay>: how often half of the unneeded idle connections end, 5s by default.",
        purge,
    ),
];

type Parse = fn(&mut ServerCx<'_, '_>, &[Word]) -> Result<usize, Diag>;

const fn of(name: &'static str, doc: &'static str, parse: Parse) -> ServerRow {
    ServerRow { name, arguments: 1, default_server: true, doc, parse }
}

fn low(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    value(words)?;
    match u32::try_from(number(words)) {
        Ok(n) => {
            cx.settings.pool_low_conn = n;
            cx.line.draft.note_pointless("server … pool-low-conn", words[0].span);
        }
        Err(_) => return Err(wrong(words, "'pool-low-conn' must be >= 0")),
    }
    Ok(0)
}

fn max(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    value(words)?;
    cx.settings.pool_max_conn = match number(words) {
        -1 => None,
        n if n < -1 => return Err(wrong(words, "'pool-max-conn' must be >= -1")),
        n => Some(u32::try_from(n).unwrap_or(u32::MAX)),
    };
    Ok(0)
}

fn purge(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    value(words)?;
    let delay = row::old_time(words, "pool-purge-delay", TimeUnit::Millis);
    cx.settings.pool_purge_delay =
        delay.map_err(|d| Diag { message: d.message.trim_end().to_owned(), ..d })?;
    Ok(0)
}

fn value(words: &[Word]) -> Result<(), Diag> {
    match words.len() {
        0 | 1 => Err(wrong(words, format!("'{}' expects <value> as argument.", words[0].text()))),
        _ => Ok(()),
    }
}
