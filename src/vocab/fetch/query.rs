//! `query([with_qm])`: what stands behind the question mark (7.3.6).
use super::{Arg, FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Cx, Fetch};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "query",
    aliases: &[],
    required: 0,
    args: &[Arg::Text],
    out: Kind::Str,
    scope: Scope::Request,
    doc: "The query of the request, without its question mark, or with it where with_qm is given; empty where there is none.",
    make: Make::With(|args| match args.first().map_or("", String::as_str) {
        "" => Ok(Box::new(Query { mark: false })),
        "with_qm" => Ok(Box::new(Query { mark: true })),
        _ => Err("supported options are: with_qm".to_owned()),
    }),
}];

#[derive(Debug)]
struct Query {
    /// The question mark is part of it.
    mark: bool,
}

impl Fetch for Query {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let query = cx.request()?.query().unwrap_or_default();
        Some(Sample::Str(match query {
            [_, ..] if self.mark => Cow::Owned([b"?", query].concat()),
            _ => Cow::Borrowed(query),
        }))
    }
}
