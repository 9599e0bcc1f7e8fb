//! `balance` (manual 4.2). The other algorithms have their rows in `vocab/balance` when they are built.
use crate::syntax::{Diag, Word, nearest};
use crate::vocab::balance;
use crate::vocab::known::{self, Kind};
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
    if let Some(row) = balance::find(name) {
        return (row.parse)(cx, words);
    }
    if known::knows(Kind::Balance, name) {
        let section = row::section_name(cx.section);
        return Err(row::not_built(words[1].span, &format!("balance {text}"), section)
            .help("use `balance roundrobin`, or keep this proxy on HAProxy for now"));
    }
    let said = "balance only supports 'roundrobin', 'static-rr', 'leastconn', 'source', 'uri', 'url_param', 'hdr(name)' and \
                'rdp-cookie(name)' options.";
    let diag = Diag::alert(words[1].span, said);
    Err(match nearest(text, known::words(Kind::Balance)) {
        Some(near) => diag.help(format!("did you mean `{near}`?")),
        None => diag,
    })
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn one_algorithm_and_those_to_come() {
        assert!(bench(BACKEND, "balance roundrobin").diags.is_empty());
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
