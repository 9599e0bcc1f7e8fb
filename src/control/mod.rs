//! The control thread: the only writer of Worlds. Signals, health checks, the runtime API, and the process's end.
//!
//! It runs on a core of its own like every shard (`docs/decisions/0003-control-on-our-own-core.md`).
pub mod cli;
mod comers;
mod desk;
mod events;
mod hand_over;
mod list_edits;
mod names;
mod pieces;
pub mod say;
mod sessions;
mod signals;
mod stop;
mod talk;

use crate::base::ids::{FrontendId, ListenerId};
use crate::base::time::Tick;
use crate::health;
use crate::logs::Sender;
use crate::logs::forward::Forwarding;
use crate::net::{Core, IoMode, Notifier};
use crate::observe;
use crate::shard::ShardHandle;
use crate::share::Shared;
use crate::world::{Published, World};
use nix::sys::signal::SigSet;
use std::cell::{Cell, OnceCell, RefCell};
use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::SystemTime;

/// A listening socket as control holds it beside the shard that accepts from it: to be paused, and to be handed to the
/// process that comes next.
#[derive(Debug)]
pub struct Kept {
    pub id: ListenerId,
    pub fd: OwnedFd,
}

/// Facts about the process that no other part knows.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The effective `maxconn` of the process.
    pub maxconn: u32,
    pub ulimit_n: u64,
    pub started: SystemTime,
}

/// Counts the shards that have ended, from their threads.
#[derive(Clone)]
pub struct Ended {
    count: Arc<AtomicUsize>,
    notifier: Notifier,
}

impl Ended {
    /// One more has ended.
    pub fn one(&self) {
        self.count.fetch_add(1, Ordering::Release);
        self.notifier.call(Core::wake_all);
    }
}

/// The control thread's state, before it runs.
pub struct Control {
    core: Core,
    ended: Ended,
}

/// What it works on once the shards accept.
pub struct Running {
    pub published: Arc<Published>,
    pub shared: Arc<Shared>,
    pub shards: Vec<ShardHandle>,
    pub kept: Vec<Kept>,
    pub facts: Facts,
    pub sockets: Vec<cli::Socket>,
    /// The files of rings.
    pub mirrors: Vec<crate::logs::mirror::Mirror>,
    /// Signals that are blocked in every thread, for us to read.
    pub signals: SigSet,
}

impl Control {
    /// Makes the core, on the thread that will run it.
    ///
    /// # Errors
    /// The engine can't be had.
    pub fn new(io_mode: IoMode) -> io::Result<Control> {
        let core = Core::new(io_mode)?;
        let ended = Ended { count: Arc::default(), notifier: core.notifier() };
        Ok(Control { core, ended })
    }

    /// What the shards' threads tell their end to.
    #[must_use]
    pub fn ended(&self) -> Ended {
        self.ended.clone()
    }

    /// Runs until every shard has ended; then the process may exit.
    ///
    /// # Errors
    /// Signals can't be read.
    pub fn run(self, running: Running) -> io::Result<()> {
        let core = self.core.clone();
        let logs = Sender::new(&running.published.load().plan, &running.shared);
        let state = Rc::new(State {
            core: self.core,
            published: running.published,
            shared: running.shared,
            shards: running.shards,
            kept: RefCell::new(running.kept),
            facts: running.facts,
            ended: self.ended,
            stopping: Cell::new(false),
            talks: Cell::new(0),
            names: OnceCell::new(),
            logs: RefCell::new(logs),
            forwarding: OnceCell::new(),
            dropped_logs: Cell::new(0),
            checks: OnceCell::new(),
            born: core.now(),
        });
        signals::start(&state, &running.signals)?;
        cli::start(&state, running.sockets)?;
        desk::start(&state);
        list_edits::start(&state);
        state.start_checks();
        state.start_names();
        state.start_forwarding();
        crate::logs::mirror::start(&core, &state.shared, running.mirrors);
        observe::run_sampling(&core, state.shared.clone());
        core.block_on(async move {
            state.all_ended().await;
            state.last_lines().await;
        });
        Ok(())
    }
}

/// What the tasks of the control thread share.
struct State {
    core: Core,
    published: Arc<Published>,
    shared: Arc<Shared>,
    shards: Vec<ShardHandle>,
    kept: RefCell<Vec<Kept>>,
    facts: Facts,
    ended: Ended,
    stopping: Cell<bool>,
    /// Connections to the runtime API.
    talks: Cell<u32>,
    names: OnceCell<crate::names::Names>,
    logs: RefCell<Sender>,
    forwarding: OnceCell<Forwarding>,
    dropped_logs: Cell<u64>,
    checks: OnceCell<health::Running>,
    born: Tick,
}

impl State {
    fn start_checks(self: &Rc<State>) {
        let state = self.clone();
        let checks =
            health::run(&self.core, self.published.clone(), self.shared.clone(), move |event| match event {
                health::Event::World(_) => state.refresh(),
                health::Event::Unreachable(server) => state.doubt_name(server),
                health::Event::Say(message) => state.tell_event(&message),
            });
        assert!(self.checks.set(checks).is_ok(), "checks are started once");
    }

    /// Puts an edit into force and tells the shards.
    fn edit(&self, edit: impl FnOnce(&World) -> World) {
        self.published.edit(edit);
        self.refresh();
    }

    fn refresh(&self) {
        self.shards.iter().for_each(ShardHandle::refresh);
    }

    /// The shards end with their last listener and connection; a statistics socket alone keeps the process too, until it
    /// is told to stop.
    async fn all_ended(&self) {
        let steered = !self.published.load().plan.global.stats_sockets.is_empty();
        poll_fn(|_| {
            let ended = self.ended.count.load(Ordering::Acquire) >= self.shards.len();
            let stays = steered && !self.stopping.get();
            if ended && !stays { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// The descriptors of a frontend's listening sockets go: when the shards' own are closed too, the kernel refuses.
    fn release(&self, frontend: FrontendId) {
        let world = self.published.load();
        self.kept.borrow_mut().retain(|kept| world.plan.listeners[kept.id.index()].frontend != frontend);
    }
}
