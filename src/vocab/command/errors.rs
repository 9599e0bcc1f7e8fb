//! `show errors` (management manual, 9.3).
use super::{CommandRow, Level, Steering, severity, told};
use crate::base::units::leading_int;

/// The rows of this file.
pub const ROWS: &[CommandRow] = &[CommandRow {
    words: &["show", "errors"],
    usage: "show errors [<px>] [request|response]",
    doc: "report last request and/or response errors for each proxy",
    level: Level::Operator,
    run: |steering, args| {
        let proxy = match args.first().map(|word| proxy(steering, word)) {
            None => None,
            Some(Some(id)) => id,
            Some(None) => return told(steering, severity::ERROR, "No such proxy.\n"),
        };
        let only = |word: &str| args.get(1).is_some_and(|w| *w == word);
        steering.errors(proxy, only("request"), only("response"))
    },
}];

/// A proxy's id by its name, by `#` and its id, or by its id; `Some(None)` for all of them, which a number below 0 names.
fn proxy(steering: &dyn Steering, word: &str) -> Option<Option<u32>> {
    let plan = &steering.world().plan;
    let frontend = plan.frontends.iter().find(|f| super::is_named(word, &f.name, f.uuid)).map(|f| f.uuid);
    let named = frontend
        .or_else(|| plan.backends.iter().find(|b| super::is_named(word, &b.name, b.uuid)).map(|b| b.uuid));
    match named {
        Some(id) => Some(Some(id)),
        None => match leading_int(word) {
            0 => None,
            n => Some(u32::try_from(n).ok()),
        },
    }
}
