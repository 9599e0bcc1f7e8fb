//! Letters from other threads to a core.
use super::core::{Core, TaskId};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// What a letter asks.
pub enum Letter {
    /// Make this task ready.
    Wake(TaskId),
    /// Run this on the core.
    Call(Box<dyn FnOnce(&Core) + Send>),
}

/// A core's mailbox: written by any thread, emptied by the core.
#[derive(Default)]
pub struct Mailbox {
    letters: Mutex<Vec<Letter>>,
    /// Set while the core has been told and has not looked yet: one wake-up for many letters.
    told: AtomicBool,
    /// What to write to so that a sleeping core looks; the simulator has none and looks always.
    bell: Option<OwnedFd>,
}

impl Mailbox {
    /// A mailbox with an eventfd as its bell.
    pub fn with_bell(bell: OwnedFd) -> Mailbox {
        Mailbox { bell: Some(bell), ..Mailbox::default() }
    }

    /// The bell's descriptor.
    pub fn bell(&self) -> Option<RawFd> {
        self.bell.as_ref().map(AsRawFd::as_raw_fd)
    }

    /// Whether letters wait.
    pub fn has_letters(&self) -> bool {
        self.told.load(Ordering::Acquire)
    }

    /// Takes all letters.
    pub fn take(&self) -> Vec<Letter> {
        self.told.store(false, Ordering::Release);
        std::mem::take(&mut self.letters.lock().expect("no panic while a letter is pushed"))
    }
}

/// Sends letters to one core, from any thread.
#[derive(Clone)]
pub struct Notifier(pub(super) Arc<Mailbox>);

impl Notifier {
    /// Makes a task of the core ready.
    pub fn wake(&self, task: TaskId) {
        self.post(Letter::Wake(task));
    }

    /// Runs `f` on the core.
    pub fn call(&self, f: impl FnOnce(&Core) + Send + 'static) {
        self.post(Letter::Call(Box::new(f)));
    }

    fn post(&self, letter: Letter) {
        self.0.letters.lock().expect("no panic while a letter is taken").push(letter);
        if !self.0.told.swap(true, Ordering::AcqRel)
            && let Some(bell) = &self.0.bell
        {
            // A full counter means that the bell already rings; nothing else can fail on an eventfd.
            let _ = nix::unistd::write(bell, &1u64.to_ne_bytes());
        }
    }
}
