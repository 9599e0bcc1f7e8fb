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
    doc: "True once nothing more is waited for; rules on a whole head never wait.",
    make: Make::Plain(|_| Some(Sample::Bool(true))),
}];
