//! `option smtpchk` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::check::CheckOption;
use crate::syntax::{Diag, Word};
use crate::vocab::check::fixed;
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: OptionRow = OptionRow {
    name: "smtpchk",
    sections: row::BACKENDS,
    http: false,
    no: false,
    doc: "option smtpchk [HELO | EHLO] [<domain>]: health checks greet a mail server; HELO localhost by default.",
    effect: Effect::Parse(parse),
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if super::misplaced(cx, &ROW, &words[1]) {
        return Ok(());
    }
    cx.at_most_after(words, 1, 2)?;
    let (hello, domain) = (row::text(words, 2), row::text(words, 3));
    // What is no greeting is replaced by HAProxy without a word.
    let greeting = match hello {
        "HELO" | "EHLO" if !domain.is_empty() => format!("{hello} {domain}"),
        _ => "HELO localhost".to_owned(),
    };
    cx.proxy().settings.check.option = CheckOption::Fixed(fixed::smtp(&greeting));
    Ok(())
}
