//! `external-check` (manual 3.1 and 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "external-check",
    sections: row::GLOBAL | row::BACKENDS,
    no: false,
    doc: "external-check in global: programs may be run as health checks. In a proxy, external-check command <command>: the \
          program; external-check path <path>: its PATH.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if cx.section == row::GLOBAL {
        cx.at_most(words, 0)?;
        cx.global().external_check = true;
        return Ok(());
    }
    let missing = |at: usize| {
        let text = format!("missing argument after '{}'.", words[at - 1].text());
        Diag::alert(row::place(words, at), text)
    };
    let what = words.get(1).ok_or_else(|| missing(1))?;
    let set: fn(&mut DirectiveCx<'_>, String) = match what.text() {
        "command" => |cx, value| cx.proxy().settings.check.command = Some(value),
        "path" => |cx, value| cx.proxy().settings.check.path = Some(value),
        other => {
            let text = format!("'external-check' only supports 'command' and 'path'. but got '{other}'.");
            return Err(Diag::alert(what.span, text));
        }
    };
    let value = words.get(2).ok_or_else(|| missing(2))?;
    if let Some(extra) = words.get(3) {
        let text = format!("'external-check' cannot handle unexpected argument '{}'.", extra.text());
        return Err(Diag::alert(extra.span, text).help("remove this word"));
    }
    set(cx, value.text().to_owned());
    Ok(())
}
