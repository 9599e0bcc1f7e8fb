//! `max-spread-checks` (manual 3.2).
use crate::base::units::{TimeError, TimeUnit, parse_time};
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "max-spread-checks",
    sections: row::GLOBAL,
    no: false,
    doc: "max-spread-checks <delay>: at start the first checks of all servers lie within this time.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    let Some(word) = words.get(1) else {
        let text = "'max-spread-checks' expects an integer argument (0..50).";
        return Err(Diag::alert(row::place(words, 1), text).tight());
    };
    match parse_time(word.text(), TimeUnit::Millis) {
        Ok(time) => {
            cx.global().max_spread_checks = Some(time.duration());
            Ok(())
        }
        Err(TimeError::Unexpected { at, found }) => {
            let text =
                format!("unsupported character '{found}' in 'max-spread-checks' (wants an integer delay).");
            Err(Diag::alert(word.sub(at, 1), text).tight())
        }
        Err(_) => {
            let text = format!(
                "timer overflow in argument <{}> to <max-spread-checks>, maximum value is 2147483647 ms (~24.8 days).",
                word.text()
            );
            Err(Diag::alert(word.span, text).tight())
        }
    }
}
