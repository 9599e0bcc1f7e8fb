//! `add-acl(file)`, `del-acl(file)`, `set-map(file)`, `del-map(file)` (manual 4.2): rules that change a list of patterns. The rules
//! wait until the change is in force, those behind see it.
use super::{ActionRow, Cursor, REQUEST, RESPONSE};
use crate::rules::sample::Names;
use crate::rules::{Action, Awaited, Cx, Format, Verdict};
use crate::share::list_edits::{Change, ListEdit};
use crate::syntax::Diag;
use std::sync::OnceLock;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[
    ActionRow {
        name: "add-acl",
        rulesets: REQUEST | RESPONSE,
        doc: "Adds an entry to the list that ACLs have loaded from a file, unless it is there.",
        parse: |cursor| parse(cursor, "add-acl"),
    },
    ActionRow {
        name: "del-acl",
        rulesets: REQUEST | RESPONSE,
        doc: "Takes an entry out of the list that ACLs have loaded from a file.",
        parse: |cursor| parse(cursor, "del-acl"),
    },
    ActionRow {
        name: "del-map",
        rulesets: REQUEST | RESPONSE,
        doc: "Takes a key out of the map of a file.",
        parse: |cursor| parse(cursor, "del-map"),
    },
    ActionRow {
        name: "set-map",
        rulesets: REQUEST | RESPONSE,
        doc: "Gives a key of the map of a file a value; a key that is not there is added.",
        parse: |cursor| parse(cursor, "set-map"),
    },
];

#[derive(Debug)]
struct EditList {
    file: String,
    /// The list's place, once it was asked for.
    place: OnceLock<Option<usize>>,
    key: Format,
    /// Of `set-map`.
    value: Option<Format>,
    adds: bool,
}

fn parse(cursor: &mut Cursor<'_>, action: &str) -> Result<Box<dyn Action>, Diag> {
    let word = cursor.name;
    let wanted = if action == "set-map" { 2 } else { 1 };
    // As in HAProxy, whatever stands there is an argument.
    let words = cursor.rest();
    if words.len() < wanted {
        return Err(Diag::alert(word.span, format!("expects exactly {wanted} arguments")));
    }
    // From the first to the last parenthesis. Where no file is named the rule has no list, and does nothing.
    let inside =
        word.text().split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map(|(file, _)| file);
    let file = inside.unwrap_or_default();
    let mut format = || cursor.format(String::new);
    let key = format()?;
    let value = (action == "set-map").then(&mut format).transpose()?;
    let adds = action == "add-acl";
    Ok(Box::new(EditList { file: file.to_owned(), place: OnceLock::new(), key, value, adds }))
}

impl Action for EditList {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        let Some(lists) = cx.facts.all_lists() else { return Verdict::Continue };
        let Some(list) = *self.place.get_or_init(|| lists.of_file(&self.file)) else {
            return Verdict::Continue;
        };
        let written = |format: &Format| {
            let mut text = Vec::new();
            format.write(cx, &mut text);
            text
        };
        let change = match &self.value {
            Some(value) => Change::Set(written(value)),
            None if self.adds => Change::Add,
            None => Change::Delete,
        };
        let edit = ListEdit { list, text: written(&self.key), change };
        // Most often the list is as it is to be.
        match lists.would_change(&edit) {
            true => Verdict::Wait(Box::new(Awaited::ListEdit(edit))),
            false => Verdict::Continue,
        }
    }

    fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        self.key.resolve(names)?;
        self.value.as_ref().map_or(Ok(()), |value| value.resolve(names))
    }

    fn changes_list(&self) -> Option<&str> {
        Some(&self.file)
    }
}

#[cfg(test)]
mod tests {
    use crate::vocab::expr::testing::words;
    use crate::vocab::expr::{AclScope, parse_http_request};

    #[test]
    fn what_is_wrong_is_said_in_haproxys_words() {
        for (line, want) in [
            ("add-acl", "expects exactly 1 arguments"),
            ("del-map(/f)", "expects exactly 1 arguments"),
            ("set-map(/f) k", "expects exactly 2 arguments"),
            ("set-map() k", "expects exactly 2 arguments"),
            ("add-acl(/f) k v", "expects 'if', 'unless' or end of line but found 'v'"),
        ] {
            let e = parse_http_request(&mut AclScope::default(), &words(line)).unwrap_err();
            assert_eq!(e.message, want, "{line}");
        }
        let rule = parse_http_request(&mut AclScope::default(), &words("set-map(a(b)c) %[src] x")).unwrap();
        assert_eq!(rule.action.changes_list(), Some("a(b)c"));
    }
}
