//! `query`: what stands behind the question mark (7.3.6).
use super::{FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "query",
    aliases: &[],
    required: 0,
    args: &[],
    out: Kind::Str,
    scope: Scope::Request,
    doc: "The query of the request, without its question mark; empty where there is none.",
    make: Make::Plain(|cx| Some(Sample::Str(Cow::Borrowed(cx.request()?.query().unwrap_or_default())))),
}];
