//! `word(index,delimiters)`: a part of the text.
use super::ConvertRow;
use crate::rules::sample::Kind;

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[ConvertRow {
    name: "word",
    args: (2, 2),
    takes: Kind::Str,
    gives: Kind::Str,
    doc: "One part of the text between delimiters, empty parts not counted.",
    make: |args| super::field::make(args, true),
}];
