//! `beg` with case: beginnings of text. A few are compared one by one; many stand in a sorted table, where the longest one
//! that fits is found in a few steps.
use super::{Index, Match};
use crate::rules::list::{Item, Sorted};
use crate::rules::sample::Sample;
use std::sync::Arc;

/// So many are compared one by one.
const FEW: usize = 16;

/// The beginnings: in one of the two.
#[derive(Clone, Debug, Default)]
pub struct Prefixes {
    few: Vec<Arc<Item>>,
    /// By text, then by coming.
    many: Sorted<(Arc<[u8]>, u64), Arc<Item>>,
    /// How many of those have each length.
    lengths: Vec<u32>,
}

impl Prefixes {
    /// An empty set.
    #[must_use]
    pub fn new() -> Prefixes {
        Prefixes::default()
    }

    fn longest(&self, mut text: &[u8]) -> Option<&Arc<Item>> {
        loop {
            // No other length can fit.
            let most = text.len().min(self.lengths.len().checked_sub(1)?);
            let length = (0..=most).rev().find(|l| self.lengths[*l] > 0)?;
            text = &text[..length];
            let (key, item) = self.many.last_where(|(key, _)| **key <= *text)?;
            if text.starts_with(&key.0) {
                // Of several alike the first.
                return self
                    .many
                    .from(&(key.0.clone(), 0))
                    .next()
                    .map_or(Some(item), |(_, first)| Some(first));
            }
            // What fits is not longer than what these two have in common.
            let common = key.0.iter().zip(text).take_while(|(a, b)| a == b).count();
            text = &text[..common];
        }
    }
}

impl Match for Prefixes {
    fn find(&self, sample: &Sample<'_>) -> Option<&Arc<Item>> {
        let mut scratch = Vec::new();
        let text = sample.as_bytes(&mut scratch);
        if !self.many.is_empty() {
            return self.longest(text);
        }
        let fitting = self.few.iter().filter(|item| text.starts_with(&item.text));
        fitting.max_by_key(|item| (item.text.len(), u64::MAX - item.id))
    }

    fn matches(&self, sample: &Sample<'_>) -> bool {
        let mut scratch = Vec::new();
        let text = sample.as_bytes(&mut scratch);
        if !self.many.is_empty() {
            return self.longest(text).is_some();
        }
        self.few.iter().any(|item| text.starts_with(&item.text))
    }
}

impl Index for Prefixes {
    fn insert(&mut self, item: &Arc<Item>) -> Result<(), String> {
        self.few.push(item.clone());
        if self.few.len() > FEW || !self.many.is_empty() {
            for item in self.few.drain(..) {
                let length = item.text.len();
                self.lengths.resize(self.lengths.len().max(length + 1), 0);
                self.lengths[length] += 1;
                self.many.insert((item.text.clone().into(), item.id), item);
            }
        }
        Ok(())
    }

    fn remove(&mut self, item: &Item) {
        self.few.retain(|other| other.id != item.id);
        if self.many.remove(&(item.text.clone().into(), item.id)).is_some() {
            self.lengths[item.text.len()] -= 1;
        }
    }

    fn copy(&self) -> Box<dyn Index> {
        Box::new(self.clone())
    }

    fn is_empty(&self) -> bool {
        self.few.is_empty() && self.many.is_empty()
    }

    fn kind(&self) -> &'static str {
        "tree"
    }
}
