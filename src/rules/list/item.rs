//! The entries of a list: what operators see and name.
use super::Sorted;
use crate::base::xxh64::xxh64;
use std::sync::Arc;

/// One entry: a pattern, and in a map what it stands for. An entry never changes; one with another value takes its place.
#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    /// Grows with the order of coming; operators name it by this (`#0x…`).
    pub id: u64,
    pub text: Box<[u8]>,
    pub value: Option<Box<[u8]>>,
}

/// The entries of one version, in the order of their coming, and by their text. Duplicates are allowed.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    by_id: Sorted<u64, Arc<Item>>,
    by_text: Sorted<(u64, u64), ()>,
}

fn hash(text: &[u8]) -> u64 {
    xxh64(text, 0)
}

impl Entries {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Adds one, or puts another of its id in its place.
    pub fn put(&mut self, item: Arc<Item>) {
        self.by_text.insert((hash(&item.text), item.id), ());
        self.by_id.insert(item.id, item);
    }

    /// Takes one out.
    pub fn take(&mut self, item: &Item) {
        self.by_text.remove(&(hash(&item.text), item.id));
        self.by_id.remove(&item.id);
    }

    /// That of an id.
    #[must_use]
    pub fn by_id(&self, id: u64) -> Option<&Arc<Item>> {
        self.by_id.get(&id)
    }

    /// All with this text.
    #[must_use]
    pub fn by_text(&self, text: &[u8]) -> Vec<Arc<Item>> {
        let hash = hash(text);
        let ids = self.by_text.from(&(hash, 0)).take_while(|((h, _), ())| *h == hash);
        let items = ids.filter_map(|((_, id), ())| self.by_id.get(id));
        items.filter(|item| *item.text == *text).cloned().collect()
    }

    /// Those behind an id, in order; all of them behind 0.
    pub fn after(&self, id: u64) -> impl Iterator<Item = &Arc<Item>> {
        self.by_id.from(&(id + 1)).map(|(_, item)| item)
    }
}
