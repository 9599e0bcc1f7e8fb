//! `base64`, `b64dec`: RFC 4648, section 4.
use super::ConvertRow;
use crate::base::base64::{decode, encode};
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[
    ConvertRow {
        name: "b64dec",
        args: (0, 0),
        takes: Kind::Str,
        gives: Kind::Bin,
        doc: "The bytes that base64 text stands for; nothing where it is broken.",
        make: |args| {
            super::numbers::<0>(args, |s, _| Some(Sample::Bin(Cow::Owned(decode(&super::text(s))?))))
        },
    },
    ConvertRow {
        name: "base64",
        args: (0, 0),
        takes: Kind::Bin,
        gives: Kind::Str,
        doc: "The bytes as base64 text.",
        make: |args| {
            super::numbers::<0>(args, |s, _| Some(Sample::Str(Cow::Owned(encode(&super::bytes(s))))))
        },
    },
];
