//! `force-persist` and `ignore-persist` (manual 4.2).
use crate::plan::persist::PersistRule;
use crate::rules::places;
use crate::syntax::{Diag, Word};
use crate::vocab::expr;
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::rule_line;

/// The rows of this file.
pub const ROWS: &[DirectiveRow] = &[
    DirectiveRow {
        name: "force-persist",
        sections: row::BACKEND | row::LISTEN,
        no: false,
        doc: "force-persist { if | unless } <condition>: such requests go to their server although it is down.",
        parse: |cx, words| parse(cx, words, true),
    },
    DirectiveRow {
        name: "ignore-persist",
        sections: row::BACKEND | row::LISTEN,
        no: false,
        doc: "ignore-persist { if | unless } <condition>: such requests are balanced as if they had no cookie.",
        parse: |cx, words| parse(cx, words, false),
    },
];

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word], force: bool) -> Result<(), Diag> {
    let name = words[0].text();
    if !matches!(row::text(words, 1), "if" | "unless") {
        let text = format!("'{name}' requires either 'if' or 'unless' followed by a condition.");
        return Err(Diag::alert(row::place(words, 1), text));
    }
    let condition = expr::parse_condition(cx.acls, &words[1..]).map_err(|d| {
        let message = format!("error detected while parsing a '{name}' rule : {}.", d.message);
        Diag { message, ..d }
    })?;
    rule_line::misplaced(cx, &words[0], Some(&condition), places::BE_CONTENT, "");
    cx.proxy().persistence.rules.push(PersistRule { force, condition });
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn conditions_are_kept_in_their_order() {
        let draft = bench(BACKEND, "force-persist if { src 127.0.0.1 }\nignore-persist unless TRUE").ok();
        let rules = &draft.proxies[0].persistence.rules;
        assert_eq!(rules.iter().map(|r| r.force).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn messages_are_haproxys() {
        for (line, text) in [
            ("force-persist", "'force-persist' requires either 'if' or 'unless' followed by a condition."),
            (
                "ignore-persist foo",
                "'ignore-persist' requires either 'if' or 'unless' followed by a condition.",
            ),
            (
                "force-persist if nope",
                "error detected while parsing a 'force-persist' rule : no such ACL : 'nope'.",
            ),
        ] {
            assert_eq!(bench(BACKEND, line).says(), text);
        }
    }
}
