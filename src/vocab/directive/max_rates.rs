//! `maxconnrate`, `maxsessrate` (manual 3.2).
use crate::plan::Global;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

/// The rows of this file.
pub const ROWS: &[DirectiveRow] = &[
    DirectiveRow {
        name: "maxconnrate",
        sections: row::GLOBAL,
        no: false,
        doc: "maxconnrate <number>: how many new connections the process accepts in a second; the others wait in the kernel.",
        parse: |cx, words| parse(cx, words, |global| &mut global.maxconnrate),
    },
    DirectiveRow {
        name: "maxsessrate",
        sections: row::GLOBAL,
        no: false,
        doc: "maxsessrate <number>: how many new sessions the process accepts in a second: connections that `tcp-request \
              connection` rules let in.",
        parse: |cx, words| parse(cx, words, |global| &mut global.maxsessrate),
    },
];

fn parse(
    cx: &mut DirectiveCx<'_>,
    words: &[Word],
    place: fn(&mut Global) -> &mut Option<u32>,
) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    if place(cx.global()).is_some() {
        cx.already(words);
        return Ok(());
    }
    *place(cx.global()) = row::positive(row::integer(words)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{GLOBAL, bench};

    #[test]
    fn rates_of_the_process() {
        let draft = bench(GLOBAL, "maxconnrate 100\nmaxsessrate 50").ok();
        assert_eq!((draft.global.maxconnrate, draft.global.maxsessrate), (Some(100), Some(50)));
        assert_eq!(bench(GLOBAL, "maxsessrate 0").ok().global.maxsessrate, None, "no limit");
        assert_eq!(bench(GLOBAL, "maxconnrate").says(), "'maxconnrate' expects an integer argument.");
        assert_eq!(
            bench(GLOBAL, "maxsessrate 3 4").says(),
            "'maxsessrate' cannot handle unexpected argument '4'."
        );
    }
}
