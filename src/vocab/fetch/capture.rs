//! `capture.req.hdr` and its sisters: what was captured, and the request line as it came (7.3.6).
use super::{Arg, FetchRow, Make, Scope};
use crate::proto::http::Version;
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Cx, Fetch};
use std::borrow::Cow;

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
        make: Make::Plain(|cx| word(cx, 0)),
    },
    FetchRow {
        name: "capture.req.uri",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Exchange,
        doc: "The target of the request as it came.",
        make: Make::Plain(|cx| word(cx, 1)),
    },
    FetchRow {
        name: "capture.req.ver",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Exchange,
        doc: "The version of the request: HTTP/1.0 or HTTP/1.1.",
        make: Make::Plain(|cx| word(cx, 2)),
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
            let version = version.or_else(|| cx.conn.record.look(|r| r.answer_version).flatten())?;
            Some(Sample::Str(Cow::Borrowed(match version {
                Version::Http10 => b"HTTP/1.0",
                Version::Http11 => b"HTTP/1.1",
            })))
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

/// A word of the request line.
fn word<'c>(cx: &'c Cx<'_>, at: usize) -> Option<Sample<'c>> {
    let get = |r: &crate::rules::Record| {
        let line = &r.line;
        let first = memchr::memchr(b' ', line)?;
        let last = memchr::memrchr(b' ', line)?;
        Some(match at {
            0 => line[..first].to_vec(),
            1 => line[first + 1..last.max(first + 1)].to_vec(),
            _ => line[last + 1..].to_vec(),
        })
    };
    Some(Sample::Str(Cow::Owned(cx.conn.record.look(get)??)))
}
