//! `base`: host and path in one (7.3.6).
use super::{FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "base",
    aliases: &[],
    required: 0,
    args: &[],
    out: Kind::Str,
    scope: Scope::Request,
    doc: "The first Host value and the path, without the query, in one text: what a shared-hosting site is found by.",
    make: Make::Plain(base),
}];

fn base<'c>(cx: &'c crate::rules::Cx<'_>) -> Option<Sample<'c>> {
    let req = cx.request()?;
    let path = req.path();
    match req.head.get(b"host") {
        None => Some(Sample::Str(Cow::Borrowed(path))),
        Some(host) => Some(Sample::Str(Cow::Owned([host, path].concat()))),
    }
}
