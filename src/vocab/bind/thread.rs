//! `bind … thread` (manual 5.1).
use super::{BindCx, BindRow, wrong};
use crate::base::units::leading_int;
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: BindRow = BindRow {
    name: "thread",
    arguments: 1,
    doc: "thread [<group>/]{ all | odd | even | <number>[-[<number>]] }: which threads serve this listener; several add up. \
          There is one group.",
    parse,
};

/// The most threads a process has.
const MOST: i64 = 64;

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    let text = row::text(words, 1);
    let (group, threads) = text.split_once('/').unwrap_or(("", text));
    let plain = !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    if plain && leading_int(group) != 1 {
        let group = leading_int(group);
        let inner = format!("'{text}' thread-group number must be between 1 and 1 (was {group})");
        return Err(wrong(words, inner));
    }
    let threads = if plain { threads } else { text };
    let set = set(threads).map_err(|why| wrong(words, format!("'{text}' : {why}")))?;
    cx.draft.spread.threads |= set;
    Ok(())
}

/// The bits of a set of threads.
///
/// # Errors
/// HAProxy's words.
pub fn set(text: &str) -> Result<u64, String> {
    match text {
        "all" => return Ok(u64::MAX),
        "odd" => return Ok(0x5555_5555_5555_5555),
        "even" => return Ok(0xaaaa_aaaa_aaaa_aaaa),
        _ => {}
    }
    let number = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    if !number(low) || !(high.is_empty() || number(high)) {
        return Err(format!("'{text}' is not a valid number/range."));
    }
    let (low, high) = (leading_int(low), if high.is_empty() { MOST } else { leading_int(high) });
    let (low, high) = (low.min(high), low.max(high));
    if low < 1 || high > MOST {
        return Err(format!("'{text}' is not a valid number/range. It supports numbers from 1 to {MOST}."));
    }
    Ok((low..=high).fold(0, |set, n| set | 1 << (n - 1)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bind, says};
    use super::*;
    use crate::vocab::row::{FRONTEND, bench};

    #[test]
    fn sets_and_messages() {
        for (text, is) in [("1", 1), ("1-3", 7), ("3-1", 7), ("63-", 3 << 62), ("all", u64::MAX)] {
            assert_eq!(set(text), Ok(is), "{text}");
        }
        assert_eq!(bind("thread 1 thread 1/3-4").spread.threads, 0b1101);
        let process = bench(FRONTEND, "bind :80 process 1/2");
        assert!(process.says().ends_with("Please use 'thread 2' instead."));
        assert_eq!(process.draft.proxies[0].binds[0].spread.threads, 0b10);
        for (parameters, text) in [
            ("thread x", "@ : 'x' : 'x' is not a valid number/range."),
            ("thread 0", "@ : '0' : '0' is not a valid number/range. It supports numbers from 1 to 64."),
            ("thread all/2", "@ : 'all/2' : 'all/2' is not a valid number/range."),
            ("thread 2/1", "@ : '2/1' thread-group number must be between 1 and 1 (was 2)"),
            (
                "process 2",
                "@ : 'process' : '2' is not a valid number/range. It supports numbers from 1 to 1.",
            ),
            ("process x", "@ : 'process' : 'x' is not a valid number/range."),
        ] {
            assert_eq!(says(parameters), text);
        }
    }
}
