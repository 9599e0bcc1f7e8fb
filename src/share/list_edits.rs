//! Edits of lists that rules want (`http-request set-map`, …): they go from any core to the keeper of the lists, and whoever waits
//! is woken once they are in force. Nobody waits for a lock longer than it takes to push or take an edit.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What becomes of a list's entries with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// There is one (`add-acl`).
    Add,
    /// There is one, and all of them have this value (`set-map`).
    Set(Vec<u8>),
    /// There is none (`del-acl`, `del-map`).
    Delete,
}

/// One edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListEdit {
    /// The list's place.
    pub list: usize,
    pub text: Vec<u8>,
    pub change: Change,
}

/// An edit on its way.
pub struct Letter {
    pub edit: ListEdit,
    done: AtomicBool,
    wake: Bell,
}

/// Wakes somebody.
type Bell = Box<dyn Fn() + Send + Sync>;

impl Letter {
    /// An edit for which a task waits that `wake` wakes.
    pub fn new(edit: ListEdit, wake: Bell) -> Arc<Letter> {
        Arc::new(Letter { edit, done: AtomicBool::new(false), wake })
    }

    /// It is in force.
    pub fn finish(&self) {
        self.done.store(true, Ordering::Release);
        (self.wake)();
    }

    /// Whether it is in force.
    pub fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }
}

/// The letters that the keeper has not looked at yet.
#[derive(Default)]
pub struct ListEdits {
    waiting: Mutex<Vec<Arc<Letter>>>,
    bell: OnceLock<Bell>,
}

impl ListEdits {
    /// Sends one. While the process starts nobody takes it yet: then it waits.
    pub fn send(&self, letter: Arc<Letter>) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(letter);
        if let Some(bell) = self.bell.get() {
            bell();
        }
    }

    /// From now on somebody takes them, whom `bell` wakes, and who looks once by itself.
    pub fn serve(&self, bell: Bell) {
        let _ = self.bell.set(bell);
    }

    /// Takes all, in the order of their coming.
    pub fn take(&self) -> Vec<Arc<Letter>> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for ListEdits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ListEdits")
    }
}
