//! `field(index,delimiters[,count])`: parts of the text.
use super::ConvertRow;
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Convert, Cx};
use std::ops::Range;

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[ConvertRow {
    name: "field",
    args: (2, 3),
    takes: Kind::Str,
    gives: Kind::Str,
    doc: "A part of the text between delimiters, counted from 1, or from the end where negative; with a count so many parts in a \
          row and what stands between them, all of them where it is 0.",
    make: |args| make(args, false),
}];

#[derive(Debug)]
struct Part {
    index: i64,
    /// How many parts; `None`: all from there on.
    count: Option<usize>,
    delimiters: Vec<u8>,
    skip_empty: bool,
}

/// One part; `skip_empty`: empty ones are not counted.
pub(super) fn make(args: &[String], skip_empty: bool) -> Result<Box<dyn Convert>, String> {
    let index = super::integer(&args[0]).ok_or_else(|| format!("'{}' is not a number", args[0]))?;
    if index == 0 {
        return Err("the index is not 0: parts are counted from 1".to_owned());
    }
    if args[1].is_empty() {
        return Err("Empty separators list".to_owned());
    }
    let count = super::optional_integer(args, 2)?.unwrap_or(1);
    let count = usize::try_from(count).ok().filter(|&count| count > 0);
    Ok(Box::new(Part { index, count, delimiters: args[1].clone().into_bytes(), skip_empty }))
}

impl Part {
    /// Where the parts lie. Where there are fewer than the count asks for, the text's end is theirs, delimiters and all.
    fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        let mut parts = Vec::new();
        let mut start = 0;
        for end in (0..=text.len()).filter(|&i| i == text.len() || self.delimiters.contains(&text[i])) {
            if !(self.skip_empty && start == end) {
                parts.push(start..end);
            }
            start = end + 1;
        }
        // The part's place, seen from the end that the index counts from.
        let at = usize::try_from(self.index.unsigned_abs()).ok()? - 1;
        let last = self.count.and_then(|count| at.checked_add(count - 1));
        if self.index > 0 {
            let end = last.and_then(|last| parts.get(last)).map_or(text.len(), |part| part.end);
            return Some(parts.get(at)?.start..end);
        }
        let from_end = |n: usize| parts.len().checked_sub(n + 1).map(|at| &parts[at]);
        let start = last.and_then(from_end).map_or(0, |part| part.start);
        Some(start..from_end(at)?.end)
    }
}

impl Convert for Part {
    fn convert<'c>(&'c self, input: Sample<'c>, _cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let whole = super::text(input);
        let range = self.find(&whole)?;
        Some(Sample::Str(super::part(whole, range)))
    }
}
