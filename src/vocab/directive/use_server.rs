//! `use-server` (manual 4.2).
use crate::plan::draft::UseBackendDraft;
use crate::rules::places;
use crate::syntax::{Diag, Severity, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::{expr, rule_line};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "use-server",
    sections: row::BACKEND | row::LISTEN,
    no: false,
    doc: "use-server <server> { if | unless } <condition>: the first of these whose condition holds and whose server is not \
          down takes the request. The name may be a log-format string.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(name) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "'use-server' expects a server name."));
    };
    let ("if" | "unless") = row::text(words, 2) else {
        let text = "'use-server' requires either 'if' or 'unless' followed by a condition.";
        return Err(Diag::alert(row::place(words, 2), text));
    };
    let condition = expr::parse_condition(cx.acls, &words[2..]).map_err(|d| {
        let message =
            format!("error detected while parsing switching rule : {}.", d.message.trim_end_matches('.'));
        Diag { message, ..d }
    })?;
    rule_line::misplaced(cx, &words[0], Some(&condition), places::BE_SERVER, "");
    let dynamic = match name.text().contains('%').then(|| expr::parse_format_for(name, places::BE_SERVER)) {
        None => None,
        Some(Ok(parts)) => Some(parts),
        Some(Err(d)) => {
            let message = format!(
                "Parsing [{}]; use-server rule failed to parse log-format '{}' : {}.",
                cx.place(words[0].span),
                name.text(),
                d.message.trim_end_matches('.')
            );
            cx.draft.late.push(Diag { message, bare: true, severity: Severity::Alert, ..d });
            return Ok(());
        }
    };
    let rule = UseBackendDraft {
        name: name.text().to_owned(),
        dynamic,
        condition: Some(condition),
        at: words[0].span,
        name_at: name.span,
        text: rule_line::text(words),
    };
    cx.proxy().use_server.push(rule);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, DEFAULTS, FRONTEND, bench};

    #[test]
    fn a_name_and_a_condition() {
        let draft = bench(BACKEND, "use-server s1 if TRUE\nuse-server %[path] unless FALSE").ok();
        let rules = &draft.proxies[0].use_server;
        assert!(rules[0].name == "s1" && rules[0].dynamic.is_none() && rules[1].dynamic.is_some());
        let needs = "'use-server' requires either 'if' or 'unless' followed by a condition.";
        for (line, text) in [
            ("use-server", "'use-server' expects a server name."),
            ("use-server x", needs),
            ("use-server x foo", needs),
        ] {
            assert_eq!(bench(BACKEND, line).says(), text);
        }
        let line = "use-server s1 if TRUE";
        assert_eq!(bench(DEFAULTS, line).says(), "'use-server' not allowed in 'defaults' section.");
        assert_eq!(
            bench(FRONTEND, line).says(),
            "'use-server' ignored because frontend 'p' has no backend capability."
        );
    }
}
