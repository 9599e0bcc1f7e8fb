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
    make: Make::Plain(|cx| Some(Sample::Method(Cow::Borrowed(cx.request()?.method())))),
}];
