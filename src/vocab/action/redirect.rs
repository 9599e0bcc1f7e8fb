//! `redirect`: location, prefix or scheme.
use super::{ActionRow, Cursor, REDIRECT, REQUEST, RESPONSE};
use crate::proto::h1::Answer;
use crate::proto::text::FieldName;
use crate::rules::format::Part;
use crate::rules::sample::Names;
use crate::rules::{Action, Cx, Format, Verdict};
use crate::syntax::Diag;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[ActionRow {
    name: "redirect",
    rulesets: REQUEST | RESPONSE,
    doc: "Answers with a redirection to a location, to another prefix before the path, or to another scheme.",
    parse,
}];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    Location,
    Prefix,
    Scheme,
}

#[derive(Debug)]
struct Redirect {
    to: To,
    target: Format,
    code: u16,
    drop_query: bool,
    append_slash: bool,
    ignore_empty: bool,
    /// The whole `set-cookie` value.
    cookie: Option<Vec<u8>>,
}

/// Reads what stands behind `redirect`.
///
/// # Errors
/// HAProxy's words for what is missing or unknown.
pub fn parse(cursor: &mut Cursor<'_>) -> Result<Box<dyn Action>, Diag> {
    let mut redirect = Redirect {
        to: To::Location,
        target: Format::default(),
        code: 302,
        drop_query: false,
        append_slash: false,
        ignore_empty: false,
        cookie: None,
    };
    let mut targeted = false;
    while let Some(word) = cursor.take() {
        let missing = || format!("missing argument for '{}'", word.text());
        match word.text() {
            "location" | "prefix" | "scheme" => {
                redirect.to = match word.text() {
                    "location" => To::Location,
                    "prefix" => To::Prefix,
                    _ => To::Scheme,
                };
                redirect.target = if cursor.ruleset == REDIRECT {
                    // The plain `redirect` line knows no formats.
                    Format {
                        parts: vec![Part::Text(cursor.expect(missing)?.bytes().to_vec())],
                        ..Format::default()
                    }
                } else {
                    cursor.head_format(missing)?
                };
                targeted = true;
            }
            "set-cookie" => {
                let cookie = cursor.expect(missing)?.text();
                redirect.cookie = Some(format!("{cookie}; path=/;").into_bytes());
            }
            "clear-cookie" => {
                let cookie = cursor.expect(missing)?.text();
                redirect.cookie = Some(format!("{cookie}; path=/; Max-Age=0;").into_bytes());
            }
            "code" => {
                let code = cursor.expect(missing)?;
                redirect.code = match code.text() {
                    "301" => 301,
                    "302" => 302,
                    "303" => 303,
                    "307" => 307,
                    "308" => 308,
                    other => {
                        let message = format!(
                            "'code': unsupported HTTP code '{other}' (must be one of 301, 302, 303, 307 or 308)"
                        );
                        return Err(Diag::alert(code.span, message));
                    }
                };
            }
            "drop-query" => redirect.drop_query = true,
            "append-slash" => redirect.append_slash = true,
            "keep-query" => {
                let text = "'keep-query': Ringmain does not support this HAProxy keyword yet";
                return Err(Diag::alert(word.span, text).help("append `?%[query]` to the location"));
            }
            "ignore-empty" => redirect.ignore_empty = true,
            other => {
                let message = format!(
                    "expects 'code', 'prefix', 'location', 'scheme', 'set-cookie', 'clear-cookie', 'drop-query', 'ignore-empty' or 'append-slash' (was '{other}')"
                );
                return Err(Diag::alert(word.span, message));
            }
        }
    }
    if !targeted {
        return Err(Diag::alert(
            cursor.name.span,
            "redirection type expected ('prefix', 'location', or 'scheme')",
        ));
    }
    Ok(Box::new(redirect))
}

/// The reasons that HAProxy's redirections carry.
fn reason(code: u16) -> &'static [u8] {
    match code {
        301 => b"Moved Permanently",
        303 => b"See Other",
        307 => b"Temporary Redirect",
        308 => b"Permanent Redirect",
        _ => b"Found",
    }
}

impl Redirect {
    fn location(&self, cx: &Cx<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        self.target.write(cx, &mut out);
        let Some(req) = cx.request() else { return out };
        match self.to {
            To::Location => return out,
            // A prefix of "/" is nothing before the path, so that it can serve to change the rest of the line.
            To::Prefix if out == b"/" => out.clear(),
            To::Prefix => {}
            To::Scheme => {
                out.extend_from_slice(b"://");
                out.extend_from_slice(req.head.get(b"host").unwrap_or_default());
            }
        }
        let (path, query) = (req.path(), req.query());
        out.extend_from_slice(path);
        if self.append_slash && !path.ends_with(b"/") {
            out.push(b'/');
        }
        if let (Some(query), false) = (query, self.drop_query) {
            out.push(b'?');
            out.extend_from_slice(query);
        }
        out
    }
}

impl Action for Redirect {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        let location = self.location(cx);
        if self.ignore_empty && self.to == To::Location && location.is_empty() {
            return Verdict::Continue;
        }
        let mut answer =
            Answer::new(self.code, reason(self.code)).length(0).with(&FieldName::LOCATION, &location);
        if let Some(cookie) = &self.cookie {
            answer = answer.with(&FieldName::SET_COOKIE, cookie);
        }
        // Only these may be kept by caches unless told otherwise.
        if matches!(self.code, 302 | 303 | 307) {
            answer = answer.with(&FieldName::CACHE_CONTROL, b"no-cache");
        }
        let bytes = answer.end(b"");
        Verdict::Answer { status: self.code, bytes, close: false }
    }

    fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        self.target.resolve(names)
    }
}
