//! `replace-header`, `replace-value`, `replace-path`, `replace-pathq`, `replace-uri`.
use super::{ActionRow, Cursor, REQUEST, RESPONSE, header, path};
use crate::proto::text::FieldName;
use crate::rules::regex::{Regex, expand};
use crate::rules::sample::Names;
use crate::rules::{Action, Cx, Format, Verdict};
use crate::syntax::Diag;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[
    ActionRow {
        name: "replace-header",
        rulesets: REQUEST | RESPONSE,
        doc: "Replaces the whole value of each header field of a name that an expression matches.",
        parse: |c| parse_header(c, false),
    },
    ActionRow {
        name: "replace-path",
        rulesets: REQUEST,
        doc: "Replaces what an expression matches in the path.",
        parse: |c| parse_uri(c, path::What::Path),
    },
    ActionRow {
        name: "replace-pathq",
        rulesets: REQUEST,
        doc: "Replaces what an expression matches in the path and query.",
        parse: |c| parse_uri(c, path::What::PathAndQuery),
    },
    ActionRow {
        name: "replace-uri",
        rulesets: REQUEST,
        doc: "Replaces what an expression matches in the request target.",
        parse: |c| parse_uri(c, path::What::Uri),
    },
    ActionRow {
        name: "replace-value",
        rulesets: REQUEST | RESPONSE,
        doc: "Replaces each comma-separated value of a header field that an expression matches.",
        parse: |c| parse_header(c, true),
    },
];

/// The expression and what is put in its place: a format, then the groups.
#[derive(Debug)]
struct By {
    regex: Regex,
    format: Format,
}

impl By {
    fn parse(cursor: &mut Cursor<'_>, wanted: fn() -> String) -> Result<By, Diag> {
        let word = cursor.expect(wanted)?;
        let regex = Regex::new(word.text(), false)
            .map_err(|e| Diag::alert(word.span, format!("regex '{}' is invalid : {e}", word.text())))?;
        Ok(By { regex, format: cursor.head_format(wanted)? })
    }

    /// The text with the first match replaced; what stands around it stays.
    fn apply(&self, text: &[u8], replacement: &[u8]) -> Option<Vec<u8>> {
        let groups = self.regex.groups(text, 0)?;
        let (start, end) = groups[0]?;
        let mut out = text[..start].to_vec();
        expand(replacement, text, &groups, &mut out);
        out.extend_from_slice(&text[end..]);
        Some(out)
    }
}

#[derive(Debug)]
struct InHeader {
    name: FieldName,
    by: By,
    /// Each comma-separated value, not the whole field.
    values: bool,
}

fn parse_header(cursor: &mut Cursor<'_>, values: bool) -> Result<Box<dyn Action>, Diag> {
    let wanted = || "expects exactly 3 arguments <name> <match-regex> <replace-fmt>".to_owned();
    let name = cursor.field_name(wanted)?;
    Ok(Box::new(InHeader { name, by: By::parse(cursor, wanted)?, values }))
}

impl Action for InHeader {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        let mut replacement = Vec::new();
        self.by.format.write(cx, &mut replacement);
        let Some(head) = header::head(cx) else { return Verdict::Continue };
        let mut host = None;
        for index in 0..head.field_count() {
            let (name, value) = head.field(index);
            if name != self.name.as_bytes() {
                continue;
            }
            let new = if self.values {
                let mut any = false;
                let parts: Vec<Vec<u8>> = value
                    .split(|&b| b == b',')
                    .map(|part| {
                        let inner = part.trim_ascii();
                        let from = part.len() - part.trim_ascii_start().len();
                        match self.by.apply(inner, &replacement) {
                            Some(new) => {
                                any = true;
                                [&part[..from], &new, &part[from + inner.len()..]].concat()
                            }
                            None => part.to_vec(),
                        }
                    })
                    .collect();
                any.then(|| parts.join(&b','))
            } else {
                self.by.apply(value, &replacement)
            };
            if let Some(new) = new {
                if self.name.as_bytes() == b"host" {
                    host = Some(new);
                    break;
                }
                head.set_value(index, &new);
            }
        }
        host.and_then(|host| header::host(cx, b"host", &host)).unwrap_or(Verdict::Continue)
    }

    fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        self.by.format.resolve(names)
    }
}

#[derive(Debug)]
struct InUri {
    what: path::What,
    by: By,
}

fn parse_uri(cursor: &mut Cursor<'_>, what: path::What) -> Result<Box<dyn Action>, Diag> {
    let by = By::parse(cursor, || "expects exactly 2 arguments <match-regex> <replace-fmt>".to_owned())?;
    Ok(Box::new(InUri { what, by }))
}

impl Action for InUri {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        let mut replacement = Vec::new();
        self.by.format.write(cx, &mut replacement);
        let Some(req) = cx.request() else { return Verdict::Continue };
        let text = match self.what {
            path::What::Path => req.path(),
            path::What::PathAndQuery => req.path_and_query(),
            _ => req.uri(),
        };
        match self.by.apply(text, &replacement) {
            Some(new) => path::put(cx, self.what, &new),
            None => Verdict::Continue,
        }
    }

    fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        self.by.format.resolve(names)
    }
}
