//! `beg` without case, `end`, `sub`, `dir`, `dom`: texts that are looked for one by one.
use super::{Index, Match};
use crate::rules::list::Item;
use crate::rules::sample::Sample;
use std::sync::Arc;

/// Where a text has to stand in the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Begin,
    End,
    Inside,
    /// A whole word between these delimiters.
    Word(&'static [u8]),
}

/// Values up to this length are compared without case on the stack.
const SHORT: usize = 256;

/// The texts in the order of their coming.
#[derive(Clone, Debug)]
pub struct Texts {
    place: Place,
    ignore_case: bool,
    texts: Vec<Arc<Finder>>,
}

#[derive(Debug)]
struct Finder {
    text: Vec<u8>,
    search: memchr::memmem::Finder<'static>,
    item: Arc<Item>,
}

impl Texts {
    /// An empty set.
    #[must_use]
    pub fn new(place: Place, ignore_case: bool) -> Texts {
        Texts { place, ignore_case, texts: Vec::new() }
    }
}

fn trim_word<'t>(mut text: &'t [u8], delimiters: &[u8]) -> &'t [u8] {
    while let [first, rest @ ..] = text
        && delimiters.contains(first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && delimiters.contains(last)
    {
        text = rest;
    }
    text
}

/// Whether `word` stands in `text` between delimiters or ends (HAProxy's `match_word`).
fn has_word(text: &[u8], finder: &Finder, delimiters: &[u8]) -> bool {
    let is_edge = |at: Option<&u8>| at.is_none_or(|b| delimiters.contains(b));
    let mut from = 0;
    while let Some(found) = finder.search.find(&text[from..]) {
        let (start, end) = (from + found, from + found + finder.text.len());
        let before = start == 0 || delimiters.contains(&text[start - 1]);
        if before && is_edge(text.get(end)) {
            return true;
        }
        from = start + 1;
        if from > text.len() {
            break;
        }
    }
    false
}

impl Match for Texts {
    fn find(&self, sample: &Sample<'_>) -> Option<&Arc<Item>> {
        let mut scratch = Vec::new();
        let (mut short, mut long) = ([0; SHORT], Vec::new());
        let mut text = sample.as_bytes(&mut scratch);
        if self.ignore_case && self.place != Place::Begin && self.place != Place::End {
            // Nearly every value is short: no memory is asked for.
            let lower = match short.get_mut(..text.len()) {
                Some(lower) => {
                    lower.copy_from_slice(text);
                    lower
                }
                None => {
                    long.extend_from_slice(text);
                    &mut long[..]
                }
            };
            lower.make_ascii_lowercase();
            text = lower;
        }
        let same = |a: &[u8], b: &[u8]| if self.ignore_case { a.eq_ignore_ascii_case(b) } else { a == b };
        let found = self.texts.iter().find(|f| {
            let n = f.text.len();
            match self.place {
                Place::Begin => text.len() >= n && same(&text[..n], &f.text),
                Place::End => text.len() >= n && same(&text[text.len() - n..], &f.text),
                Place::Inside => f.search.find(text).is_some(),
                Place::Word(delimiters) => has_word(text, f, delimiters),
            }
        });
        found.map(|f| &f.item)
    }
}

impl Index for Texts {
    fn insert(&mut self, item: &Arc<Item>) -> Result<(), String> {
        let mut text = item.text.to_vec();
        if self.ignore_case {
            text.make_ascii_lowercase();
        }
        if let Place::Word(delimiters) = self.place {
            text = trim_word(&text, delimiters).to_vec();
        }
        let search = memchr::memmem::Finder::new(&text).into_owned();
        self.texts.push(Arc::new(Finder { text, search, item: item.clone() }));
        Ok(())
    }

    fn remove(&mut self, item: &Item) {
        self.texts.retain(|f| f.item.id != item.id);
    }

    fn copy(&self) -> Box<dyn Index> {
        Box::new(self.clone())
    }

    fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}
