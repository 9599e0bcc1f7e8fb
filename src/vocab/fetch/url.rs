//! `url`, `url_ip`, `url_port`: the request target (7.3.6).
use super::{FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "url",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Request,
        doc: "The request target as it came, an absolute one with its scheme and host.",
        make: Make::Plain(|cx| Some(Sample::Str(Cow::Borrowed(cx.request()?.uri())))),
    },
    FetchRow {
        name: "url_ip",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Addr,
        scope: Scope::Request,
        doc: "The address in an absolute request target.",
        make: Make::Plain(|cx| super::addr_of(authority(cx)?).map(Sample::Addr)),
    },
    FetchRow {
        name: "url_port",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Int,
        scope: Scope::Request,
        doc: "The port in an absolute request target; 80 where it has none.",
        make: Make::Plain(|cx| Some(Sample::Int(port(authority(cx)?)))),
    },
];

fn authority<'c>(cx: &'c crate::rules::Cx<'_>) -> Option<&'c [u8]> {
    let uri = cx.request()?.uri();
    let at = memchr::memmem::find(uri, b"://")? + 3;
    let rest = &uri[at..];
    Some(&rest[..rest.iter().position(|b| matches!(b, b'/' | b'?')).unwrap_or(rest.len())])
}

fn port(authority: &[u8]) -> i64 {
    let text = std::str::from_utf8(authority).unwrap_or_default();
    text.rsplit_once(':').and_then(|(_, p)| p.parse().ok()).unwrap_or(80)
}
