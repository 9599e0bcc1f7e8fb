//! `set-path`, `set-pathq`, `set-query`, `set-uri`, `set-method`.
use super::{ActionRow, Cursor, REQUEST};
use crate::proto::http::Unfit;
use crate::rules::sample::Names;
use crate::rules::{Action, Cx, Format, Verdict};
use crate::syntax::Diag;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[
    ActionRow {
        name: "set-method",
        rulesets: REQUEST,
        doc: "Gives the request another method.",
        parse: |c| parse(c, What::Method),
    },
    ActionRow {
        name: "set-path",
        rulesets: REQUEST,
        doc: "Gives the request another path; the query stays.",
        parse: |c| parse(c, What::Path),
    },
    ActionRow {
        name: "set-pathq",
        rulesets: REQUEST,
        doc: "Gives the request another path and query.",
        parse: |c| parse(c, What::PathAndQuery),
    },
    ActionRow {
        name: "set-query",
        rulesets: REQUEST,
        doc: "Gives the request another query; the path stays.",
        parse: |c| parse(c, What::Query),
    },
    ActionRow {
        name: "set-uri",
        rulesets: REQUEST,
        doc: "Gives the request another target.",
        parse: |c| parse(c, What::Uri),
    },
];

/// A part of the request line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Method,
    Path,
    PathAndQuery,
    Query,
    Uri,
}

#[derive(Debug)]
struct Set {
    what: What,
    value: Format,
}

fn parse(cursor: &mut Cursor<'_>, what: What) -> Result<Box<dyn Action>, Diag> {
    let value = cursor.head_format(|| "expects exactly 1 argument <format>".to_owned())?;
    Ok(Box::new(Set { what, value }))
}

impl Action for Set {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        let mut value = Vec::new();
        self.value.write(cx, &mut value);
        put(cx, self.what, &value)
    }

    fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        self.value.resolve(names)
    }
}

/// Replaces a part of the request line; the others stay. A path begins with a slash, whether the rule writes it or not.
pub(super) fn put(cx: &mut Cx<'_>, what: What, value: &[u8]) -> Verdict {
    let Some(req) = cx.req.as_deref_mut() else { return Verdict::Continue };
    let uri = req.uri();
    let path_and_query = req.path_and_query();
    let before = uri.len() - path_and_query.len();
    let authority = if path_and_query.is_empty() { &uri[..0] } else { &uri[..before] };
    let question = memchr::memchr(b'?', path_and_query).unwrap_or(path_and_query.len());
    let (path, query) = path_and_query.split_at(question);
    let slash: &[u8] = match value {
        [b'/', ..] => b"",
        b"*" if req.method() == b"OPTIONS" && authority.is_empty() => b"",
        _ => b"/",
    };
    let new = match what {
        // A target without a path has no query either.
        What::Query if path_and_query.is_empty() => return Verdict::Continue,
        What::Method => return verdict(req.set_method(value)),
        What::Uri => value.to_vec(),
        What::Path => [authority, slash, value, query].concat(),
        What::PathAndQuery => [authority, slash, value].concat(),
        // The question mark is written by us, and not at all for an empty query.
        What::Query => {
            let value = value.strip_prefix(b"?").unwrap_or(value);
            let mark: &[u8] = if value.is_empty() { b"" } else { b"?" };
            [authority, path, mark, value].concat()
        }
    };
    verdict(req.set_uri(&new))
}

/// What does not fit into a request fails its rule.
pub(super) fn verdict(put: Result<(), Unfit>) -> Verdict {
    if put.is_ok() { Verdict::Continue } else { Verdict::Fail }
}
