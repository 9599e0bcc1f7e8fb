//! `option redispatch` (manual 4.2).
use super::{Effect, OptionRow};
use crate::base::units::leading_int;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, Polarity};

pub const ROW: OptionRow = OptionRow {
    name: "redispatch",
    sections: row::BACKENDS,
    http: false,
    no: true,
    doc: "option redispatch [<interval>]: after a failed connection another server is tried: at the last attempt (-1, the \
          default), or at every Nth one.",
    effect: Effect::Parse(parse),
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if super::misplaced(cx, &ROW, &words[1]) {
        return Ok(());
    }
    cx.at_most_after(words, 1, 1)?;
    let interval = words.get(2).map_or(-1, |w| i32::try_from(leading_int(w.text())).unwrap_or(-1));
    let plain = cx.polarity == Polarity::Plain;
    cx.proxy().settings.redispatch = if plain { interval } else { 0 };
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn interval() {
        let of = |lines: &str| bench(BACKEND, lines).ok().proxies[0].settings.redispatch;
        assert_eq!((of("option redispatch"), of("option redispatch 2")), (-1, 2));
        assert_eq!(of("option redispatch\nno option redispatch"), 0);
    }
}
