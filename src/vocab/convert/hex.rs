//! `hex`: hexadecimal digits.
use super::ConvertRow;
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[ConvertRow {
    name: "hex",
    args: (0, 0),
    takes: Kind::Bin,
    gives: Kind::Str,
    doc: "The bytes as hexadecimal digits in upper case.",
    make: |args| super::numbers::<0>(args, |s, _| Some(Sample::Str(Cow::Owned(digits(&super::bytes(s)))))),
}];

fn digits(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]).collect()
}
