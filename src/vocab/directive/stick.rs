//! `stick on|match|store-request|store-response` (manual 4.2).
use crate::base::ids::TableId;
use crate::plan::persist::{StickDraft, StickRule};
use crate::rules::places;
use crate::syntax::{Diag, Word};
use crate::vocab::expr;
use crate::vocab::fetch::Scope;
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::rule_line;

pub const ROW: DirectiveRow = DirectiveRow {
    name: "stick",
    sections: row::BACKEND | row::LISTEN,
    no: false,
    doc: "stick { on | match | store-request | store-response } <pattern> [table <table>] [ { if | unless } <condition> ]: \
          the server of a key is kept in a table, and later requests with the key go there.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let (matches, stores, of_answer) = match row::text(words, 1) {
        "on" => (true, true, false),
        "match" => (true, false, false),
        "store" | "store-request" => (false, true, false),
        "store-response" => (false, true, true),
        _ => {
            let text = "'stick' expects 'on', 'match', or 'store'.";
            return Err(Diag::alert(row::place(words, 1), text));
        }
    };
    let Some(pattern) = words.get(2) else {
        return Err(Diag::alert(row::place(words, 2), "'stick' expects a fetch method."));
    };
    let framed = |d: Diag| Diag { message: format!("'stick': {}", d.message), ..d };
    let key = expr::parse_expr(pattern, pattern.text(), 0, "sample").map_err(framed)?;
    if key.expr.places & places::BE_SERVER == 0 && !of_answer {
        return Err(too_late(pattern, key.scope));
    }
    let (mut table, mut at) = (None, 3);
    if row::text(words, at) == "table" {
        table = Some(row::text(words, at + 1).to_owned());
        at += 2;
    }
    let condition = match row::text(words, at) {
        "" => None,
        "if" | "unless" => Some(expr::parse_condition(cx.acls, &words[at..]).map_err(|d| {
            let message =
                format!("'stick': error detected while parsing sticking condition : {}.", d.message);
            Diag { message, ..d }
        })?),
        other => {
            return Err(Diag::alert(words[at].span, format!("'stick': unknown keyword '{other}'.")));
        }
    };
    let here = if of_answer { places::BE_STORE } else { places::BE_SERVER };
    rule_line::misplaced(cx, &words[0], condition.as_ref(), here, "");
    let rule = StickRule { table: TableId(0), key: key.expr, matches, stores, condition };
    let draft = StickDraft { table, kind: key.out, of_answer, rule, at: words[0].span };
    cx.proxy().persistence.stick.push(draft);
    Ok(())
}

/// A fetch that looks at the answer, where there is none yet.
fn too_late(pattern: &Word, scope: Scope) -> Diag {
    let name = pattern.text().split(['(', ',']).next().unwrap_or_default();
    let what = scope.needs();
    let text = format!(
        "'stick': fetch method '{name}' extracts information from '{what}', none of which is available during request."
    );
    Diag::alert(pattern.span, text).help("`stick store-response` looks at answers")
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn the_four_forms() {
        let lines = "stick on src\nstick match src,ipmask(24) table t\nstick store-request path if TRUE\nstick store-response res.hdr(x)";
        let draft = bench(BACKEND, lines).ok();
        let rules = &draft.proxies[0].persistence.stick;
        let forms: Vec<_> = rules.iter().map(|r| (r.rule.matches, r.rule.stores, r.of_answer)).collect();
        assert_eq!(
            forms,
            [(true, true, false), (true, false, false), (false, true, false), (false, true, true)]
        );
        assert_eq!(rules[1].table.as_deref(), Some("t"));
        assert!(rules[2].rule.condition.is_some());
    }
}
