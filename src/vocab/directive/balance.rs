//! `balance` (manual 4.2). The other algorithms have their rows in `vocab/balance` when they are built.
use crate::syntax::{Diag, Word, nearest};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "balance",
    sections: row::BACKENDS,
    no: false,
    doc: "balance roundrobin: each server in turn, by weight. It is the default.",
    parse,
};

/// HAProxy's other algorithms.
pub const UNBUILT: [&str; 8] =
    ["first", "hash", "hdr", "leastconn", "random", "rdp-cookie", "source", "static-rr"];
const UNBUILT_TOO: [&str; 2] = ["uri", "url_param"];

/// Every algorithm that is refused.
pub fn refused() -> impl Iterator<Item = &'static str> {
    UNBUILT.into_iter().chain(UNBUILT_TOO)
}

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let text = row::text(words, 1);
    let name = text.split('(').next().unwrap_or_default();
    match name {
        // Without an algorithm HAProxy takes the default one.
        "" | "roundrobin" => {
            cx.proxy().settings.balance_given = true;
            Ok(())
        }
        _ if refused().any(|r| r == name) => {
            let section = row::section_name(cx.section);
            Err(row::not_built(words[1].span, &format!("balance {text}"), section)
                .help("use `balance roundrobin`, or keep this proxy on HAProxy for now"))
        }
        _ => {
            let said = "balance only supports 'roundrobin', 'static-rr', 'leastconn', 'source', 'uri', 'url_param', \
                        'hdr(name)' and 'rdp-cookie(name)' options.";
            let diag = Diag::alert(words[1].span, said);
            Err(match nearest(text, refused().chain(["roundrobin"])) {
                Some(near) => diag.help(format!("did you mean `{near}`?")),
                None => diag,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn one_algorithm_and_those_to_come() {
        assert!(bench(BACKEND, "balance roundrobin").ok().proxies[0].settings.balance_given);
        assert!(
            bench(BACKEND, "balance hdr(host)").says().ends_with("does not support this HAProxy keyword yet")
        );
        assert!(bench(BACKEND, "balance frob").says().starts_with("balance only supports 'roundrobin', "));
        assert_eq!(
            bench(BACKEND, "balance leastcon").diags[0].help.as_deref(),
            Some("did you mean `leastconn`?")
        );
    }
}
