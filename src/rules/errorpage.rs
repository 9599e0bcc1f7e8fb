//! The error pages that HAProxy has built in, byte for byte, and the reading of pages from files (`errorfile`).
use crate::proto::h1;
use crate::proto::http::{Body, ResponseHead};
use std::sync::LazyLock;

/// Status, reason, sentence, and whether the page itself asks for the end of the connection.
const PAGES: [(u16, &str, &str, bool); 19] = [
    (200, "OK", "Service ready.", false),
    (400, "Bad request", "Your browser sent an invalid request.", true),
    (401, "Unauthorized", "You need a valid user and password to access this content.", false),
    (403, "Forbidden", "Request forbidden by administrative rules.", false),
    (404, "Not Found", "The resource could not be found.", false),
    (
        405,
        "Method Not Allowed",
        "A request was made of a resource using a request method not supported by that resource",
        false,
    ),
    (407, "Unauthorized", "You need a valid user and password to access this content.", false),
    (408, "Request Time-out", "Your browser didn't send a complete request in time.", true),
    (410, "Gone", "The resource is no longer available and will not be available again.", false),
    (413, "Payload Too Large", "The request entity exceeds the maximum allowed.", false),
    (421, "Misdirected Request", "Request sent to a non-authoritative server.", false),
    (422, "Unprocessable Content", "The server cannot process the contained instructions.", false),
    (425, "Too Early", "Your browser sent early data.", false),
    (429, "Too Many Requests", "You have sent too many requests in a given amount of time.", false),
    (500, "Internal Server Error", "An internal server error occurred.", false),
    // The stray dot is HAProxy's.
    (
        501,
        "Not Implemented",
        ".The server does not support the functionality required to fulfill the request.",
        false,
    ),
    (502, "Bad Gateway", "The server returned an invalid or incomplete response.", false),
    (503, "Service Unavailable", "No server is available to handle this request.", false),
    (504, "Gateway Time-out", "The server didn't respond in time.", false),
];

static BUILT: LazyLock<Vec<(u16, Vec<u8>)>> = LazyLock::new(|| {
    PAGES
        .iter()
        .map(|&(status, reason, sentence, close)| {
            let heading = if status == 200 { "200 OK".to_owned() } else { format!("{status} {reason}") };
            let body = format!("<html><body><h1>{heading}</h1>\n{sentence}\n</body></html>\n");
            let close = if close { "Connection: close\r\n" } else { "" };
            let page = format!(
                "HTTP/1.1 {status} {reason}\r\nContent-length: {}\r\nCache-Control: no-cache\r\n{close}\
                 Content-Type: text/html\r\n\r\n{body}",
                body.len()
            );
            (status, page.into_bytes())
        })
        .collect()
});

/// The statuses that have a page: those that `errorfile` and `deny_status` may name.
#[must_use]
pub fn has_page(status: u16) -> bool {
    PAGES.iter().any(|p| p.0 == status)
}

/// The whole built-in answer for a status; that of 500 for a status without one.
#[must_use]
pub fn default_page(status: u16) -> &'static [u8] {
    let find = |s: u16| BUILT.iter().find(|p| p.0 == s).map(|p| p.1.as_slice());
    find(status).or_else(|| find(500)).unwrap_or_default()
}

/// Whether a stored answer asks for the end of the connection.
#[must_use]
pub fn says_close(page: &[u8]) -> bool {
    let head = &page[..memchr::memmem::find(page, b"\r\n\r\n").unwrap_or(page.len())];
    head.split(|&b| b == b'\n').any(|line| {
        let line = line.trim_ascii();
        line.len() >= 11
            && line[..11].eq_ignore_ascii_case(b"connection:")
            && line[11..].trim_ascii().eq_ignore_ascii_case(b"close")
    })
}

/// Checks the content of an `errorfile` and brings it into the form in which it is sent: line ends made whole, and its length
/// in place of what the file says, which has to agree.
///
/// # Errors
/// What is wrong, in words for the configuration's error.
pub fn load_errorfile(bytes: &[u8]) -> Result<Vec<u8>, String> {
    if bytes.is_empty() {
        // `errorfile 408 /dev/null` silences the answer.
        return Ok(Vec::new());
    }
    let (head, body) = split_head(bytes);
    let mut lines = head.split(|&b| b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l));
    let status_line = lines.next().unwrap_or_default();
    let mut out = status_line.to_vec();
    out.extend_from_slice(b"\r\n");
    for line in lines.filter(|l| !l.is_empty()) {
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
    }
    let fields_end = out.len();
    out.extend_from_slice(b"\r\n");
    let limits = h1::Limits { max_head: usize::MAX, ..h1::Limits::default() };
    let mut answer = ResponseHead::default();
    match h1::parse_response(&out, &limits, &h1::RequestKind::default(), &mut answer) {
        Ok(h1::Parsed::Complete { consumed }) if consumed == out.len() => {}
        Ok(_) => return Err("unable to parse headers (no HTTP/1.x answer)".to_owned()),
        Err(e) => return Err(format!("unable to parse headers (error offset: {}, {})", e.at, e.kind.text())),
    }
    match answer.body {
        Body::Chunked => return Err("chunk-encoded payload not supported.".to_owned()),
        Body::None if !body.is_empty() => return Err("message payload not expected.".to_owned()),
        Body::Length(n) if n != body.len() as u64 => {
            return Err(format!(
                "content-length is {n}, but the file has {} bytes behind the empty line",
                body.len()
            ));
        }
        _ => {}
    }
    out.truncate(fields_end);
    if h1::has_no_content(answer.status) {
        out = without_length(&out);
    } else if answer.body == Body::UntilClose {
        out.extend_from_slice(format!("Content-length: {}\r\n", body.len()).as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
    Ok(out)
}

/// A head without its length: there is no content.
fn without_length(head: &[u8]) -> Vec<u8> {
    let says_length =
        |line: &&[u8]| line.get(..15).is_some_and(|name| name.eq_ignore_ascii_case(b"content-length:"));
    head.split_inclusive(|&b| b == b'\n').filter(|line| !says_length(line)).collect::<Vec<_>>().concat()
}

/// Head and body, divided by the first empty line; both kinds of line ends are known.
fn split_head(bytes: &[u8]) -> (&[u8], &[u8]) {
    let whole = memchr::memmem::find(bytes, b"\r\n\r\n").map(|at| (at, 4));
    let bare = memchr::memmem::find(bytes, b"\n\n").map(|at| (at, 2));
    match whole.into_iter().chain(bare).min() {
        Some((at, len)) => (&bytes[..at], &bytes[at + len..]),
        None => (bytes, b""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_haproxys_lengths() {
        for (status, length) in [(400, 90), (405, 146), (408, 110), (501, 136), (503, 107), (504, 92)] {
            let page = String::from_utf8_lossy(default_page(status));
            assert!(page.contains(&format!("Content-length: {length}\r\n")), "{page}");
            assert_eq!(says_close(default_page(status)), status == 400 || status == 408);
        }
        assert_eq!(default_page(599), default_page(500));
    }

    #[test]
    fn files_with_bare_line_feeds_are_made_whole() {
        let page = load_errorfile(b"HTTP/1.0 503 Down\nConnection: Close\n\n<b>no</b>\n").unwrap();
        assert_eq!(page, b"HTTP/1.0 503 Down\r\nConnection: Close\r\nContent-length: 10\r\n\r\n<b>no</b>\n");
        assert!(says_close(&page));
        assert!(load_errorfile(b"<html>").is_err());
        for (page, says) in [
            (&b"HTTP/1.1 503 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"[..], "chunk-encoded"),
            (b"HTTP/1.1 204 X\r\n\r\nabc", "payload not expected"),
            (b"HTTP/1.1 503 X\r\nX A: b\r\n\r\n", "error offset: 17"),
            (b"HTTP/1.1 503 X\r\nno colon\r\n\r\n", "unable to parse"),
            (b"HTTP/1.1 503 X\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", "unable to parse"),
        ] {
            let error = load_errorfile(page).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
        let page = load_errorfile(b"HTTP/1.1 204 X\r\nContent-Length: 0\r\nA: b\r\n\r\n").unwrap();
        assert_eq!(page, b"HTTP/1.1 204 X\r\nA: b\r\n\r\n");
        assert!(
            load_errorfile(b"HTTP/1.0 503 Down\r\nContent-Length: 3\r\n\r\nno").unwrap_err().contains('3')
        );
    }
}
