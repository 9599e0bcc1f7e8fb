//! Sets of patterns: what an ACL or a map compares values with. One type a kind of match; the rows of `vocab::matching`
//! name them. Each is made of [`Item`]s, one by one, and a copy can be changed while others still use what it came from.
mod exact;
mod networks;
mod numbers;
mod prefixes;
mod regexes;
mod stretches;
mod texts;

pub use exact::Exact;
pub use networks::Networks;
pub use numbers::{Numbers, ranges};
pub use prefixes::Prefixes;
pub use regexes::Regexes;
pub use texts::{Place, Texts};

use super::list::Item;
use super::sample::Sample;
use std::fmt::Debug;
use std::sync::Arc;

/// Compares values with patterns.
pub trait Match: Send + Sync + Debug {
    /// The entry that matches this value: the finest one of those kept in trees, else the first.
    fn find(&self, sample: &Sample<'_>) -> Option<&Arc<Item>>;

    /// Whether any matches.
    fn matches(&self, sample: &Sample<'_>) -> bool {
        self.find(sample).is_some()
    }
}

/// A set that can be changed.
pub trait Index: Match {
    /// Reads an entry's text and adds it.
    ///
    /// # Errors
    /// HAProxy's words for a text that is no such pattern; nothing was added.
    fn insert(&mut self, item: &Arc<Item>) -> Result<(), String>;

    /// Takes an entry out.
    fn remove(&mut self, item: &Item);

    /// A copy, to be changed; cheap where sets become large.
    fn copy(&self) -> Box<dyn Index>;

    /// Whether it holds no pattern.
    fn is_empty(&self) -> bool;

    /// HAProxy's word for how it is searched: `tree` or `list`.
    fn kind(&self) -> &'static str {
        "list"
    }

    /// What `template` becomes by the groups of the expression that matched (`map_regm`).
    fn expand(&self, _item: &Item, _sample: &Sample<'_>, _template: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

/// `found`: there is a value at all. `bool`: it is not zero. Entries do not count.
#[derive(Clone, Debug)]
pub enum Bare {
    Found,
    True,
}

impl Match for Bare {
    fn find(&self, _sample: &Sample<'_>) -> Option<&Arc<Item>> {
        None
    }

    fn matches(&self, sample: &Sample<'_>) -> bool {
        match self {
            Bare::Found => true,
            Bare::True => sample.as_int().is_some_and(|n| n != 0),
        }
    }
}

impl Index for Bare {
    fn insert(&mut self, _item: &Arc<Item>) -> Result<(), String> {
        Ok(())
    }

    fn remove(&mut self, _item: &Item) {}

    fn copy(&self) -> Box<dyn Index> {
        Box::new(self.clone())
    }

    fn is_empty(&self) -> bool {
        false
    }
}

/// The first, by its coming, of two entries that match alike.
fn earlier(a: &Arc<Item>, b: &Arc<Item>) -> bool {
    a.id < b.id
}

#[cfg(test)]
mod tests;
