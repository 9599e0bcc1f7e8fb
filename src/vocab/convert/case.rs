//! `lower`, `upper`: the case of ASCII letters.
use super::ConvertRow;
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[
    ConvertRow {
        name: "lower",
        args: (0, 0),
        takes: Kind::Str,
        gives: Kind::Str,
        doc: "The text in lower case.",
        make: |args| {
            super::numbers::<0>(args, |s, _| {
                Some(Sample::Str(Cow::Owned(super::text(s).to_ascii_lowercase())))
            })
        },
    },
    ConvertRow {
        name: "upper",
        args: (0, 0),
        takes: Kind::Str,
        gives: Kind::Str,
        doc: "The text in upper case.",
        make: |args| {
            super::numbers::<0>(args, |s, _| {
                Some(Sample::Str(Cow::Owned(super::text(s).to_ascii_uppercase())))
            })
        },
    },
];
