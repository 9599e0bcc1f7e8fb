//! The algorithms of `balance` (manual 4.2).
use super::known::{self, Kind};
use super::row::Parse;
use crate::syntax::{Diag, Word};

/// One algorithm.
#[derive(Debug)]
pub struct BalanceRow {
    /// Its word, without what stands in parentheses.
    pub name: &'static str,
    /// Whether something may stand in parentheses behind it.
    pub arguments: bool,
    /// What the manual says, in one paragraph.
    pub doc: &'static str,
    /// Reads the line from `balance` on.
    pub parse: Parse,
}

rows! { BalanceRow:
    first,
    hash,
    hdr,
    leastconn,
    random,
    rdp_cookie,
    roundrobin,
    source,
    static_rr,
    uri,
    url_param;
    families: log_backends
}

/// What stands in place of an algorithm and is none.
pub(super) fn unknown(word: &Word) -> Diag {
    let said = "balance only supports 'roundrobin', 'static-rr', 'leastconn', 'source', 'uri', 'url_param', 'hdr(name)' and \
                'rdp-cookie(name)' options.";
    let diag = Diag::alert(word.span, said);
    diag.near(word.text(), known::words(Kind::Balance))
}
