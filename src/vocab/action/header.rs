//! `set-header`, `add-header`, `del-header`.
use super::{ActionRow, Cursor, REQUEST, RESPONSE, path};
use crate::proto::http::Head;
use crate::proto::text::FieldName;
use crate::rules::regex::Regex;
use crate::rules::sample::Names;
use crate::rules::{Action, Cx, Format, Verdict};
use crate::syntax::Diag;
use std::cell::RefCell;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[
    ActionRow {
        name: "add-header",
        rulesets: REQUEST | RESPONSE,
        doc: "Appends a header field whose value is a log-format string.",
        parse: |cursor| parse(cursor, false),
    },
    ActionRow {
        name: "del-header",
        rulesets: REQUEST | RESPONSE,
        doc: "Removes all header fields of a name, or those whose name matches by -m.",
        parse: parse_del,
    },
    ActionRow {
        name: "set-header",
        rulesets: REQUEST | RESPONSE,
        doc: "Removes all header fields of a name, then appends one whose value is a log-format string.",
        parse: |cursor| parse(cursor, true),
    },
];

thread_local! {
    /// Where values are put together, so that a request allocates nothing.
    static VALUE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The head that a rule changes: the answer's where there is one.
pub(super) fn head<'h>(cx: &'h mut Cx<'_>) -> Option<&'h mut Head> {
    match (cx.res.as_deref_mut(), cx.req.as_deref_mut()) {
        (Some(res), _) => Some(&mut res.head),
        (None, Some(req)) => Some(&mut req.head),
        (None, None) => None,
    }
}

/// Puts a request's Host in place of what was there: a request has one, and it says what an absolute target says. `None` where
/// another field is meant.
pub(super) fn host(cx: &mut Cx<'_>, name: &[u8], value: &[u8]) -> Option<Verdict> {
    if name != b"host" || cx.res.is_some() {
        return None;
    }
    Some(path::verdict(cx.req.as_deref_mut()?.set_host(value)))
}

#[derive(Debug)]
struct Put {
    name: FieldName,
    value: Format,
    replace: bool,
}

fn parse(cursor: &mut Cursor<'_>, replace: bool) -> Result<Box<dyn Action>, Diag> {
    let wanted = || "expects exactly 2 arguments".to_owned();
    let name = cursor.field_name(wanted)?;
    Ok(Box::new(Put { name, value: cursor.head_format(wanted)?, replace }))
}

impl Action for Put {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        VALUE.with_borrow_mut(|value| {
            value.clear();
            self.value.write(cx, value);
            if let Some(done) = host(cx, self.name.as_bytes(), value) {
                return done;
            }
            if let Some(head) = head(cx) {
                if self.replace { head.set(&self.name, value) } else { head.add(&self.name, value) }
            }
            Verdict::Continue
        })
    }

    fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        self.value.resolve(names)
    }
}

/// How `del-header` compares names; they are in lower case.
#[derive(Debug)]
enum Del {
    Same(Vec<u8>),
    Begin(Vec<u8>),
    End(Vec<u8>),
    Inside(Vec<u8>),
    Regex(Regex),
}

fn parse_del(cursor: &mut Cursor<'_>) -> Result<Box<dyn Action>, Diag> {
    let word = cursor.expect(|| "expects 1 argument <name>".to_owned())?;
    let name = word.bytes().to_ascii_lowercase();
    if !cursor.accept("-m") {
        return Ok(Box::new(Del::Same(name)));
    }
    let method = cursor.expect(|| "missing a match method after -m".to_owned())?;
    Ok(Box::new(match method.text() {
        "str" => Del::Same(name),
        "beg" => Del::Begin(name),
        "end" => Del::End(name),
        "sub" => Del::Inside(name),
        "reg" => Del::Regex(
            Regex::new(word.text(), true)
                .map_err(|e| Diag::alert(word.span, format!("regex '{}' is invalid : {e}", word.text())))?,
        ),
        other => {
            return Err(Diag::alert(
                method.span,
                format!("unknown match method '{other}', expects str, beg, end, sub or reg"),
            ));
        }
    }))
}

impl Action for Del {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        if let Some(head) = head(cx) {
            head.remove_if(|name, _| match self {
                Del::Same(n) => name.eq_ignore_ascii_case(n),
                Del::Begin(n) => name.starts_with(n),
                Del::End(n) => name.ends_with(n),
                Del::Inside(n) => memchr::memmem::find(name, n).is_some(),
                Del::Regex(r) => r.is_match(name),
            });
        }
        Verdict::Continue
    }
}
