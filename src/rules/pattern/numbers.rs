//! `int` and `len`: ranges of numbers, ends included.
use super::{Index, Match};
use crate::rules::list::Item;
use crate::rules::sample::Sample;
use std::sync::Arc;

/// The ranges, in the order of their coming.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// The length of the value as text counts, not its number.
    length: bool,
    ranges: Vec<(i64, i64, Arc<Item>)>,
}

impl Numbers {
    /// An empty set.
    #[must_use]
    pub fn new(length: bool) -> Numbers {
        Numbers { length, ranges: Vec::new() }
    }
}

impl Match for Numbers {
    fn find(&self, sample: &Sample<'_>) -> Option<&Arc<Item>> {
        let n = if self.length { sample.as_bytes(&mut Vec::new()).len() as i64 } else { sample.as_int()? };
        self.ranges.iter().find(|(low, high, _)| *low <= n && n <= *high).map(|(_, _, item)| item)
    }
}

impl Index for Numbers {
    fn insert(&mut self, item: &Arc<Item>) -> Result<(), String> {
        let (low, high) = range(&String::from_utf8_lossy(&item.text))?;
        self.ranges.push((low, high, item.clone()));
        Ok(())
    }

    fn remove(&mut self, item: &Item) {
        self.ranges.retain(|(_, _, other)| other.id != item.id);
    }

    fn copy(&self) -> Box<dyn Index> {
        Box::new(self.clone())
    }

    fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
}

/// Reads `5`, `1:9`, `:9` or `1:`.
fn range(text: &str) -> Result<(i64, i64), String> {
    let invalid = || format!("'{text}' is not a valid number range");
    let range = match text.split_once(':') {
        Some((low, high)) => {
            let low = if low.is_empty() { Some(i64::MIN) } else { low.parse().ok() };
            let high = if high.is_empty() { Some(i64::MAX) } else { high.parse().ok() };
            low.zip(high).ok_or_else(invalid)?
        }
        None => {
            let n = text.trim().parse().map_err(|_| format!("'{text}' is not a number"))?;
            (n, n)
        }
    };
    if range.0 > range.1 { Err(invalid()) } else { Ok(range) }
}

/// The patterns of an `acl` line: `eq ge gt le lt` hold for the numbers behind them, which become ranges.
///
/// # Errors
/// The word's index, and HAProxy's words for what it is not.
pub fn ranges(words: &[&[u8]]) -> Result<Vec<Vec<u8>>, (usize, String)> {
    let mut list = Vec::new();
    let mut operator = "";
    for (i, word) in words.iter().enumerate() {
        let text = String::from_utf8_lossy(word);
        if let Some(known) = ["eq", "ge", "gt", "le", "lt"].into_iter().find(|o| *o == text) {
            operator = known;
            continue;
        }
        if text.contains(':') {
            // As in HAProxy, an operator says nothing about a range.
            range(&text).map_err(|e| (i, e))?;
            list.push(word.to_vec());
            continue;
        }
        let number: i64 = text.trim().parse().map_err(|_| (i, no_number(&text, operator)))?;
        list.push(match operator {
            "ge" => format!("{number}:").into_bytes(),
            "gt" => format!("{}:", number.saturating_add(1)).into_bytes(),
            "le" => format!(":{number}").into_bytes(),
            "lt" => format!(":{}", number.saturating_sub(1)).into_bytes(),
            _ => word.to_vec(),
        });
    }
    Ok(list)
}

fn no_number(text: &str, operator: &str) -> String {
    match operator {
        "" => format!("'{text}' is not a number"),
        _ => format!("'{text}' is neither a number nor a supported operator"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Result<Vec<String>, (usize, String)> {
        let words: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
        Ok(ranges(&words)?.into_iter().map(|r| String::from_utf8(r).unwrap()).collect())
    }

    #[test]
    fn operators_hold_for_what_follows() {
        assert_eq!(of(&["1:3", "7", ":0", "9:"]).unwrap(), ["1:3", "7", ":0", "9:"]);
        assert_eq!(of(&["gt", "5", "lt", "-2", "7"]).unwrap(), ["6:", ":-3", ":6"]);
        assert_eq!(of(&["ge", "1:2"]).unwrap(), ["1:2"]);
        assert!(of(&["ge", "x"]).unwrap_err().1.contains("nor a supported operator"));
        assert_eq!(of(&["ge", "2:1"]).unwrap_err().0, 1);
        assert_eq!(of(&["1", "x"]).unwrap_err(), (1, "'x' is not a number".into()));
    }

    #[test]
    fn ranges_are_read() {
        assert_eq!(range("5"), Ok((5, 5)));
        assert_eq!((range(":9"), range("1:")), (Ok((i64::MIN, 9)), Ok((1, i64::MAX))));
        assert_eq!(range("x"), Err("'x' is not a number".into()));
        assert_eq!(range("5:3"), Err("'5:3' is not a valid number range".into()));
    }
}
