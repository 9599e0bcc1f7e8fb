//! `wait_end`: the end of the inspection (7.3.5).
use super::{FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "wait_end",
    aliases: &[],
    required: 0,
    args: &[],
    out: Kind::Bool,
    scope: Scope::Any,
    doc: "True once nothing more is waited for: at the end of the inspection.",
    make: Make::Plain(|cx| {
        if cx.conn.inspect.is_open() {
            cx.conn.inspect.may_change();
            return None;
        }
        Some(Sample::Bool(true))
    }),
}];
