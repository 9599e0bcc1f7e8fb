//! `maxconn` of the process and of a frontend (manual 3.2 and 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "maxconn",
    sections: row::GLOBAL | row::FRONTENDS,
    no: false,
    doc: "maxconn <number>: the most concurrent connections, of the process in `global` and of a frontend elsewhere. More \
          wait in the kernel's queue. 0 means no limit of its own.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    if cx.section == row::GLOBAL {
        if cx.global().maxconn.is_some() {
            cx.already(words);
            return Ok(());
        }
        let value = row::integer(words)?;
        cx.global().maxconn = row::positive(value);
        return Ok(());
    }
    let value = row::integer(words)?;
    cx.proxy().settings.maxconn = row::positive(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{FRONTEND, GLOBAL, bench};

    #[test]
    fn of_the_process_and_of_a_frontend() {
        assert_eq!(bench(GLOBAL, "maxconn 25000").ok().global.maxconn, Some(25_000));
        assert_eq!(
            bench(FRONTEND, "maxconn 4k").ok().proxies[0].settings.maxconn,
            Some(4),
            "as atol reads it"
        );
        assert_eq!(bench(FRONTEND, "maxconn 0").ok().proxies[0].settings.maxconn, None);
        assert_eq!(bench(FRONTEND, "maxconn").says(), "'maxconn' expects an integer argument.");
        assert_eq!(bench(FRONTEND, "maxconn 4 5").says(), "'maxconn' cannot handle unexpected argument '5'.");
    }
}
