//! `bool`, `not`: truth values.
use super::ConvertRow;
use crate::rules::sample::{Kind, Sample};

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[
    ConvertRow {
        name: "bool",
        args: (0, 0),
        takes: Kind::Int,
        gives: Kind::Bool,
        doc: "True where the value is not zero.",
        make: |args| super::numbers::<0>(args, |s, _| Some(Sample::Bool(s.as_int()? != 0))),
    },
    ConvertRow {
        name: "not",
        args: (0, 0),
        takes: Kind::Int,
        gives: Kind::Bool,
        doc: "True where the value is zero.",
        make: |args| super::numbers::<0>(args, |s, _| Some(Sample::Bool(s.as_int()? == 0))),
    },
];
