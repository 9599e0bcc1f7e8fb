//! `word(index,delimiters[,count])`: parts of the text.
use super::ConvertRow;
use crate::rules::sample::Kind;

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[ConvertRow {
    name: "word",
    args: (2, 3),
    takes: Kind::Str,
    gives: Kind::Str,
    doc: "A part of the text between delimiters, empty parts not counted; with a count so many in a row, all of them where it \
          is 0.",
    make: |args| super::field::make(args, true),
}];
