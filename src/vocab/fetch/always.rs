//! `always_true`, `always_false`: constants for tests and templates (7.3.2).
use super::{FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "always_false",
        aliases: &["false"],
        required: 0,
        args: &[],
        out: Kind::Bool,
        scope: Scope::Any,
        doc: "Always false; an ACL on it is never satisfied.",
        make: Make::Plain(|_| Some(Sample::Bool(false))),
    },
    FetchRow {
        name: "always_true",
        aliases: &["true"],
        required: 0,
        args: &[],
        out: Kind::Bool,
        scope: Scope::Any,
        doc: "Always true; an ACL on it is always satisfied.",
        make: Make::Plain(|_| Some(Sample::Bool(true))),
    },
];
