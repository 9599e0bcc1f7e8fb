//! `option mysql-check` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::check::CheckOption;
use crate::syntax::{Diag, Word};
use crate::vocab::check::fixed;
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: OptionRow = OptionRow {
    name: "mysql-check",
    sections: row::BACKENDS,
    http: false,
    no: false,
    doc: "option mysql-check [user <username> [pre-41 | post-41]]: health checks read a MySQL server's greeting, or log in.",
    effect: Effect::Parse(parse),
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if super::misplaced(cx, &ROW, &words[1]) {
        return Ok(());
    }
    let user = match row::text(words, 2) {
        "" => None,
        "user" => Some(user(words)?),
        other => {
            let text = format!("'option mysql-check' only supports optional values: 'user' (got '{other}').");
            return Err(Diag::alert(words[2].span, text));
        }
    };
    cx.at_most_after(words, 1, 3)?;
    cx.proxy().settings.check.option = CheckOption::Fixed(fixed::mysql(user));
    Ok(())
}

/// The name, and whether the protocol before 4.1 is spoken.
fn user(words: &[Word]) -> Result<(&str, bool), Diag> {
    let name = row::text(words, 3);
    if name.is_empty() {
        let text = "'option mysql-check user' expects <username> as argument.";
        return Err(Diag::alert(row::place(words, 3), text));
    }
    match row::text(words, 4) {
        "" | "post-41" => Ok((name, false)),
        "pre-41" => Ok((name, true)),
        other => {
            let text = format!("keyword 'user' only supports 'post-41' and 'pre-41' (got '{other}').");
            Err(Diag::alert(words[4].span, text))
        }
    }
}
