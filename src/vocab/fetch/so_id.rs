//! `so_id`: the listener (7.3.3).
use super::{FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "so_id",
    aliases: &[],
    required: 0,
    args: &[],
    out: Kind::Int,
    scope: Scope::Any,
    doc: "The numeric id of the listening socket that took the connection.",
    make: Make::Plain(|cx| Some(Sample::Int(i64::from(cx.conn.listener_id)))),
}];
