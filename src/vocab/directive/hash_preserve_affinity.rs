//! `hash-preserve-affinity` (manual 3.5, 4.2).
use crate::rules::balance::Affinity;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "hash-preserve-affinity",
    sections: row::BACKENDS,
    no: false,
    doc: "hash-preserve-affinity <always|maxconn|maxqueue>: with `hash-type consistent`, whether a request waits for its server \
          when that is full (the default), or goes to the next on the ring that is not; with maxqueue it waits until as many wait \
          as the server's `maxqueue` says.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.proxy().settings.balance.affinity = match row::text(words, 1) {
        "always" => Affinity::Always,
        "maxconn" => Affinity::Maxconn,
        "maxqueue" => Affinity::Maxqueue,
        other => {
            let text = format!(
                "'hash-preserve-affinity' expects 'always', 'maxconn' or 'maxqueue' (got '{other}')."
            );
            return Err(Diag::alert(row::place(words, 1), text));
        }
    };
    cx.at_most(words, 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn three_of_them() {
        let read = |word: &str| bench(BACKEND, &format!("hash-preserve-affinity {word}"));
        assert_eq!(read("maxconn").ok().proxies[0].settings.balance.affinity, Affinity::Maxconn);
        assert_eq!(read("always").ok().proxies[0].settings.balance.affinity, Affinity::Always);
        assert_eq!(read("maxqueue").ok().proxies[0].settings.balance.affinity, Affinity::Maxqueue);
        assert!(read("x").says().ends_with("(got 'x')."));
    }
}
