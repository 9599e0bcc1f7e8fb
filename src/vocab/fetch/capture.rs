//! `capture.req.hdr` and its sisters: what was captured, and the request line as it came (7.3.6).
use super::{Arg, FetchRow, Make, Scope};
use crate::proto::http::Version;
use crate::rules::sample::{Kind, Names, Sample};
use crate::rules::{Cx, Fetch};
use std::borrow::Cow;
use std::fmt;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "capture.req.hdr",
        aliases: &[],
        required: 1,
        args: &[Arg::Int],
        out: Kind::Str,
        scope: Scope::Exchange,
        doc: "What was captured of the request at this place; 0 is the first.",
        make: Make::With(|args| place(args, false)),
    },
    FetchRow {
        name: "capture.req.method",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Exchange,
        doc: "The method of the request as it came.",
        make: Make::With(|_| Ok(Box::new(Line { piece: method }))),
    },
    FetchRow {
        name: "capture.req.uri",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Exchange,
        doc: "The path and the query of the request as it came.",
        make: Make::With(|_| Ok(Box::new(Line { piece: path }))),
    },
    FetchRow {
        name: "capture.req.ver",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Exchange,
        doc: "The version of the request: HTTP/1.0 or HTTP/1.1.",
        make: Make::Plain(|cx| {
            let version = cx.request().map(|r| r.version);
            Some(name(version.or_else(|| cx.conn.record.look(|r| r.version).flatten())?))
        }),
    },
    FetchRow {
        name: "capture.res.hdr",
        aliases: &[],
        required: 1,
        args: &[Arg::Int],
        out: Kind::Str,
        scope: Scope::Outcome,
        doc: "What was captured of the answer at this place; 0 is the first.",
        make: Make::With(|args| place(args, true)),
    },
    FetchRow {
        name: "capture.res.ver",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Exchange,
        doc: "The version of the answer: HTTP/1.0 or HTTP/1.1.",
        make: Make::Plain(|cx| {
            let version = cx.response().map(|r| r.version);
            Some(name(version.or_else(|| cx.conn.record.look(|r| r.answer_version).flatten())?))
        }),
    },
];

#[derive(Debug)]
struct Place {
    at: usize,
    response: bool,
}

fn place(args: &[String], response: bool) -> Result<Box<dyn Fetch>, String> {
    let at = args[0].parse().map_err(|_| "a place is a number from 0 on".to_owned())?;
    Ok(Box::new(Place { at, response }))
}

impl Fetch for Place {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let get = |r: &crate::rules::Record| {
            let texts = if self.response { &r.response_captures } else { &r.request_captures };
            texts.get(self.at).map(<[u8]>::to_vec)
        };
        Some(Sample::Str(Cow::Owned(cx.conn.record.look(get)??)))
    }
}

/// A piece of the request line as it came. Rules change the request: only its record has it.
struct Line {
    piece: fn(&[u8]) -> Option<&[u8]>,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl Fetch for Line {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let get = |r: &crate::rules::Record| (self.piece)(&r.line).map(<[u8]>::to_vec);
        Some(Sample::Str(Cow::Owned(cx.conn.record.look(get)??)))
    }

    fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        names.reads_record();
        Ok(())
    }
}

fn method(line: &[u8]) -> Option<&[u8]> {
    Some(&line[..memchr::memchr(b' ', line)?])
}

/// From the first slash behind the authority on. A line that was cut has no version.
fn path(line: &[u8]) -> Option<&[u8]> {
    let rest = &line[memchr::memchr(b' ', line)? + 1..];
    let target = &rest[..memchr::memchr(b' ', rest).unwrap_or(rest.len())];
    if target.starts_with(b"/") {
        return Some(target);
    }
    let authority = &target[memchr::memmem::find(target, b"://")? + 3..];
    Some(memchr::memchr(b'/', authority).map_or(b"/", |slash| &authority[slash..]))
}

fn name(version: Version) -> Sample<'static> {
    Sample::Str(Cow::Borrowed(match version {
        Version::Http10 => b"HTTP/1.0",
        Version::Http11 => b"HTTP/1.1",
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_line() {
        let of = |line: &'static str| (method(line.as_bytes()), path(line.as_bytes()));
        let some = |text: &'static str| Some(text.as_bytes());
        assert_eq!(of("GET /a?b=c HTTP/1.1"), (some("GET"), some("/a?b=c")));
        assert_eq!(of("GET http://h/a?b HTTP/1.1"), (some("GET"), some("/a?b")));
        assert_eq!(of("GET http://h HTTP/1.1"), (some("GET"), some("/")));
        assert_eq!(of("GET /cut"), (some("GET"), some("/cut")));
        assert_eq!(of("OPTIONS * HTTP/1.1"), (some("OPTIONS"), None));
        assert_eq!(of("CONNECT h:443 HTTP/1.1"), (some("CONNECT"), None));
        assert_eq!(of(""), (None, None));
    }
}
