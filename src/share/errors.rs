//! The last request and the last answer of each proxy that could not be read (management manual 9.3, `show errors`). Kept where
//! the error is made, which answers with an error page anyway: a lock is no matter there.
use crate::base::ids::{BackendId, FrontendId, ServerId};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// A head that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Counts all of the process, from 0.
    pub number: u64,
    pub at: SystemTime,
    pub frontend: FrontendId,
    /// Of an answer: who sent it.
    pub server: Option<(BackendId, ServerId)>,
    /// The client's address; `None` for unix sockets.
    pub src: Option<SocketAddr>,
    /// The listener's id of the configuration (`so_id`).
    pub listener: u32,
    /// All bytes that were there.
    pub bytes: Vec<u8>,
    /// The offset of the first that is wrong.
    pub position: usize,
    /// Bytes that a buffer has room for.
    pub room: usize,
    /// HAProxy's word for where its parser stood.
    pub state: &'static str,
    /// What is wrong, in words.
    pub why: &'static str,
}

type Kept = Mutex<Option<Arc<Snapshot>>>;

/// The last ones of each proxy.
#[derive(Debug, Default)]
pub struct Errors {
    total: AtomicU64,
    requests: Vec<Kept>,
    answers: Vec<Kept>,
}

fn take(kept: &Kept) -> Option<Arc<Snapshot>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

impl Errors {
    /// None yet, for so many proxies.
    #[must_use]
    pub fn new(frontends: usize, backends: usize) -> Errors {
        let none = |count| (0..count).map(|_| Kept::default()).collect();
        Errors { total: AtomicU64::new(0), requests: none(frontends), answers: none(backends) }
    }

    /// Keeps one in place of the last; gives it its number.
    pub fn keep(&self, mut snapshot: Snapshot) {
        snapshot.number = self.total.fetch_add(1, Ordering::Relaxed);
        let place = match snapshot.server {
            None => self.requests.get(snapshot.frontend.index()),
            Some((backend, _)) => self.answers.get(backend.index()),
        };
        if let Some(place) = place {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(snapshot));
        }
    }

    /// How many there were.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// The last request of a frontend that could not be read.
    #[must_use]
    pub fn request(&self, frontend: FrontendId) -> Option<Arc<Snapshot>> {
        self.requests.get(frontend.index()).and_then(take)
    }

    /// The last answer of a backend's servers that could not be read.
    #[must_use]
    pub fn answer(&self, backend: BackendId) -> Option<Arc<Snapshot>> {
        self.answers.get(backend.index()).and_then(take)
    }
}
