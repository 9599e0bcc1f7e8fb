//! `-m reg`.
use super::{MatchRow, Patterns, Refused};
use crate::rules::acl::Match;
use crate::rules::pattern::Regexes;
use crate::rules::regex::Regex;

/// The row.
pub const ROW: MatchRow = MatchRow {
    name: "reg",
    doc: "One of the regular expressions matches the value.",
    takes: super::TEXTS,
    bare: false,
    make,
};

fn make(patterns: &Patterns<'_>) -> Result<Box<dyn Match>, Refused> {
    let compiled = patterns.words.iter().enumerate().map(|(i, word)| {
        let text = String::from_utf8_lossy(word);
        Regex::new(&text, patterns.ignore_case).map_err(|e| (i, format!("regex '{text}' is invalid ({e})")))
    });
    Ok(Box::new(Regexes(compiled.collect::<Result<_, _>>()?)))
}
