//! An answer described in the configuration: what `return` and `deny` share (manual 4.2, `http-request return`).
use super::Cursor;
use crate::proto::h1::{Answer, has_no_content, reason_phrase};
use crate::proto::text::FieldName;
use crate::rules::errorpage::{has_page, load_errorfile};
use crate::rules::sample::Names;
use crate::rules::{Action, Cx, Format, Verdict};
use crate::syntax::{Diag, Word};
use crate::vocab::row::field_name;

/// Where the body comes from.
#[derive(Debug)]
enum Content {
    /// None, or for `deny` the error page of the status.
    None,
    /// The error page of the status, which the proxies may have replaced.
    Page,
    Bytes(Vec<u8>),
    Format(Format),
    /// A whole answer from an `errorfile`.
    Whole(Vec<u8>),
}

/// The answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    content: Content,
    content_type: Option<String>,
    headers: Vec<(FieldName, Format)>,
    /// `return` without a body has none; `deny` has the page of its status.
    paged: bool,
}

impl Reply {
    /// Nothing but a status: the error page is sent, which the proxies may have replaced.
    pub fn is_plain(&self) -> bool {
        matches!(self.content, Content::None | Content::Page) && self.headers.is_empty()
    }
}

/// Reads the words of a reply up to the condition.
///
/// # Errors
/// HAProxy's words for what is missing or does not go together.
pub fn parse(cursor: &mut Cursor<'_>, default_status: u16) -> Result<Reply, Diag> {
    let mut reply = Reply {
        status: default_status,
        content: Content::None,
        content_type: None,
        headers: Vec::new(),
        paged: default_status != 200,
    };
    while let Some(word) = cursor.peek() {
        match word.text() {
            "status" | "deny_status" => {
                cursor.take();
                reply.status = status(cursor, word, reply.paged && word == "deny_status")?;
            }
            "content-type" => {
                cursor.take();
                reply.content_type = Some(value(cursor, word)?.text().to_owned());
            }
            "string" => {
                cursor.take();
                reply.content = Content::Bytes(value(cursor, word)?.bytes().to_vec());
            }
            "lf-string" => {
                cursor.take();
                let word = value(cursor, word)?;
                reply.content = Content::Format(cursor.format_of(word)?);
            }
            "file" | "lf-file" => {
                cursor.take();
                let path = value(cursor, word)?;
                let bytes = read(path)?;
                reply.content = if word == "file" {
                    Content::Bytes(bytes)
                } else {
                    Content::Format(cursor.format_of(&Word::new(bytes, path.span))?)
                };
            }
            "errorfile" => {
                cursor.take();
                let path = value(cursor, word)?;
                let page = load_errorfile(&read(path)?).map_err(|e| {
                    Diag::alert(path.span, format!("custom error file '{}' : {e}", path.text()))
                })?;
                reply.content = Content::Whole(page);
            }
            "hdr" => {
                cursor.take();
                let name = field_name(value(cursor, word)?)?;
                let text = value(cursor, word)?;
                let value = cursor.head_format_of(text)?;
                if matches!(name.as_bytes(), b"content-length" | b"transfer-encoding" | b"content-type") {
                    let name = String::from_utf8_lossy(name.as_bytes()).into_owned();
                    cursor.warn(word, format!("header '{name}' always ignored by the http reply."));
                } else {
                    reply.headers.push((name, value));
                }
            }
            "default-errorfiles" => {
                cursor.take();
                reply.content = Content::Page;
            }
            "errorfiles" => {
                return Err(Diag::alert(word.span, "'errorfiles' is not supported by Ringmain yet"));
            }
            _ => break,
        }
    }
    ignored(cursor, &mut reply);
    if matches!(reply.content, Content::Bytes(_) | Content::Format(_)) && reply.content_type.is_none() {
        return Err(Diag::alert(
            cursor.name.span,
            "a content type must be defined when non-empty payload is configured",
        ));
    }
    if matches!(reply.content, Content::Page) && !has_page(reply.status) {
        return Err(no_page(cursor.name, reply.status));
    }
    if matches!(reply.content, Content::Bytes(_) | Content::Format(_)) && has_no_content(reply.status) {
        let text = format!("No body expected for {} responses", reply.status);
        return Err(
            Diag::alert(cursor.name.span, text).help("leave the payload out, or choose another status")
        );
    }
    Ok(reply)
}

/// Takes off what the answer does not use, and says so.
fn ignored(cursor: &mut Cursor<'_>, reply: &mut Reply) {
    let why = match reply.content {
        Content::Whole(_) | Content::Page => "when used with an erorrfile.",
        Content::None => "because neither errorfile nor payload defined.",
        Content::Bytes(_) | Content::Format(_) => return,
    };
    if let Some(kind) = reply.content_type.take() {
        cursor.warn(cursor.name, format!("content-type '{kind}' ignored by the http reply {why}"));
    }
    if !matches!(reply.content, Content::None) && !reply.headers.is_empty() {
        reply.headers.clear();
        cursor.warn(cursor.name, format!("hdr parameters ignored by the http reply {why}"));
    }
}

fn value<'a>(cursor: &mut Cursor<'a>, word: &Word) -> Result<&'a Word, Diag> {
    cursor.expect(|| format!("'{}' expects an argument", word.text()))
}

fn status(cursor: &mut Cursor<'_>, word: &Word, must_have_page: bool) -> Result<u16, Diag> {
    let given = value(cursor, word)?;
    let number = crate::base::units::leading_int(given.text());
    let status = u16::try_from(number).ok().filter(|s| (200..=599).contains(s)).ok_or_else(|| {
        Diag::alert(given.span, format!("Unexpected status code '{number}'"))
            .help("a status is a number from 200 to 599")
    })?;
    if must_have_page && !has_page(status) {
        return Err(no_page(given, status).help("write `http-request return status …` for other codes"));
    }
    Ok(status)
}

fn no_page(at: &Word, status: u16) -> Diag {
    let text = format!("status code '{status}' not handled by default with 'default-errorfiles' argument.");
    Diag::alert(at.span, text)
}

fn read(path: &Word) -> Result<Vec<u8>, Diag> {
    std::fs::read(path.text())
        .map_err(|e| Diag::alert(path.span, format!("unable to open or read file '{}' ({e})", path.text())))
}

/// The status of a whole answer.
fn status_of(page: &[u8], or: u16) -> u16 {
    page.get(9..12).and_then(|s| std::str::from_utf8(s).ok()?.parse().ok()).unwrap_or(or)
}

impl Action for Reply {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        let mut formatted = Vec::new();
        let body: &[u8] = match &self.content {
            Content::Whole(page) => {
                return Verdict::Answer {
                    status: status_of(page, self.status),
                    bytes: page.clone(),
                    close: false,
                };
            }
            Content::Page => return Verdict::Page { status: self.status },
            Content::None if self.paged && self.headers.is_empty() => {
                return Verdict::Deny { status: self.status };
            }
            Content::None => b"",
            Content::Bytes(bytes) => bytes,
            Content::Format(format) => {
                format.write(cx, &mut formatted);
                &formatted
            }
        };
        let mut answer = Answer::new(self.status, reason_phrase(self.status).as_bytes());
        let mut value = Vec::new();
        for (name, format) in &self.headers {
            value.clear();
            format.write(cx, &mut value);
            // As HAProxy: a field without a value is none.
            if !value.is_empty() {
                answer = answer.with(name, &value);
            }
        }
        answer = answer.length(body.len());
        if let Some(content_type) = &self.content_type {
            answer = answer.with(&FieldName::CONTENT_TYPE, content_type.as_bytes());
        }
        Verdict::Answer { status: self.status, bytes: answer.end(body), close: false }
    }

    fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        if let Content::Format(format) = &self.content {
            format.resolve(names)?;
        }
        self.headers.iter().try_for_each(|(_, format)| format.resolve(names))
    }
}
