//! `balance` (manual 4.2): its algorithms are the rows of `vocab/balance`.
use crate::syntax::{Diag, Word};
use crate::vocab::balance;
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "balance",
    sections: row::BACKENDS,
    no: false,
    doc: "balance <algorithm> [<arguments>]: how servers are chosen. The algorithms are rows of vocab/balance.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let text = row::text(words, 1);
    let name = text.split('(').next().unwrap_or_default();
    if text.is_empty() {
        // Without an algorithm HAProxy takes the default one.
        return Ok(());
    }
    match balance::find(name).filter(|row| row.arguments || name == text) {
        Some(row) => (row.parse)(cx, words),
        None => Err(balance::unknown(&words[1])),
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::balance::{Algorithm, Key};
    use crate::vocab::row::{BACKEND, bench};

    fn algorithm(line: &str) -> Algorithm {
        bench(BACKEND, line).ok().proxies[0].settings.balance.algorithm.clone()
    }

    #[test]
    fn every_algorithm_and_its_arguments() {
        assert!(matches!(algorithm("balance roundrobin"), Algorithm::RoundRobin));
        assert!(matches!(algorithm("balance static-rr"), Algorithm::StaticRr));
        assert!(matches!(algorithm("balance leastconn"), Algorithm::LeastConn));
        assert!(matches!(algorithm("balance first"), Algorithm::First));
        assert!(matches!(algorithm("balance random"), Algorithm::Random(2)));
        assert!(matches!(algorithm("balance random(5)"), Algorithm::Random(5)));
        assert!(matches!(algorithm("balance source"), Algorithm::Hash(Key::Source)));
        let uri = algorithm("balance uri depth 3 whole len 12 path-only");
        let wanted = Key::Uri { len: Some(12), depth: Some(3), whole: true, path_only: true };
        assert_eq!(format!("{uri:?}"), format!("{:?}", Algorithm::Hash(wanted)));
        let Algorithm::Hash(Key::Header { name, domain_only: true }) =
            algorithm("balance hdr(Host) use_domain_only")
        else {
            panic!("a header")
        };
        assert_eq!(name, b"Host");
        let Algorithm::Hash(Key::RdpCookie(name)) = algorithm("balance rdp-cookie") else {
            panic!("a cookie")
        };
        assert_eq!(name, b"mstshash");
        assert!(matches!(algorithm("balance hash path,lower"), Algorithm::Hash(Key::Expr(_))));
    }

    #[test]
    fn messages_are_haproxys() {
        for (line, text) in [
            ("balance uri len", "balance uri : 'len' expects a positive integer (got '')."),
            ("balance uri depth -3", "balance uri : 'depth' expects a positive integer (got '-3')."),
            ("balance url_param", "balance url_param requires an URL parameter name."),
            ("balance url_param a b", "balance url_param only accepts 'check_post' modifier (got 'b')."),
            ("balance hdr()", "balance hdr requires an http header field name."),
            ("balance hdr(a", "balance hdr requires an http header field name."),
            ("balance hdr(a) b", "balance hdr(a) only accepts 'use_domain_only' modifier (got 'b')."),
            ("balance random(0)", "balance random : number of draws must be at least 1."),
            ("balance random(2", "balance random : missing closing parenthesis."),
            ("balance random(x)", "balance random : unexpected character 'x' after argument."),
            ("balance rdp-cookie()", "balance rdp-cookie : missing cookie name."),
            ("balance hash", "balance hash requires a sample expression."),
            ("balance hash src x", "balance hash takes no other argument (got 'x')."),
            (
                "balance sticky",
                "'balance sticky' is for 'mode log' backends, which Ringmain does not support.",
            ),
        ] {
            assert_eq!(bench(BACKEND, line).says(), text);
        }
        for line in ["balance frob", "balance hdr", "balance roundrobin(3)"] {
            assert!(
                bench(BACKEND, line).says().starts_with("balance only supports 'roundrobin', "),
                "{line}"
            );
        }
        let near = bench(BACKEND, "balance leastcon");
        assert_eq!(near.diags[0].help.as_deref(), Some("did you mean `leastconn`?"));
    }
}
