//! `http_first_req`: the first request of its connection (7.3.6).
use super::{FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "http_first_req",
    aliases: &[],
    required: 0,
    args: &[],
    out: Kind::Bool,
    scope: Scope::Exchange,
    doc: "Whether the request is the first one on its connection.",
    make: Make::Plain(|cx| Some(Sample::Bool(cx.first_request))),
}];
