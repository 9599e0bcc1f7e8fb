//! Waiting for a place on a server: in the backend's queue for whichever is free, or for one server alone until that one goes
//! (`maxconn`, `maxqueue`, `timeout queue`, `option redispatch`).
use super::local::View;
use super::outcome::Outcome;
use super::select::{Place, give_back};
use super::{Conn, persist};
use crate::base::ids::{BackendId, ServerId};
use crate::base::time::Tick;
use crate::share::sessions::Stage;
use crate::share::{Rank, Ticket};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

/// Whom a request waits for.
#[derive(Clone, Copy)]
pub(super) enum For {
    Any,
    /// The client's server, or the one that a rule names.
    Own(ServerId),
    /// The one that its key gives.
    Hashed(ServerId),
}

/// How waiting ended.
pub(super) enum Waited {
    Place(Place),
    /// The server that was waited for went, or too many wait for it: another one is to be found.
    Leave(ServerId),
}

/// A ticket that leaves the queue when its owner goes.
struct InQueue<'a> {
    conn: &'a Conn,
    backend: BackendId,
    ticket: Arc<Ticket>,
    taken: bool,
}

impl Drop for InQueue<'_> {
    fn drop(&mut self) {
        if self.taken {
            return;
        }
        let local = &self.conn.local;
        match self.ticket.leave() {
            Some(server) => give_back(local, self.backend, server),
            None => local.shared.queues[self.backend.index()].sweep(),
        }
    }
}

/// Waits for a place.
pub(super) async fn wait_in_queue(
    conn: &Conn,
    view: &View,
    backend: BackendId,
    whom: For,
    rank: Rank,
    deadline: Option<Tick>,
) -> Result<Waited, Outcome> {
    let (core, shared) = (&conn.local.core, &conn.local.shared);
    let wants = match whom {
        For::Any => None,
        For::Own(server) | For::Hashed(server) => Some(server),
    };
    let movable = view.plan.backend(backend).redistributes() && !persist::is_forced(conn);
    let mut waiting = InQueue { conn, backend, ticket: Ticket::new(wants, movable, rank), taken: false };
    let (notifier, task) = (core.notifier(), core.current());
    let most = wants.and_then(|server| view.plan.server(server).maxqueue).unwrap_or(0);
    if !shared.queues[backend.index()].join(
        waiting.ticket.clone(),
        most,
        Box::new(move || notifier.wake(task)),
    ) {
        return queue_full(conn, view, backend, whom);
    }
    conn.note(|r| match whom {
        For::Any => r.backend_queue += shared.queues[backend.index()].len(),
        For::Own(_) | For::Hashed(_) => r.server_queue += shared.queues[backend.index()].len(),
    });
    // The server may have gone, or a place become free, before we joined.
    let newest = conn.local.view();
    if let Some(server) = wants.filter(|_| movable)
        && newest.server(server).openness() < view.server(server).openness()
    {
        return Ok(Waited::Leave(server));
    }
    for (server, _) in newest.servers_of(backend) {
        let any = newest.takes_any(server);
        if (any || wants == Some(server)) && newest.maxconn(server).is_some() {
            shared.serve_queue(backend, server, any);
        }
    }
    drop(newest);
    conn.waits(Stage::Queue, wants);
    let granted = poll_fn(|_| match waiting.ticket.granted() {
        Some(server) => Poll::Ready(Ok(Some(server))),
        None if waiting.ticket.is_moved() => Poll::Ready(Ok(None)),
        None if conn.is_killed() => Poll::Ready(Err(Outcome::KilledInQueue)),
        // The client's end is looked for only where the file asks for it (`option abortonclose`).
        None if view.plan.backend(backend).abort_on_close && client_left(conn) => {
            Poll::Ready(Err(Outcome::ClientGoneInQueue))
        }
        None => Poll::Pending,
    });
    let granted = core.until(deadline, granted).await;
    if !matches!(granted, Ok(Ok(Some(_)))) {
        conn.note(|r| r.placed = core.now());
    }
    match granted {
        Ok(Ok(Some(server))) => {
            waiting.taken = true;
            // HAProxy's `lbtot` counts what the balance chose, not what was handed on.
            Ok(Waited::Place(Place::again(conn, backend, server, true)))
        }
        Ok(Ok(None)) => Ok(wants.map(Waited::Leave).expect("only who waits for a server is moved")),
        Ok(Err(outcome)) => Err(outcome),
        Err(_) => Err(failed(conn, backend, wants, Outcome::QueueTimeout)),
    }
}

/// More may not wait for this server (`maxqueue`): its own clients go elsewhere where they may.
fn queue_full(conn: &Conn, view: &View, backend: BackendId, whom: For) -> Result<Waited, Outcome> {
    match whom {
        For::Own(server) if view.plan.backend(backend).redispatch != 0 && !persist::is_forced(conn) => {
            Ok(Waited::Leave(server))
        }
        For::Own(server) | For::Hashed(server) => {
            Err(failed(conn, backend, Some(server), Outcome::QueueFull))
        }
        For::Any => Err(Outcome::QueueFull),
    }
}

/// Counts a request that gets no connection (`econ`).
pub(super) fn failed(conn: &Conn, backend: BackendId, server: Option<ServerId>, outcome: Outcome) -> Outcome {
    let cells = conn.local.cells();
    if let Some(server) = server {
        cells.servers[server.index()].failed_conns.inc();
    }
    cells.backends[backend.index()].failed_conns.inc();
    outcome
}

pub(super) fn client_left(conn: &Conn) -> bool {
    conn.stream.poll_readable() && conn.stream.has_ended()
}
