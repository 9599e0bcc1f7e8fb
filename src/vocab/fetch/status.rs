//! `status`: the answer's status (7.3.6).
use super::{FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "status",
    aliases: &[],
    required: 0,
    args: &[],
    out: Kind::Int,
    scope: Scope::Outcome,
    doc: "The status of the answer.",
    make: Make::Plain(|cx| {
        let answer = cx.response().map(|r| i32::from(r.status));
        let status = answer.or_else(|| cx.conn.record.look(|r| r.status).filter(|s| *s > 0))?;
        Some(Sample::Int(i64::from(status)))
    }),
}];
