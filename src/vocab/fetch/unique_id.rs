//! `unique-id` (7.3.3).
use super::{FetchRow, Make, Scope};
use crate::rules::record;
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "unique-id",
    aliases: &[],
    required: 0,
    args: &[],
    out: Kind::Str,
    scope: Scope::Any,
    doc: "The request's id by `unique-id-format`, made when it is first asked for.",
    make: Make::Plain(|cx| Some(Sample::Str(Cow::Owned(record::unique_id(cx)?)))),
}];
