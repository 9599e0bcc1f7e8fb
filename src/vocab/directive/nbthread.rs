//! `nbthread` (manual 3.1).
use crate::base::limits::MAX_THREADS;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "nbthread",
    sections: row::GLOBAL,
    no: false,
    doc: "nbthread <number>: how many threads serve, one a core; without it one for each core the process may use.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let (text, at) = (row::text(words, 1), row::place(words, 1));
    let Ok(value) = text.parse::<i64>() else {
        return Err(Diag::alert(
            at,
            format!("'nbthread' passed a missing or unparsable integer value in '{text}'"),
        ));
    };
    match usize::try_from(value) {
        Ok(n @ 1..=MAX_THREADS) => cx.global().nbthread = Some(n),
        _ => {
            let text = format!("'nbthread' value must be between 1 and {MAX_THREADS} (was {value})");
            return Err(Diag::alert(at, text));
        }
    }
    cx.at_most(words, 1)
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{GLOBAL, bench};

    #[test]
    fn range_and_messages() {
        assert_eq!(bench(GLOBAL, "nbthread 4").ok().global.nbthread, Some(4));
        let says = |line: &str| bench(GLOBAL, line).says().to_owned();
        assert_eq!(says("nbthread 0"), "'nbthread' value must be between 1 and 64 (was 0)");
        assert_eq!(says("nbthread two"), "'nbthread' passed a missing or unparsable integer value in 'two'");
    }
}
