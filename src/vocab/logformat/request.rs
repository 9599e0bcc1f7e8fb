//! The request line and its pieces: as the record has it, else as the request is now.
use crate::proto::http::Version;
use crate::rules::format::{Encoding, Style, message};
use crate::rules::{Cx, Record};

/// What stands for a request that could not be read.
const BAD: &[u8] = b"<BADREQ>";

fn quoted(style: Style, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let quote = style.has(Style::QUOTE);
    if quote {
        out.push(b'"');
    }
    write(out);
    if quote {
        out.push(b'"');
    }
}

/// Writes the piece of the request line that `pick` chooses.
fn piece(
    cx: &Cx<'_>,
    r: Option<&Record>,
    style: Style,
    out: &mut Vec<u8>,
    pick: impl Fn(&[u8]) -> Option<&[u8]>,
) {
    quoted(style, out, |out| {
        let write = |line: &[u8], out: &mut Vec<u8>| {
            message(out, style, Encoding::Line, pick(line).unwrap_or(BAD));
        };
        match (r, cx.request()) {
            (Some(record), _) if !record.line.is_empty() => write(&record.line, out),
            (None, Some(request)) => {
                let line = [request.method(), b" ", request.uri(), b" ", name(request.version)].concat();
                write(&line, out);
            }
            _ => write(BAD, out),
        }
    });
}

/// The version's name.
pub fn name(version: Version) -> &'static [u8] {
    match version {
        Version::Http10 => b"HTTP/1.0",
        Version::Http11 => b"HTTP/1.1",
    }
}

/// The words of a request line.
fn words(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let first = memchr::memchr(b' ', line)?;
    let rest = &line[first + 1..];
    let second = memchr::memrchr(b' ', rest);
    let (uri, version) = second.map_or((rest, &b""[..]), |at| (&rest[..at], &rest[at + 1..]));
    Some((&line[..first], uri, version))
}

pub fn line(cx: &Cx<'_>, r: Option<&Record>, style: Style, out: &mut Vec<u8>) {
    piece(cx, r, style, out, |line| Some(line));
}

pub fn method(cx: &Cx<'_>, r: Option<&Record>, style: Style, out: &mut Vec<u8>) {
    piece(cx, r, style, out, |line| words(line).map(|w| w.0));
}

pub fn target(cx: &Cx<'_>, r: Option<&Record>, style: Style, out: &mut Vec<u8>) {
    piece(cx, r, style, out, |line| words(line).map(|w| w.1));
}

pub fn version(cx: &Cx<'_>, r: Option<&Record>, style: Style, out: &mut Vec<u8>) {
    // A line that was cut has none (`tune.http.logurilen`).
    piece(cx, r, style, out, |line| words(line).map(|w| if w.2.is_empty() { b"HTTP/0.9" } else { w.2 }));
}

/// A target up to its query.
fn before_query(target: &[u8]) -> &[u8] {
    &target[..memchr::memchr(b'?', target).unwrap_or(target.len())]
}

pub fn path(cx: &Cx<'_>, r: Option<&Record>, style: Style, out: &mut Vec<u8>) {
    piece(cx, r, style, out, |line| words(line).map(|w| before_query(w.1)));
}

pub fn path_only(cx: &Cx<'_>, r: Option<&Record>, style: Style, out: &mut Vec<u8>) {
    piece(cx, r, style, out, |line| {
        let target = before_query(words(line)?.1);
        if target.starts_with(b"/") {
            return Some(target);
        }
        // Neither `*` nor an authority alone has one.
        let rest = memchr::memmem::find(target, b"://").map(|at| &target[at + 3..]);
        Some(rest.map_or(b"", |rest| memchr::memchr(b'/', rest).map_or(b"/", |slash| &rest[slash..])))
    });
}

pub fn query(cx: &Cx<'_>, r: Option<&Record>, style: Style, out: &mut Vec<u8>) {
    piece(cx, r, style, out, |line| {
        let target = words(line)?.1;
        Some(memchr::memchr(b'?', target).map_or(&b""[..], |at| &target[at..]))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_three_words() {
        assert_eq!(words(b"GET /a?b HTTP/1.1"), Some((&b"GET"[..], &b"/a?b"[..], &b"HTTP/1.1"[..])));
        assert_eq!(words(b"<BADREQ>"), None);
        assert_eq!(before_query(b"/a?b?c"), b"/a");
    }
}
