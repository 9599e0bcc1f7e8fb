//! `hold` (manual 5.3.2).
use super::{ResolversRow, section};
use crate::base::units::{TimeError, TimeUnit, parse_time};
use crate::syntax::{Diag, Severity, Word};
use crate::vocab::row::{self, DirectiveCx};
use std::time::Duration;

pub const ROW: ResolversRow = ResolversRow {
    name: "hold",
    doc: "hold <nx|refused|timeout|other|valid|obsolete> <time>: how long the last good answer outweighs a bad one; 30s \
          by default. 'obsolete' is how long a record lives that answers no longer hold; 0 by default.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let (Some(event), Some(time)) = (words.get(1), words.get(2)) else {
        let text = "'hold' expects an <event> and a <time> as arguments.";
        // HAProxy's second line comes after the first.
        cx.diags.push(Diag::alert(row::place(words, words.len()), text));
        let events = "<event> can be either 'valid', 'nx', 'refused', 'timeout', or 'other'";
        return Err(Diag::bare(Severity::Alert, Some(words[0].span), events));
    };
    let period = self::time(time, "hold", event.text())?;
    let hold = &mut section(cx).hold;
    *match event.text() {
        "nx" => &mut hold.nx,
        "other" => &mut hold.other,
        "refused" => &mut hold.refused,
        "timeout" => &mut hold.timeout,
        "valid" => &mut hold.valid,
        "obsolete" => &mut hold.obsolete,
        other => {
            let text = format!(
                "'hold' unknown <event>: '{other}', expects either 'nx', 'timeout', 'valid', 'obsolete' or 'other'."
            );
            return Err(Diag::alert(event.span, text));
        }
    } = period;
    Ok(())
}

/// A time in this section's words; `shown` is what HAProxy shows where it is too long.
pub(super) fn time(word: &Word, keyword: &str, shown: &str) -> Result<Duration, Diag> {
    parse_time(word.text(), TimeUnit::Millis).map(|t| t.duration()).map_err(|e| match e {
        TimeError::Unexpected { at, found } => {
            Diag::alert(word.sub(at, 1), format!("unexpected character '{found}' in argument to <{keyword}>.")).tight()
        }
        TimeError::Overflow => Diag::alert(
            word.span,
            format!("timer overflow in argument <{shown}> to <{keyword}>, maximum value is 2147483647 ms (~24.8 days)."),
        )
        .tight(),
        TimeError::Underflow => Diag::alert(
            word.span,
            format!("timer underflow in argument <{shown}> to <{keyword}>, minimum non-null value is 1 ms."),
        )
        .tight(),
    })
}
