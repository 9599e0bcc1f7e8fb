//! `fd-hard-limit` (manual 3.1).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "fd-hard-limit",
    sections: row::GLOBAL,
    no: false,
    doc: "fd-hard-limit <number>: the process takes no more file descriptors than these, however many the system allows; \
          maxconn follows where it is not set. 1048576 without it.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    if cx.global().fd_hard_limit.is_some() {
        cx.already(words);
        return Ok(());
    }
    let value = row::integer(words)?;
    cx.global().fd_hard_limit = row::positive(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{GLOBAL, bench};

    #[test]
    fn a_number() {
        assert_eq!(bench(GLOBAL, "fd-hard-limit 500").ok().global.fd_hard_limit, Some(500));
        assert_eq!(bench(GLOBAL, "fd-hard-limit").says(), "'fd-hard-limit' expects an integer argument.");
        assert_eq!(
            bench(GLOBAL, "fd-hard-limit 5 6").says(),
            "'fd-hard-limit' cannot handle unexpected argument '6'."
        );
    }
}
