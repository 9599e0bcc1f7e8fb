//! `nbsrv`: usable servers (7.3.2).
use super::{Arg, FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "nbsrv",
    aliases: &[],
    required: 0,
    args: &[Arg::Backend],
    out: Kind::Int,
    scope: Scope::Any,
    doc: "How many servers of a backend can take requests now.",
    make: Make::With(|args| {
        Ok(super::of_backend(args, |cx, id| Some(Sample::Int(i64::from(cx.facts.usable_servers(id))))))
    }),
}];
