//! `spread-checks` (manual 3.2).
use crate::base::units::leading_int;
use crate::syntax::{Diag, Severity, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "spread-checks",
    sections: row::GLOBAL,
    no: false,
    doc: "spread-checks <0..50, in percent>: randomness in the interval of health checks.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    let Some(word) = words.get(1) else {
        let text = "'spread-checks' expects an integer argument (0..50).";
        return Err(Diag::alert(row::place(words, 1), text).tight());
    };
    if cx.global().spread_checks != 0 {
        let text = "spread-checks already specified. Continuing.";
        let diag = Diag::at(Severity::Notice, words[0].span, text).tight();
        cx.diags.push(diag.help("remove it: the first one counts"));
        return Ok(());
    }
    match u32::try_from(leading_int(word.text())) {
        Ok(percent @ 0..=50) => cx.global().spread_checks = percent,
        _ => {
            let text = "'spread-checks' needs a positive value in range 0..50.";
            return Err(Diag::alert(word.span, text).tight());
        }
    }
    Ok(())
}
