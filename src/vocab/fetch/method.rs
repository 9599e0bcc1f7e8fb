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
    scope: Scope::Exchange,
    doc: "The method of the request as it came, compared with its case. One that HAProxy has no number for is read where it stands, so that `set-method` shows.",
    make: Make::Plain(|cx| {
        if let Some(request) = cx.request() {
            let received = request.received_method();
            let method = if WELL_KNOWN.contains(&received) { received } else { request.method() };
            return Some(Sample::Method(Cow::Borrowed(method)));
        }
        let of_line = |r: &crate::rules::Record| Some(r.line[..memchr::memchr(b' ', &r.line)?].to_vec());
        Some(Sample::Method(Cow::Owned(cx.conn.record.look(of_line)??)))
    }),
}];

/// HAProxy gives these a number when the request comes, and `set-method` leaves that as it is.
const WELL_KNOWN: [&[u8]; 8] =
    [b"OPTIONS", b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"TRACE", b"CONNECT"];
