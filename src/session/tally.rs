//! What is counted for a listener by itself: only where `option socket-stats` asks for it.
use super::{Conn, Local};
use crate::base::ids::ListenerId;
use crate::share::ListenerCells;

impl Conn {
    /// Counts on the connection's listener, where that is counted.
    #[inline]
    pub(super) fn on_listener(&self, count: impl FnOnce(&ListenerCells)) {
        on(&self.local, self.counted, count);
    }
}

/// Counts on a listener, where it is counted.
#[inline]
pub(super) fn on(local: &Local, listener: Option<ListenerId>, count: impl FnOnce(&ListenerCells)) {
    if let Some(cells) = listener.and_then(|id| local.cells().listeners.get(id.index())) {
        count(cells);
    }
}
