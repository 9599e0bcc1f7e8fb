//! `reg`: regular expressions, the first that matches.
use super::{Index, Match};
use crate::rules::list::Item;
use crate::rules::regex::{self, Regex};
use crate::rules::sample::Sample;
use std::sync::Arc;

/// The expressions in the order of their coming.
#[derive(Clone, Debug)]
pub struct Regexes {
    ignore_case: bool,
    list: Vec<(Arc<Regex>, Arc<Item>)>,
}

impl Regexes {
    /// An empty set.
    #[must_use]
    pub fn new(ignore_case: bool) -> Regexes {
        Regexes { ignore_case, list: Vec::new() }
    }
}

impl Match for Regexes {
    fn find(&self, sample: &Sample<'_>) -> Option<&Arc<Item>> {
        let mut scratch = Vec::new();
        let text = sample.as_bytes(&mut scratch);
        self.list.iter().find(|(regex, _)| regex.is_match(text)).map(|(_, item)| item)
    }
}

impl Index for Regexes {
    fn insert(&mut self, item: &Arc<Item>) -> Result<(), String> {
        let text = String::from_utf8_lossy(&item.text);
        let regex =
            Regex::new(&text, self.ignore_case).map_err(|e| format!("regex '{text}' is invalid ({e})"))?;
        self.list.push((Arc::new(regex), item.clone()));
        Ok(())
    }

    fn remove(&mut self, item: &Item) {
        self.list.retain(|(_, other)| other.id != item.id);
    }

    fn copy(&self) -> Box<dyn Index> {
        Box::new(self.clone())
    }

    fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn expand(&self, item: &Item, sample: &Sample<'_>, template: &[u8]) -> Option<Vec<u8>> {
        let mut scratch = Vec::new();
        let text = sample.as_bytes(&mut scratch);
        let (regex, _) = self.list.iter().find(|(_, other)| other.id == item.id)?;
        let groups = regex.groups(text, 0)?;
        let mut out = Vec::new();
        regex::expand(template, text, &groups, &mut out);
        Some(out)
    }
}
