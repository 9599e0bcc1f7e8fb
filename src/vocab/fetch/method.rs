//! `method`: the request's method (7.3.6).
use super::{FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "method",
    aliases: &[],
    required: 0,
    args: &[],
    out: Kind::Method,
    scope: Scope::Request,
    doc: "The method of the request, compared with its case.",
    make: Make::Plain(|cx| {
        if let Some(request) = cx.request() {
            return Some(Sample::Method(Cow::Borrowed(request.method())));
        }
        let of_line = |r: &crate::rules::Record| Some(r.line[..memchr::memchr(b' ', &r.line)?].to_vec());
        Some(Sample::Method(Cow::Owned(cx.conn.record.look(of_line)??)))
    }),
}];
