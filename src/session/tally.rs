//! What is counted of a client's side: of its frontend, and of its listener where `option socket-stats` asks for it.
use super::{Conn, Local};
use crate::base::ids::{BackendId, ListenerId, ServerId};
use crate::rules::ConnInfo;
use crate::share::ListenerCells;
use crate::share::counters::{Counter, count_status};

/// In place of a status: HAProxy counts exchanges that end without an answer as other ones (`hrsp_other`).
const NO_ANSWER: u16 = 0;

impl Conn {
    /// Counts on the connection's listener, where that is counted.
    #[inline]
    pub(super) fn on_listener(&self, count: impl FnOnce(&ListenerCells)) {
        on(&self.local, &self.info, count);
    }

    /// Counts bytes of requests that came from the client.
    #[inline]
    pub(super) fn count_received(&self, bytes: u64) {
        let cells = self.local.cells();
        cells.frontends[self.info.frontend.index()].bytes_in.add(bytes);
        self.on_listener(|l| l.bytes_in.add(bytes));
    }

    /// Counts a request that rules have refused.
    pub(super) fn count_denied(&self, backend: Option<BackendId>) {
        let cells = self.local.cells();
        cells.frontends[self.info.frontend.index()].denied_req.inc();
        if let Some(id) = backend {
            cells.backends[id.index()].denied_req.inc();
        }
        self.on_listener(|l| l.denied_req.inc());
    }

    /// Counts a request that is no HTTP.
    pub(super) fn count_invalid(&self) {
        self.local.cells().frontends[self.info.frontend.index()].failed_req.inc();
        self.on_listener(|l| l.failed_req.inc());
    }

    /// Counts rules that could not write into a message what they were to, and whether that ended it.
    #[cold]
    pub(super) fn count_failed_rewrites(
        &self,
        (backend, server): (Option<BackendId>, Option<ServerId>),
        rewrites: u8,
        ended: bool,
    ) {
        let cells = self.local.cells();
        let count = |failed: &Counter, internal: &Counter| {
            failed.add(u64::from(rewrites));
            internal.add(u64::from(ended));
        };
        let fe = &cells.frontends[self.info.frontend.index()];
        count(&fe.failed_rewrites, &fe.internal_errors);
        self.on_listener(|l| count(&l.failed_rewrites, &l.internal_errors));
        if let Some(be) = backend.map(|id| &cells.backends[id.index()]) {
            count(&be.failed_rewrites, &be.internal_errors);
        }
        if let Some(srv) = server.map(|id| &cells.servers[id.index()]) {
            count(&srv.failed_rewrites, &srv.internal_errors);
        }
    }

    /// Counts an answer's status for the frontend and the backend.
    #[inline]
    pub(super) fn count_status(&self, status: u16, backend: Option<BackendId>) {
        let cells = self.local.cells();
        count_status(&cells.frontends[self.info.frontend.index()].status, status);
        if let Some(id) = backend {
            count_status(&cells.backends[id.index()].status, status);
        }
    }

    /// Counts an exchange that ended without an answer.
    pub(super) fn count_unanswered(&self, backend: Option<BackendId>) {
        self.count_status(NO_ANSWER, backend);
    }
}

/// Counts on a connection's listener, where that is counted. Where none is, this is one look at an empty list.
#[inline]
pub(super) fn on(local: &Local, info: &ConnInfo, count: impl FnOnce(&ListenerCells)) {
    if !local.cells().listeners.is_empty()
        && let Some(id) = counted(local, info)
    {
        count(&local.cells().listeners[id.index()]);
    }
}

/// The connection's listener, where `option socket-stats` counts it.
#[cold]
fn counted(local: &Local, info: &ConnInfo) -> Option<ListenerId> {
    let view = local.view();
    let listeners = view.plan.frontend(info.frontend).listeners.iter();
    let mut all = listeners.map(|id| &view.plan.listeners[id.index()]);
    all.find(|listener| listener.uuid == info.listener_id && listener.counted).map(|listener| listener.id)
}
