//! `-m bin`.
use super::{MatchRow, Patterns, Refused};
use crate::rules::acl::Match;
use crate::rules::pattern::Exact;

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "bin",
    doc: "The bytes of the value are one of the patterns, which are written in hexadecimal digits.",
    takes: super::TEXTS,
    bare: false,
    make,
};

fn make(patterns: &Patterns<'_>) -> Result<Box<dyn Match>, Refused> {
    let values = patterns.words.iter().enumerate().map(|(i, word)| {
        hex(word).ok_or_else(|| {
            (i, format!("'{}' is not a row of hexadecimal digits", String::from_utf8_lossy(word)))
        })
    });
    Ok(Box::new(Exact::new(false, values.collect::<Result<Vec<_>, _>>()?)))
}

fn hex(word: &[u8]) -> Option<Vec<u8>> {
    if !word.len().is_multiple_of(2) {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    word.chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_come_in_pairs() {
        assert_eq!(hex(b"0aFf"), Some(vec![10, 255]));
        assert_eq!((hex(b"0"), hex(b"zz")), (None, None));
    }
}
