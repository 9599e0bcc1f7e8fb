//! `req.ver`, `res.ver`, `req.proto_http`: protocol versions (7.3.5, 7.3.6).
use super::{FetchRow, Make, Scope};
use crate::proto::http::Version;
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "req.proto_http",
        aliases: &["req_proto_http"],
        required: 0,
        args: &[],
        out: Kind::Bool,
        scope: Scope::Exchange,
        doc: "Whether the request could be read as HTTP.",
        make: Make::Plain(|cx| cx.request().map(|_| Sample::Bool(true))),
    },
    FetchRow {
        name: "req.ver",
        aliases: &["req_ver"],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Request,
        doc: "The version of the request: 1.0 or 1.1.",
        make: Make::Plain(|cx| Some(text(cx.request()?.version))),
    },
    FetchRow {
        name: "res.ver",
        aliases: &["resp_ver"],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Response,
        doc: "The version of the answer: 1.0 or 1.1.",
        make: Make::Plain(|cx| Some(text(cx.response()?.version))),
    },
];

fn text(version: Version) -> Sample<'static> {
    Sample::Str(Cow::Borrowed(match version {
        Version::Http10 => b"1.0",
        Version::Http11 => b"1.1",
    }))
}
