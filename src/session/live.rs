//! The exchanges that are under way on a core, for operators: `show sess`, `shutdown session`.
//!
//! A request notes where it stands in a [`Live`] that lies beside its heads: a few stores, no list to enter and to leave. The
//! core keeps a list of all of these, used or not, and walks it when somebody asks.
use super::local::Heads;
use super::{Conn, Local, upstream};
use crate::base::ids::{BackendId, FrontendId, ServerId};
use crate::base::time::Tick;
use crate::net::driver::Key;
use crate::net::glance::Glance;
use crate::net::{Stream, TaskId};
use crate::share::cores::{CoreFigures, Descriptor, Kind};
use crate::share::sessions::{Half, Session, SessionId, Stage};
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

/// No stream: no slot has this generation.
const NO_KEY: Key = Key { slot: u32::MAX, generation: u32::MAX };
/// Places of TCP connections kept for reuse.
const KEEP: usize = 1_024;

/// Where one exchange stands.
pub struct Live {
    place: u32,
    /// Counts the exchanges that were written down here.
    turn: Cell<u32>,
    under_way: Cell<bool>,
    stage: Cell<Stage>,
    killed: Cell<bool>,
    retries: Cell<u32>,
    frontend: Cell<FrontendId>,
    listener: Cell<u32>,
    began: Cell<Tick>,
    src: Cell<Option<SocketAddr>>,
    task: Cell<TaskId>,
    client: Cell<Key>,
    upstream: Cell<Key>,
    backend: Cell<Option<BackendId>>,
    server: Cell<Option<ServerId>>,
    bytes_in: Cell<u64>,
    bytes_out: Cell<u64>,
}

impl Live {
    fn new(place: u32) -> Live {
        Live {
            place,
            turn: Cell::new(0),
            under_way: Cell::new(false),
            stage: Cell::default(),
            killed: Cell::new(false),
            retries: Cell::new(0),
            frontend: Cell::new(FrontendId(0)),
            listener: Cell::new(0),
            began: Cell::default(),
            src: Cell::new(None),
            task: Cell::new(TaskId::NONE),
            client: Cell::new(NO_KEY),
            upstream: Cell::new(NO_KEY),
            backend: Cell::new(None),
            server: Cell::new(None),
            bytes_in: Cell::new(0),
            bytes_out: Cell::new(0),
        }
    }

    /// An exchange begins.
    #[inline]
    pub(super) fn begin(&self, conn: &Conn, began: Tick) {
        self.turn.set(self.turn.get().wrapping_add(1));
        self.under_way.set(true);
        self.stage.set(Stage::Request);
        self.killed.set(false);
        self.retries.set(0);
        self.frontend.set(conn.info.frontend);
        self.listener.set(conn.info.listener_id);
        self.began.set(began);
        self.src.set(conn.info.src);
        self.task.set(conn.local.core.current());
        self.client.set(conn.stream.key());
        self.upstream.set(NO_KEY);
        self.backend.set(None);
        self.server.set(None);
        self.bytes_in.set(0);
        self.bytes_out.set(0);
        conn.live.set(self.place);
    }

    /// It has ended.
    #[inline]
    pub(super) fn end(&self) {
        self.under_way.set(false);
    }

    #[inline]
    pub(super) fn backend(&self, backend: BackendId) {
        self.backend.set(Some(backend));
    }

    /// It goes to this server over this connection.
    #[inline]
    pub(super) fn connected(&self, server: ServerId, stream: &Stream, stage: Stage) {
        self.server.set(Some(server));
        self.upstream.set(stream.key());
        self.stage.set(stage);
    }

    #[inline]
    pub(super) fn stage(&self, stage: Stage) {
        self.stage.set(stage);
    }

    /// So many bytes go to the server.
    #[inline]
    pub(super) fn passed_in(&self, bytes: usize) {
        self.bytes_in.set(self.bytes_in.get() + bytes as u64);
    }

    /// So many bytes go to the client.
    #[inline]
    pub(super) fn passed_out(&self, bytes: usize) {
        self.bytes_out.set(self.bytes_out.get() + bytes as u64);
    }

    /// What counts the bytes that go to the server, and those to the client.
    pub(super) fn counts(&self) -> [&Cell<u64>; 2] {
        [&self.bytes_in, &self.bytes_out]
    }

    fn is(&self, id: SessionId) -> bool {
        self.under_way.get() && self.turn.get() == id.turn
    }

    fn shown(&self, local: &Local) -> Option<Session> {
        let client = local.core.glance(self.client.get())?;
        let upstream = local.core.glance(self.upstream.get());
        Some(Session {
            id: SessionId { core: local.index as u8, place: self.place, turn: self.turn.get() },
            frontend: self.frontend.get(),
            listener: self.listener.get(),
            backend: self.backend.get(),
            server: self.server.get(),
            src: self.src.get(),
            began: self.began.get(),
            stage: self.stage.get(),
            retries: self.retries.get(),
            bytes_in: self.bytes_in.get(),
            bytes_out: self.bytes_out.get(),
            killed: self.killed.get(),
            expires: local.core.wakes_at(self.task.get()),
            client: half(client),
            upstream: upstream.map(half),
        })
    }
}

fn half(seen: Glance) -> Half {
    Half { fd: seen.fd, local: seen.local, unread: seen.unread, unsent: seen.unsent, ended: seen.ended }
}

/// All that are or were under way on a core, by place.
#[derive(Default)]
pub struct Lives {
    all: RefCell<Vec<Option<Rc<Live>>>>,
    free: RefCell<Vec<u32>>,
    spare: RefCell<Vec<Rc<Live>>>,
}

impl Lives {
    /// One more; it stays in the list until it is forgotten.
    pub(super) fn add(&self) -> Rc<Live> {
        let mut all = self.all.borrow_mut();
        let place = self.free.borrow_mut().pop().unwrap_or_else(|| {
            all.push(None);
            all.len() as u32 - 1
        });
        let live = Rc::new(Live::new(place));
        all[place as usize] = Some(live.clone());
        live
    }

    /// It will not be used again.
    pub(super) fn forget(&self, live: &Live) {
        self.all.borrow_mut()[live.place as usize] = None;
        self.free.borrow_mut().push(live.place);
    }

    fn at(&self, place: u32) -> Option<Rc<Live>> {
        self.all.borrow().get(place as usize)?.clone()
    }
}

/// A TCP connection in the list, for as long as this is held.
pub(super) struct Entered<'a> {
    local: &'a Local,
    live: Rc<Live>,
}

impl std::ops::Deref for Entered<'_> {
    type Target = Live;
    fn deref(&self) -> &Live {
        &self.live
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.live.end();
        let mut spare = self.local.lives.spare.borrow_mut();
        if spare.len() < KEEP {
            spare.push(self.live.clone());
        } else {
            self.local.lives.forget(&self.live);
        }
    }
}

impl Conn {
    /// Writes a TCP connection down.
    pub(super) fn enter(&self) -> Entered<'_> {
        let spare = self.local.lives.spare.borrow_mut().pop();
        let live = spare.unwrap_or_else(|| self.local.lives.add());
        live.begin(self, self.info.accepted);
        Entered { local: &self.local, live }
    }

    /// Where a request stands that does not go its usual way: found by its place, so that what is rare costs the others
    /// nothing.
    fn with_live<T>(&self, f: impl FnOnce(&Live) -> T) -> Option<T> {
        let live = self.local.lives.at(self.live.get())?;
        live.under_way.get().then(|| f(&live))
    }

    /// It waits so, for this server where that is known.
    pub(super) fn waits(&self, stage: Stage, server: Option<ServerId>) {
        self.with_live(|live| {
            live.stage.set(stage);
            live.server.set(server);
            live.upstream.set(NO_KEY);
        });
    }

    /// It is tried again.
    pub(super) fn tries_again(&self) {
        self.with_live(|live| live.retries.set(live.retries.get() + 1));
    }

    /// Bytes of the request's body go to the server.
    pub(super) fn passes_in(&self, bytes: usize) {
        self.with_live(|live| live.passed_in(bytes));
    }

    /// Bytes of an answer of our own go to the client.
    pub(super) fn passes_out(&self, bytes: usize) {
        self.with_live(|live| live.passed_out(bytes));
    }

    /// Whether an operator has ended it.
    pub(super) fn is_killed(&self) -> bool {
        self.with_live(|live| live.killed.get()).unwrap_or(false)
    }

    /// Waits for something that may be long in coming; `None` when an operator ends the session before.
    pub(super) async fn unless_killed<T>(&self, wait: impl Future<Output = T>) -> Option<T> {
        let mut wait = pin!(wait);
        poll_fn(|cx| match wait.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if self.is_killed() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}

/// Places that are looked at in one piece of the list.
const PIECE: usize = 1_024;
/// Sessions that one piece has at most.
const MOST: usize = 128;

/// Exchanges under way that began before `until`, from a place on; and where the next piece begins.
#[must_use]
pub fn sessions(local: &Local, from: usize, until: Tick) -> (Vec<Session>, Option<usize>) {
    let all = local.lives.all.borrow();
    let mut found = Vec::new();
    for (place, live) in all.iter().enumerate().skip(from) {
        if place >= from + PIECE || found.len() >= MOST {
            return (found, Some(place));
        }
        let shown = live.as_ref().filter(|live| live.under_way.get() && live.began.get() <= until);
        found.extend(shown.and_then(|live| live.shown(local)));
    }
    (found, None)
}

/// What the core says of itself.
#[must_use]
pub fn figures(local: &Local) -> CoreFigures {
    let (core, buffers) = (&local.core, local.core.pool());
    let lives = local.lives.all.borrow();
    let clock = nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID);
    CoreFigures {
        engine: core.driver_name(),
        thread: nix::unistd::gettid().as_raw(),
        cpu: clock.map_or(std::time::Duration::ZERO, std::time::Duration::from),
        turns: core.turns(),
        tasks: core.live_tasks(),
        ready: core.ready_tasks(),
        buffers: buffers.total(),
        buffers_held: buffers.held(),
        buffer_bytes: buffers.size(),
        streams: lives.iter().flatten().count(),
        streams_now: lives.iter().flatten().filter(|live| live.under_way.get()).count(),
        stream_bytes: size_of::<Live>() + size_of::<Heads>(),
    }
}

/// The descriptors that the core watches.
#[must_use]
pub fn descriptors(local: &Local) -> Vec<Descriptor> {
    let kind = |seen: &crate::net::glance::Watched| match upstream::labelled(seen.label) {
        _ if seen.listens => Kind::Listener,
        Some(server) => Kind::Server { server, connecting: seen.connecting },
        None => Kind::Client,
    };
    local.core.watched().iter().map(|seen| Descriptor { fd: seen.fd, kind: kind(seen) }).collect()
}

/// One exchange.
#[must_use]
pub fn session(local: &Local, id: SessionId) -> Option<Session> {
    local.lives.at(id.place).filter(|live| live.is(id))?.shown(local)
}

/// Ends an exchange: its server's connection, or its wait for one. False when it is not under way.
pub fn shut(local: &Local, id: SessionId) -> bool {
    let Some(live) = local.lives.at(id.place).filter(|live| live.is(id)) else { return false };
    live.killed.set(true);
    if local.core.break_off(live.upstream.get()) {
        return true;
    }
    match live.stage.get() {
        // These look whether they are to end when they are woken.
        Stage::Queue | Stage::Connect | Stage::TurnAround | Stage::Tarpit => {
            local.core.wake(live.task.get());
        }
        _ => {
            local.core.break_off(live.client.get());
            local.core.wake(live.task.get());
        }
    }
    true
}
