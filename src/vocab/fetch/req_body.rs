//! `req.body`, `req.body_len`, `req.body_size`: what has arrived of the request's body (7.3.6).
use super::{FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "req.body",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Bin,
        scope: Scope::Request,
        doc: "What has arrived of the request's body, without the framing of chunks.",
        make: Make::Plain(|cx| Some(Sample::Bin(cx.body()?.content))),
    },
    FetchRow {
        name: "req.body_len",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Int,
        scope: Scope::Request,
        doc: "How many bytes of the request's body have arrived, without the framing of chunks.",
        make: Make::Plain(|cx| Some(Sample::Int(cx.body()?.content.len() as i64))),
    },
    FetchRow {
        name: "req.body_size",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Int,
        scope: Scope::Request,
        doc: "How long the request's body says that it is: its length, or the chunks that have begun.",
        make: Make::Plain(|cx| {
            let body = cx.body()?;
            Some(Sample::Int((body.content.len() as u64).saturating_add(body.missing) as i64))
        }),
    },
];
