//! Edits of lists that rules make (configuration manual, 4.2 `http-request add-acl`, `del-acl`, `set-map`, `del-map`).
use super::{Key, Lists};
use crate::share::list_edits::{Change, ListEdit};

/// What a list is known by: `file@` and `opt@` only say what kind of file it is, `virt@` belongs to the name (configuration
/// manual of 3.2, 2.7).
#[must_use]
pub fn name_of(file: &str) -> &str {
    file.strip_prefix("file@").or_else(|| file.strip_prefix("opt@")).unwrap_or(file)
}

impl Lists {
    /// The place of a file's list, with or without the prefix of its kind.
    #[must_use]
    pub fn of_file(&self, file: &str) -> Option<usize> {
        let name = name_of(file);
        self.lists.iter().position(|list| list.file.as_deref() == Some(name))
    }

    /// Whether the version in force would be another one after an edit.
    #[must_use]
    pub fn would_change(&self, edit: &ListEdit) -> bool {
        let found = self.lists[edit.list].entries.by_text(&edit.text);
        match &edit.change {
            Change::Add => found.is_empty(),
            Change::Delete => !found.is_empty(),
            Change::Set(value) => {
                found.is_empty() || found.iter().any(|item| item.value.as_deref() != Some(value))
            }
        }
    }

    /// Makes an edit in the version in force. What is no pattern or value of the list changes nothing, as in HAProxy.
    pub fn apply(&mut self, edit: &ListEdit) {
        if !self.would_change(edit) {
            return;
        }
        let (at, text) = (edit.list, edit.text.as_slice());
        match &edit.change {
            Change::Add => _ = self.add(at, None, text, None),
            Change::Delete => _ = self.delete(at, Key::Text(text)),
            Change::Set(value) if self.lists[at].entries.by_text(text).is_empty() => {
                _ = self.add(at, None, text, Some(value));
            }
            Change::Set(value) => _ = self.set(at, Key::Text(text), value),
        }
    }
}
