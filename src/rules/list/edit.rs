//! Edits of lists that rules make (configuration manual, 4.2 `http-request add-acl`, `del-acl`, `set-map`, `del-map`).
use super::{Key, Lists};
use crate::share::list_edits::{Change, ListEdit};

impl Lists {
    /// The place of a file's list.
    #[must_use]
    pub fn of_file(&self, file: &str) -> Option<usize> {
        self.lists.iter().position(|list| list.file.as_deref() == Some(file))
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
