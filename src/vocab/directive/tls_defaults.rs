//! Words of `global` that say what `bind` and `server` lines with TLS begin with (manual 3.1). A line with TLS is refused, so
//! that these have nothing to act on: they are checked for an argument, and stock files that carry them run.
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROWS: &[DirectiveRow] = &[
    of("ca-base", false),
    of("crt-base", false),
    of("key-base", false),
    of("ssl-default-bind-ciphers", false),
    of("ssl-default-bind-ciphersuites", false),
    of("ssl-default-bind-client-sigalgs", false),
    of("ssl-default-bind-curves", false),
    of("ssl-default-bind-options", true),
    of("ssl-default-bind-sigalgs", false),
    of("ssl-default-server-ciphers", false),
    of("ssl-default-server-ciphersuites", false),
    of("ssl-default-server-client-sigalgs", false),
    of("ssl-default-server-curves", false),
    of("ssl-default-server-options", true),
    of("ssl-default-server-sigalgs", false),
    of("tune.ssl.default-dh-param", false),
];

const DOC: &str = "A default of lines with TLS, of which there are none yet: it changes nothing.";

const fn of(name: &'static str, many: bool) -> DirectiveRow {
    DirectiveRow { name, sections: row::GLOBAL, no: false, doc: DOC, parse: if many { options } else { one } }
}

fn one(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    wanted(words)
}

fn options(_: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    wanted(words)
}

fn wanted(words: &[Word]) -> Result<(), Diag> {
    if words.len() > 1 {
        return Ok(());
    }
    Err(Diag::alert(row::place(words, 1), format!("'{}' expects an argument.", words[0].text())))
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{GLOBAL, bench};

    #[test]
    fn they_stand_without_tls() {
        bench(GLOBAL, "ca-base /etc/ssl/certs\nssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets")
            .ok();
        assert_eq!(bench(GLOBAL, "crt-base").says(), "'crt-base' expects an argument.");
    }
}
