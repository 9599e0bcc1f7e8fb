//! `queue`: waiting requests (7.3.2).
use super::{Arg, FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "queue",
    aliases: &[],
    required: 0,
    args: &[Arg::Backend],
    out: Kind::Int,
    scope: Scope::Any,
    doc: "How many requests wait in the queues of a backend.",
    make: Make::With(|args| {
        Ok(super::of_backend(args, |cx, id| Some(Sample::Int(cx.facts.backend_queued(id) as i64))))
    }),
}];
