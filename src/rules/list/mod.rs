//! Lists of patterns that change while running: what `acl` lines and `map` converters compare with (management manual, 9.3
//! `add acl`, `show map`, …). A reference is one file, or the patterns of one line; it is searched in one or several forms,
//! by method and flags. [`Lists`] is all of them at one moment: immutable where it is shared, a change is made on a copy.
mod edit;
mod item;
mod registry;
mod sorted;

pub use item::{Entries, Item};
pub use registry::{Registry, Wanted, again, at, file, inline};
pub use sorted::Sorted;

use super::pattern::Index;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A form in all lists; those made outside of a configuration have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FormId(u32);

impl FormId {
    /// Of a form that belongs to no list.
    pub const NONE: FormId = FormId(u32::MAX);
}

/// What a map's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Out {
    Str,
    Int,
    Addr,
    /// The key that matched, in place of its value.
    Key,
    /// Text with the groups of the expression that matched.
    Groups,
}

impl Out {
    /// Whether a value is one.
    #[must_use]
    pub fn takes(self, value: &[u8]) -> bool {
        let text = std::str::from_utf8(value).unwrap_or_default();
        match self {
            Out::Str | Out::Key | Out::Groups => true,
            Out::Int => text.parse::<i64>().is_ok(),
            Out::Addr => text.parse::<std::net::IpAddr>().is_ok(),
        }
    }

    /// HAProxy's name of the type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Out::Str | Out::Key | Out::Groups => "str",
            Out::Int => "sint",
            Out::Addr => "ip",
        }
    }
}

/// How a list is searched.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// The method's name (`beg`).
    pub method: &'static str,
    /// Makes an empty set.
    pub make: fn(Flags) -> Box<dyn Index>,
    pub flags: Flags,
    /// The type of what it gives, where it is a map's.
    pub out: Option<Out>,
}

/// Flags of an `acl` line that change how patterns are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `-i`.
    pub ignore_case: bool,
    /// `-n`: names are not looked up.
    pub no_dns: bool,
}

impl How {
    fn is(&self, other: &How) -> bool {
        (self.method, self.flags, self.out) == (other.method, other.flags, other.out)
    }

    fn empty(&self) -> Box<dyn Index> {
        (self.make)(self.flags)
    }
}

/// A list searched in one way.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    pub id: FormId,
    pub how: How,
}

/// One reference.
#[derive(Clone, Debug)]
pub struct List {
    /// HAProxy's number (`#3`).
    pub id: u32,
    /// The file; `None` for the patterns of a line.
    pub file: Option<String>,
    /// Who uses it.
    pub description: String,
    pub by_acl: bool,
    pub by_map: bool,
    /// Its lines are pairs: a map's.
    pub pairs: bool,
    pub forms: Vec<Form>,
    /// The version in force.
    pub version: u32,
    /// The newest version that was prepared.
    pub newest: u32,
    entries: Entries,
    prepared: BTreeMap<u32, Entries>,
}

impl List {
    /// The entries of a version; `None`: of the one in force.
    #[must_use]
    pub fn entries(&self, version: Option<u32>) -> Option<&Entries> {
        match version {
            None => Some(&self.entries),
            Some(v) if v == self.version => Some(&self.entries),
            Some(v) => self.prepared.get(&v),
        }
    }

    /// Entries of all versions.
    #[must_use]
    pub fn count(&self) -> usize {
        self.entries.len() + self.prepared.values().map(Entries::len).sum::<usize>()
    }
}

/// How an operator names entries.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    Text(&'a [u8]),
    Id(u64),
}

/// All lists.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    lists: Vec<Arc<List>>,
    forms: Vec<Arc<dyn Index>>,
    last_item: u64,
    /// Something differs from what the configuration says.
    changed: bool,
}

impl Lists {
    /// The lists in the order of their numbers.
    pub fn all(&self) -> impl Iterator<Item = &List> {
        self.lists.iter().map(AsRef::as_ref)
    }

    /// A list by its place.
    #[must_use]
    pub fn list(&self, at: usize) -> &List {
        &self.lists[at]
    }

    /// Whether an operator has changed any.
    #[inline]
    #[must_use]
    pub fn changed(&self) -> bool {
        self.changed
    }

    /// A form as it is now.
    #[inline]
    #[must_use]
    pub fn form(&self, id: FormId) -> Option<&dyn Index> {
        self.forms.get(id.0 as usize).map(AsRef::as_ref)
    }

    fn new_item(&mut self, text: &[u8], value: Option<&[u8]>) -> Arc<Item> {
        self.last_item += 1;
        Arc::new(Item { id: self.last_item, text: text.into(), value: value.map(Into::into) })
    }

    /// Adds an entry to a version; `None`: to the one in force.
    ///
    /// # Errors
    /// HAProxy's words for what is no such pattern or value; nothing has changed then.
    pub fn add(
        &mut self,
        at: usize,
        version: Option<u32>,
        text: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), String> {
        if let Some(value) = value
            && let Some(error) = self.refuses_value(at, value)
        {
            return Err(error);
        }
        let item = self.new_item(text, value);
        match version.filter(|v| *v != self.lists[at].version) {
            None => {
                self.index(at, &item)?;
                self.list_mut(at).entries.put(item);
            }
            Some(version) => {
                // What cannot be read is told now, not at the commit.
                for form in &self.lists[at].forms {
                    self.forms[form.id.0 as usize].copy().insert(&item)?;
                }
                self.list_mut(at).prepared.entry(version).or_default().put(item);
            }
        }
        self.changed = true;
        Ok(())
    }

    /// Takes entries out; false where there is none such.
    pub fn delete(&mut self, at: usize, key: Key<'_>) -> bool {
        let found = self.named(at, key);
        for item in &found {
            self.list_mut(at).entries.take(item);
            self.each_form(at, |form| form.remove(item));
        }
        self.changed |= !found.is_empty();
        !found.is_empty()
    }

    /// Gives entries of a map another value; false where there is none such.
    ///
    /// # Errors
    /// HAProxy's words for what is no such value.
    pub fn set(&mut self, at: usize, key: Key<'_>, value: &[u8]) -> Result<bool, String> {
        let found = self.named(at, key);
        if let Some(error) = self.refuses_value(at, value).filter(|_| !found.is_empty()) {
            return Err(error);
        }
        for old in &found {
            let new = Arc::new(Item { id: old.id, text: old.text.clone(), value: Some(value.into()) });
            self.each_form(at, |form| {
                form.remove(old);
                // It was read before.
                let _ = form.insert(&new);
            });
            self.list_mut(at).entries.put(new);
        }
        self.changed |= !found.is_empty();
        Ok(!found.is_empty())
    }

    /// A new version to be filled; its number.
    pub fn prepare(&mut self, at: usize) -> u32 {
        let list = self.list_mut(at);
        list.newest = list.newest.wrapping_add(1);
        let newest = list.newest;
        list.prepared.insert(newest, Entries::default());
        newest
    }

    /// Puts a version into force and forgets those before; false where its number is none to come.
    pub fn commit(&mut self, at: usize, version: u32) -> bool {
        let list = self.list_mut(at);
        if version <= list.version || version > list.newest {
            return false;
        }
        let entries = list.prepared.remove(&version).unwrap_or_default();
        list.prepared = list.prepared.split_off(&version);
        list.version = version;
        self.replace(at, entries);
        true
    }

    /// Empties a version; `None`: the one in force.
    pub fn clear(&mut self, at: usize, version: Option<u32>) {
        match version.filter(|v| *v != self.lists[at].version) {
            None => self.replace(at, Entries::default()),
            Some(version) => {
                if let Some(entries) = self.list_mut(at).prepared.get_mut(&version) {
                    *entries = Entries::default();
                }
            }
        }
    }

    fn replace(&mut self, at: usize, entries: Entries) {
        for form in self.lists[at].forms.clone() {
            let mut index = form.how.empty();
            for item in entries.after(0) {
                // What was added to a version could be read.
                let _ = index.insert(item);
            }
            self.forms[form.id.0 as usize] = Arc::from(index);
        }
        self.list_mut(at).entries = entries;
        self.changed = true;
    }

    fn named(&self, at: usize, key: Key<'_>) -> Vec<Arc<Item>> {
        let entries = &self.lists[at].entries;
        match key {
            Key::Text(text) => entries.by_text(text),
            Key::Id(id) => entries.by_id(id).cloned().into_iter().collect(),
        }
    }

    fn refuses_value(&self, at: usize, value: &[u8]) -> Option<String> {
        let refuses = |form: &Form| form.how.out.is_some_and(|out| !out.takes(value));
        let bad = self.lists[at].forms.iter().any(refuses);
        bad.then(|| format!("unable to parse '{}'", String::from_utf8_lossy(value)))
    }

    /// Adds an entry to every form of its list, or to none.
    fn index(&mut self, at: usize, item: &Arc<Item>) -> Result<(), String> {
        let mut error = None;
        self.each_form(at, |form| {
            if error.is_none() {
                error = form.insert(item).err();
            }
        });
        match error {
            None => Ok(()),
            Some(error) => {
                self.each_form(at, |form| form.remove(item));
                Err(error)
            }
        }
    }

    fn each_form(&mut self, at: usize, mut f: impl FnMut(&mut dyn Index)) {
        for form in &self.lists[at].forms {
            let place = &mut self.forms[form.id.0 as usize];
            match Arc::get_mut(place) {
                Some(form) => f(form),
                None => {
                    let mut copy = place.copy();
                    f(&mut *copy);
                    *place = Arc::from(copy);
                }
            }
        }
    }

    fn list_mut(&mut self, at: usize) -> &mut List {
        Arc::make_mut(&mut self.lists[at])
    }
}

/// What one line or converter compares with: forms as the configuration has them, and where to look when lists have changed.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    parts: Vec<(FormId, Arc<dyn Index>)>,
    /// Those before this place are not empty.
    filled: usize,
}

impl Patterns {
    /// Of these forms.
    #[must_use]
    pub fn new(mut parts: Vec<(FormId, Arc<dyn Index>)>) -> Patterns {
        parts.sort_by_key(|(_, index)| index.is_empty());
        let filled = parts.iter().filter(|(_, index)| !index.is_empty()).count();
        Patterns { parts, filled }
    }

    /// Whether any pattern matches; `lists` where any has changed.
    #[inline]
    pub fn match_value(&self, sample: &super::Sample<'_>, lists: Option<&Lists>) -> bool {
        match lists {
            None => match &self.parts[..self.filled] {
                [(_, only)] => only.matches(sample),
                parts => parts.iter().any(|(_, index)| index.matches(sample)),
            },
            Some(lists) => {
                self.parts.iter().any(|(id, index)| lists.form(*id).unwrap_or(&**index).matches(sample))
            }
        }
    }
}

/// One form as who named it has it.
#[derive(Clone, Debug)]
pub struct Handle {
    form: FormId,
    first: Arc<dyn Index>,
}

impl Handle {
    /// The form as it is now.
    #[inline]
    #[must_use]
    pub fn now<'c>(&'c self, lists: Option<&'c Lists>) -> &'c dyn Index {
        lists.and_then(|lists| lists.form(self.form)).unwrap_or(&*self.first)
    }
}

#[cfg(test)]
mod tests;
