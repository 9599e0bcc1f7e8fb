//! `timeout resolve` and `timeout retry` (manual 5.3.2).
use super::{ResolversRow, hold, section};
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: ResolversRow = ResolversRow {
    name: "timeout",
    doc: "timeout <resolve|retry> <time>: the time between two resolutions of a name, and how long an answer is waited \
          for; 1s each by default.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(event) = words.get(1) else {
        let text = "'timeout' expects 'retry' or 'resolve' and <time> as arguments.";
        return Err(Diag::alert(row::place(words, 1), text));
    };
    let name = event.text();
    if name != "retry" && name != "resolve" {
        let text = format!("'timeout' expects 'retry' or 'resolve' and <time> as arguments got '{name}'.");
        return Err(Diag::alert(event.span, text));
    }
    let Some(time) = words.get(2) else {
        let text = format!("'timeout {name}' expects <time> as argument.");
        return Err(Diag::alert(row::place(words, 2), text));
    };
    let time = hold::time(time, &format!("timeout {name}"), time.text())?;
    let section = section(cx);
    *if name == "retry" { &mut section.retry } else { &mut section.resolve } = time;
    Ok(())
}
