//! `req.body`, `req.body_len`: what has arrived of the request's body (7.3.6).
use super::{FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "req.body",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Bin,
        scope: Scope::Request,
        doc: "The bytes of the request body that have arrived.",
        make: Make::Plain(|cx| Some(Sample::Bin(Cow::Borrowed(cx.req_body)))),
    },
    FetchRow {
        name: "req.body_len",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Int,
        scope: Scope::Request,
        doc: "How many bytes of the request body have arrived.",
        make: Make::Plain(|cx| Some(Sample::Int(cx.req_body.len() as i64))),
    },
];
