//! `path`, `pathq`: the path of the request (7.3.6).
use super::{FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "path",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Request,
        doc: "The path of the request, from its first slash to before the question mark.",
        make: Make::Plain(|cx| present(cx.request()?.path())),
    },
    FetchRow {
        name: "pathq",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Request,
        doc: "The path of the request with its query.",
        make: Make::Plain(|cx| present(cx.request()?.path_and_query())),
    },
];

/// A target such as `*` or `http://host` has no path.
fn present(path: &[u8]) -> Option<Sample<'_>> {
    (!path.is_empty()).then_some(Sample::Str(Cow::Borrowed(path)))
}
