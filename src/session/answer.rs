//! Answers that the proxy gives by itself.
use crate::plan::ErrorPages;
use crate::rules::errorpage;

/// Writes the error page of `status` as HAProxy's HTTP layer does: names in lower case, no connection words of its own,
/// then ours. The first list that has one wins: the backend's.
pub fn error_page(pages: [Option<&ErrorPages>; 2], status: u16, connection: Option<&str>, out: &mut Vec<u8>) {
    let raw = raw_page(pages, status);
    write(raw, connection, false, out);
}

/// Writes a whole stored answer with another `connection` header. `no_body`: the request was a HEAD.
pub fn write(raw: &[u8], connection: Option<&str>, no_body: bool, out: &mut Vec<u8>) {
    let (head, body) = match memchr::memmem::find(raw, b"\r\n\r\n") {
        Some(at) => (&raw[..at], &raw[at + 4..]),
        None => (raw, &b""[..]),
    };
    for (i, line) in head.split(|&b| b == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if i == 0 {
            out.extend_from_slice(line);
        } else {
            let Some(colon) = memchr::memchr(b':', line) else { continue };
            if line[..colon].eq_ignore_ascii_case(b"connection") {
                continue;
            }
            out.extend(line[..colon].iter().map(u8::to_ascii_lowercase));
            out.extend_from_slice(&line[colon..]);
        }
        out.extend_from_slice(b"\r\n");
    }
    if let Some(connection) = connection {
        out.extend_from_slice(b"connection: ");
        out.extend_from_slice(connection.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    if !no_body {
        out.extend_from_slice(body);
    }
}

/// The page as it is stored: what HAProxy sends when the request itself could not be read.
pub fn raw_page(pages: [Option<&ErrorPages>; 2], status: u16) -> &[u8] {
    pages
        .into_iter()
        .flatten()
        .find_map(|p| p.get(status))
        .map_or_else(|| errorpage::default_page(status), |page| &page[..])
}

/// `monitor-uri`'s answer.
pub const MONITOR_OK: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-length: 58\r\ncache-control: no-cache\r\ncontent-type: text/html\r\n\r\n\
<html><body><h1>200 OK</h1>\nService ready.\n</body></html>\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_page_gets_our_connection_word() {
        let mut out = Vec::new();
        write(
            b"HTTP/1.1 503 Down\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
            Some("keep-alive"),
            false,
            &mut out,
        );
        assert_eq!(out, b"HTTP/1.1 503 Down\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nno");
        out.clear();
        write(MONITOR_OK, None, true, &mut out);
        assert!(out.ends_with(b"text/html\r\n\r\n"));
    }

    #[test]
    fn the_monitor_page_has_the_length_it_says() {
        let at = memchr::memmem::find(MONITOR_OK, b"\r\n\r\n").unwrap();
        assert_eq!(MONITOR_OK.len() - at - 4, 58);
    }
}
