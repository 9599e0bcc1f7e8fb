//! `use_backend` (manual 4.2).
use crate::plan::draft::UseBackendDraft;
use crate::rules::places;
use crate::syntax::{Diag, Severity, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::{expr, rule_line};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "use_backend",
    // In a backend HAProxy warns, and then finds that it leads nowhere else: `resolve` says so.
    sections: row::FRONTEND | row::LISTEN | row::BACKEND,
    no: false,
    doc: "use_backend <backend> [{ if | unless } <condition>]: the first of these whose condition holds sends the request to \
          its backend. The name may be a log-format string.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if cx.section == row::BACKEND {
        let text = format!("'use_backend' ignored because {} has no frontend capability.", cx.proxy_name());
        cx.diags.push(Diag::warning(words[0].span, text).help("move it to the frontend"));
    }
    let Some(name) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "'use_backend' expects a backend name."));
    };
    let condition = match words.get(2).map(Word::text) {
        None => None,
        Some("if" | "unless") => Some(expr::parse_condition(cx.acls, &words[2..]).map_err(|d| {
            let message = format!("error detected while parsing switching rule : {}.", d.message);
            Diag { message, ..d }
        })?),
        Some(other) => {
            let text = format!(
                "unexpected keyword '{other}' after switching rule, only 'if' and 'unless' are allowed."
            );
            return Err(Diag::alert(words[2].span, text));
        }
    };
    rule_line::misplaced(cx, &words[0], condition.as_ref(), places::FE_USE_BACKEND, "");
    let dynamic = name.text().contains('%').then(|| expr::parse_format_for(name, places::FE_USE_BACKEND));
    let dynamic = match dynamic.transpose() {
        Ok(dynamic) => dynamic,
        Err(d) => {
            let message = format!(
                "Parsing [{}]: failed to parse use_backend rule '{}' : {}.",
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
        condition,
        at: words[0].span,
        name_at: name.span,
        text: rule_line::text(words),
    };
    cx.proxy().use_backend.push(rule);
    Ok(())
}
