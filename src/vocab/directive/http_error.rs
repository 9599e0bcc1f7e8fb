//! `http-error` (manual 4.2).
use super::{errorfile, errorfiles};
use crate::base::units::leading_int;
use crate::proto::h1::{Answer, reason_phrase};
use crate::proto::text::FieldName;
use crate::syntax::{Diag, Word};
use crate::vocab::expr::parse_format;
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "http-error",
    sections: row::PROXIES,
    no: false,
    doc: "http-error status <code> [content-type <type>] [default-errorfiles | errorfile <file> | errorfiles <name> | file \
          <file> | lf-file <file> | string <text> | lf-string <format>] [hdr <name> <format>]…: the answer to send in place \
          of HAProxy's own page for this status.",
    parse,
};

/// What the words said.
#[derive(Default)]
struct Said<'w> {
    status: Option<u16>,
    content_type: Option<&'w Word>,
    /// The word that says where the answer comes from, and its argument.
    source: Option<(&'w Word, &'w Word)>,
    headers: Vec<(&'w Word, &'w Word)>,
}

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    // HAProxy has no space before the colon where it knows no such status.
    let begin =
        |d: &Diag| if d.message.starts_with("status code") { "http-error: " } else { "http-error : " };
    let said = read(words).map_err(|d| Diag { message: format!("{}{}", begin(&d), d.message), ..d })?;
    let Some(status) = said.status else {
        return Err(Diag::alert(
            row::place(words, 1),
            "http-error : expects at least a <status> as arguments.\n",
        ));
    };
    let (what, argument) = match said.source {
        Some((what, argument)) => (what.text(), argument),
        None => ("", &words[0]),
    };
    let ignored = |cx: &mut DirectiveCx<'_>, what: &str, why: &str| {
        cx.warn(words[0].span, format!("{what} ignored by the http reply {why}"));
    };
    if what.starts_with("errorfile") || what == "default-errorfiles" {
        if let Some(kind) = said.content_type {
            ignored(cx, &format!("content-type '{}'", kind.text()), "when used with an erorrfile.");
        }
        if !said.headers.is_empty() {
            ignored(cx, "hdr parameters", "when used with an erorrfile.");
        }
    }
    match what {
        "default-errorfiles" => errorfile::clear(cx, status),
        "errorfiles" => errorfiles::refer(cx, argument, words[0].span, vec![status]),
        "errorfile" => {
            let page = errorfile::read(argument.text())
                .map_err(|inner| Diag::alert(argument.span, format!("http-error : {inner}")))?;
            errorfile::put(cx, status, page);
        }
        _ => {
            let body = body(what, argument)?;
            let mut kind = said.content_type;
            if let Some(word) = kind.filter(|_| what.is_empty()) {
                let text = format!("content-type '{}'", word.text());
                ignored(cx, &text, "because neither errorfile nor payload defined.");
                kind = None;
            }
            if !body.is_empty() && kind.is_none() {
                let text = "http-error : a content type must be defined when non-empty payload is configured";
                return Err(
                    Diag::alert(argument.span, text).help("write `content-type text/plain` before it")
                );
            }
            let page = answer(status, kind.filter(|_| !body.is_empty()), &said.headers, &body)?;
            errorfile::put(cx, status, page);
        }
    }
    Ok(())
}

fn read(words: &[Word]) -> Result<Said<'_>, Diag> {
    let (mut said, mut at) = (Said::default(), 1);
    let alert = |at: usize, text: String| Err(Diag::alert(row::place(words, at), text));
    while let Some(word) = words.get(at) {
        let value = words.get(at + 1).filter(|v| !v.text().is_empty());
        let text = word.text();
        if said.status.is_none() && text != "status" {
            break;
        }
        match (text, value) {
            ("status", None) => {
                return alert(at + 1, "'status' expects <status_code> as argument".to_owned());
            }
            ("status", Some(value)) => said.status = Some(known_status(value)?),
            ("content-type", Some(value)) => said.content_type = Some(value),
            ("content-type", None) => {
                return alert(at + 1, "'content-type' expects <ctype> as argument".to_owned());
            }
            ("hdr", _) => {
                let (Some(name), Some(value)) = (value, words.get(at + 2)) else {
                    return alert(at + 1, "'hdr' expects <name> and <value> as arguments".to_owned());
                };
                said.headers.push((name, value));
                at += 1;
            }
            (
                "default-errorfiles" | "errorfile" | "errorfiles" | "file" | "lf-file" | "string"
                | "lf-string",
                _,
            ) => {
                if let Some((before, _)) = said.source {
                    return alert(
                        at,
                        format!("unexpected '{text}' argument, '{}' already defined", before.text()),
                    );
                }
                let argument = match (text, value) {
                    ("default-errorfiles", _) => {
                        at -= 1;
                        word
                    }
                    (_, Some(value)) => value,
                    (_, None) => {
                        return alert(
                            at + 1,
                            format!("'{text}' expects <{}> as argument", argument_of(text)),
                        );
                    }
                };
                said.source = Some((word, argument));
            }
            _ => return alert(at, format!("unknown keyword '{text}'.")),
        }
        at += 2;
    }
    Ok(said)
}

const fn argument_of(word: &str) -> &'static str {
    match word.as_bytes() {
        b"errorfiles" => "name",
        b"string" => "str",
        b"lf-string" => "fmt",
        _ => "file",
    }
}

fn known_status(word: &Word) -> Result<u16, Diag> {
    let value = leading_int(word.text());
    let known = u16::try_from(value).ok().filter(|s| errorfile::STATUSES.contains(s));
    known.ok_or_else(|| Diag::alert(word.span, errorfile::not_handled(value)))
}

/// The answer's body.
fn body(what: &str, argument: &Word) -> Result<Vec<u8>, Diag> {
    let bytes = match what {
        "" => return Ok(Vec::new()),
        "string" | "lf-string" => argument.bytes().to_vec(),
        _ => std::fs::read(argument.text()).map_err(|_| {
            Diag::alert(argument.span, format!("http-error : error opening file '{}'", argument.text()))
        })?,
    };
    match what {
        "lf-string" | "lf-file" => constant(&Word::new(bytes, argument.span)),
        _ => Ok(bytes),
    }
}

/// The text of a format that does not depend on the request: the page is made once.
fn constant(word: &Word) -> Result<Vec<u8>, Diag> {
    let format =
        parse_format(word).map_err(|d| Diag { message: format!("http-error : {}", d.message), ..d })?;
    match format.constant() {
        Some(text) => Ok(text.to_vec()),
        None => {
            let text =
                "'http-error' with a format that depends on the request: Ringmain does not support this yet";
            Err(Diag::alert(word.span, text).help("write it without `%`, or as `http-request return`"))
        }
    }
}

fn answer(
    status: u16,
    kind: Option<&Word>,
    headers: &[(&Word, &Word)],
    body: &[u8],
) -> Result<Vec<u8>, Diag> {
    let mut answer = Answer::new(status, reason_phrase(status).as_bytes());
    for (name, value) in headers {
        answer = answer.with(&row::field_name(name)?, &constant(value)?);
    }
    answer = answer.length(body.len());
    if let Some(kind) = kind {
        answer = answer.with(&FieldName::CONTENT_TYPE, kind.bytes());
    }
    Ok(answer.end(body))
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{FRONTEND, bench};

    #[test]
    fn the_page_is_written_as_haproxy_writes_it() {
        let page = |line: &str| {
            let draft = bench(FRONTEND, line).ok();
            let page = draft.proxies[0].settings.error_pages.get(403).map(|p| p.to_vec());
            page.map(|p| String::from_utf8(p).unwrap())
        };
        assert_eq!(
            page("http-error status 403 content-type text/plain string no hdr X-A b").unwrap(),
            "HTTP/1.1 403 Forbidden\r\nx-a: b\r\ncontent-length: 2\r\ncontent-type: text/plain\r\n\r\nno"
        );
        assert_eq!(
            page("http-error status 403").unwrap(),
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"
        );
        assert_eq!(page("http-error status 403\nhttp-error status 403 default-errorfiles"), None);
    }

    #[test]
    fn messages_are_haproxys() {
        let says = |line: &str| bench(FRONTEND, &format!("http-error {line}")).says().to_owned();
        for (line, text) in [
            ("", "http-error : expects at least a <status> as arguments.\n"),
            ("foo", "http-error : expects at least a <status> as arguments.\n"),
            ("status", "http-error : 'status' expects <status_code> as argument"),
            (
                "status 503 content-type text/plain",
                "content-type 'text/plain' ignored by the http reply because neither errorfile nor payload defined.",
            ),
            (
                "status 503 string x",
                "http-error : a content type must be defined when non-empty payload is configured",
            ),
            ("status 503 errorfile /nowhere", "http-error : error opening file '/nowhere'."),
            ("status 503 errorfiles", "http-error : 'errorfiles' expects <name> as argument"),
            ("status 503 foo", "http-error : unknown keyword 'foo'."),
            (
                "status 503 string a string b",
                "http-error : unexpected 'string' argument, 'string' already defined",
            ),
            ("status 503 string \"\"", "http-error : 'string' expects <str> as argument"),
            ("status 503 hdr a", "http-error : 'hdr' expects <name> and <value> as arguments"),
            ("status 503 content-type text/plain string a b", "http-error : unknown keyword 'b'."),
        ] {
            assert_eq!(says(line), text, "{line}");
        }
        assert!(says("status 503 content-type a lf-string %[path]").contains("does not support this yet"));
    }
}
