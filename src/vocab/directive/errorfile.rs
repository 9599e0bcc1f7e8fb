//! `errorfile` (manual 4.2).
use crate::proto::h1::{Limits, Parsed, RequestKind, parse_response};
use crate::proto::http::{Body, ResponseHead};
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use std::sync::Arc;

pub const ROW: DirectiveRow = DirectiveRow {
    name: "errorfile",
    sections: row::PROXIES,
    no: false,
    doc: "errorfile <code> <file>: the whole HTTP answer to send in place of HAProxy's own page for this status.",
    parse,
};

/// The statuses HAProxy has pages for.
pub const STATUSES: [u16; 19] =
    [200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 421, 422, 425, 429, 500, 501, 502, 503, 504];

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if words.len() < 3 {
        let text = "errorfile : expects <status_code> and <file> as arguments.\n";
        return Err(
            Diag::alert(row::place(words, words.len()), text).help("write `errorfile 503 /etc/503.http`")
        );
    }
    let status = status(words).map_err(|d| Diag { message: format!("errorfile : {}", d.message), ..d })?;
    let page =
        read(words[2].text()).map_err(|inner| Diag::alert(words[2].span, format!("errorfile : {inner}")))?;
    put(cx, status, page);
    Ok(())
}

/// The status of the first argument, one that has pages.
pub fn status(words: &[Word]) -> Result<u16, Diag> {
    let value = crate::base::units::leading_int(row::text(words, 1));
    let known = u16::try_from(value).ok().filter(|s| STATUSES.contains(s));
    known.ok_or_else(|| {
        let list: Vec<String> = STATUSES.iter().map(ToString::to_string).collect();
        Diag::alert(row::place(words, 1), format!("status code '{value}' not handled."))
            .help(format!("one of {}", list.join(", ")))
    })
}

/// The last page of a status wins.
pub fn put(cx: &mut DirectiveCx<'_>, status: u16, page: Vec<u8>) {
    let pages = &mut cx.proxy().settings.error_pages.pages;
    pages.retain(|(s, _)| *s != status);
    pages.push((status, Arc::from(page)));
}

/// Reads a page and checks that it is an HTTP/1 answer whose body is as long as it says.
fn read(path: &str) -> Result<Vec<u8>, String> {
    let limit = crate::base::limits::BUFSIZE;
    let page = std::fs::read(path).map_err(|_| format!("error opening file '{path}'."))?;
    if page.len() > limit {
        return Err(format!("file '{path}' exceeds the buffer size ({limit} bytes)."));
    }
    if page.is_empty() {
        return Ok(page);
    }
    let (page, head) = with_crlf(&page);
    check(&page, head).map_err(|inner| format!("'{path}': invalid error message: {inner}"))?;
    Ok(page)
}

/// The page with its head's lines ended by CR LF, as HAProxy sends it, and the length of that head.
fn with_crlf(page: &[u8]) -> (Vec<u8>, usize) {
    let mut out = Vec::with_capacity(page.len() + 64);
    let mut rest = page;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
        rest = &rest[end + 1..];
        if line.is_empty() {
            break;
        }
    }
    let head = out.len();
    out.extend_from_slice(rest);
    (out, head)
}

fn check(page: &[u8], head: usize) -> Result<(), String> {
    let mut answer = ResponseHead::default();
    let kind = RequestKind { head: false, connect: false, upgrade: false, websocket: false };
    match parse_response(&page[..head], &Limits::default(), &kind, &mut answer) {
        Ok(Parsed::Complete { .. }) => {}
        Ok(Parsed::Partial) => return Err("unable to parse headers (the empty line is missing)".to_owned()),
        Err(e) => return Err(format!("unable to parse headers ({e:?})")),
    }
    match answer.body {
        Body::Length(n) if n != (page.len() - head) as u64 => {
            Err(format!("content-length says {n}, but {} bytes follow", page.len() - head))
        }
        Body::Chunked => Err("a page can't be chunked".to_owned()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn pages_are_read_and_checked() {
        let dir = std::env::temp_dir().join(format!("ringmain-errorfile-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let line = |name: &str, text: &[u8]| {
            let file = dir.join(name);
            std::fs::write(&file, text).unwrap();
            bench(BACKEND, &format!("errorfile 503 {}", file.display()))
        };
        let page = b"HTTP/1.0 503 Gone\r\nCache-Control: no-cache\r\n\r\n<h1>x</h1>";
        assert_eq!(&**line("good", page).ok().proxies[0].settings.error_pages.get(503).unwrap(), page);
        assert!(line("empty", b"").diags.is_empty(), "an empty file sends nothing");
        assert!(line("bad", b"hello").says().contains("invalid error message"));
        assert!(
            line("long", b"HTTP/1.1 503 X\r\nContent-Length: 5\r\n\r\nx").says().contains("says 5, but 1")
        );
        std::fs::remove_dir_all(&dir).unwrap();
        let says = |line: &str| bench(BACKEND, line).says().to_owned();
        assert_eq!(says("errorfile 503 /no/such/file"), "errorfile : error opening file '/no/such/file'.");
        assert_eq!(says("errorfile 299 /dev/null"), "errorfile : status code '299' not handled.");
        assert_eq!(says("errorfile 503"), "errorfile : expects <status_code> and <file> as arguments.\n");
    }
}
