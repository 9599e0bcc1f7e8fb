//! One core's loop: its listeners, its sessions, its idle server connections. A shard ends when its listeners are stopped
//! and its last connection has gone.
mod pace;

use crate::base::ids::{BackendId, FrontendId, ListenerId, ServerId};
use crate::base::limits::RECEIVE_SIZE;
use crate::base::time::Tick;
use crate::net::{Core, IoMode, Listener, Notifier, Stream, TaskId};
use crate::session::{self, Local};
use crate::share::{Gate, Shared};
use crate::world::Published;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

/// What a shard is made of.
pub struct ShardConfig {
    pub index: usize,
    pub io: IoMode,
    /// This shard's own sockets, bound and listening.
    pub listeners: Vec<(ListenerId, OwnedFd)>,
    pub published: Arc<Published>,
    pub shared: Arc<Shared>,
}

thread_local! {
    /// The shard that runs on this thread, for letters from control.
    static HERE: RefCell<Option<Rc<Shard>>> = const { RefCell::new(None) };
}

/// Speaks to a running shard from any thread.
#[derive(Clone)]
pub struct ShardHandle {
    notifier: Notifier,
}

impl ShardHandle {
    /// Tells the shard to look at the newest World now: listeners pause, resume or stop, queues are served.
    pub fn refresh(&self) {
        self.notifier.call(|_| with_here(|shard| shard.refresh()));
    }

    /// Ends what is under way with a server.
    pub fn shut_sessions(&self, server: ServerId) {
        self.notifier.call(move |_| with_here(|shard| session::cut(&shard.local, server)));
    }

    /// Asks the shard's core; `done` is called on its thread with what it says. Nobody is called where the shard has ended.
    pub fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Local) -> T + Send + 'static,
        done: impl FnOnce(T) + Send + 'static,
    ) {
        self.notifier.call(move |_| with_here(|shard| done(question(&shard.local))));
    }

    /// Clears the shard's counters; `done` is called on its thread.
    pub fn clear_counters(&self, all: bool, done: impl FnOnce() + Send + 'static) {
        self.notifier.call(move |_| {
            with_here(|shard| shard.local.cells().clear(all));
            done();
        });
    }

    /// Ends the shard at once, whatever is open.
    pub fn hard_stop(&self) {
        self.notifier.call(Core::stop);
    }
}

fn with_here(f: impl FnOnce(&Rc<Shard>)) {
    let shard = HERE.with_borrow(Clone::clone);
    if let Some(shard) = shard {
        f(&shard);
    }
}

/// Runs a shard on the calling thread until it ends. `started` is called once it accepts.
///
/// # Errors
/// The engine could not be had, or a listener not be watched.
pub fn run(config: ShardConfig, started: impl FnOnce(ShardHandle)) -> io::Result<()> {
    let bytes = config.published.load().plan.global.bufsize.map_or(0, |b| b as usize).max(RECEIVE_SIZE);
    let core = Core::with_buffers(config.io, bytes)?;
    let handle = ShardHandle { notifier: core.notifier() };
    let shard = start(&core, config)?;
    HERE.set(Some(shard.clone()));
    started(handle);
    core.run();
    HERE.set(None);
    Ok(())
}

/// Starts a shard's tasks on a core; `run` and the simulator share this.
///
/// # Errors
/// A listener could not be watched.
pub fn start(core: &Core, config: ShardConfig) -> io::Result<Rc<Shard>> {
    let mut listeners = Vec::new();
    for (id, fd) in config.listeners {
        listeners.push((id, core.listen(fd)?));
    }
    Ok(start_with(core, config.index, config.published, config.shared, listeners))
}

/// Starts a shard's tasks over listeners that are there already.
#[must_use]
pub fn start_with(
    core: &Core,
    index: usize,
    published: Arc<Published>,
    shared: Arc<Shared>,
    listeners: Vec<(ListenerId, Listener)>,
) -> Rc<Shard> {
    let local = Local::new(core.clone(), index, published, shared);
    let shard = Rc::new(Shard {
        local: local.clone(),
        acceptors: RefCell::default(),
        listening: Cell::new(listeners.len()),
        reaper: Cell::new(TaskId::NONE),
        told: Cell::new(Tick::ZERO),
    });
    let reaper = core.spawn(session::reap(local));
    shard.local.reaper.set(reaper);
    shard.reaper.set(reaper);
    for (id, listener) in listeners {
        let task = core.spawn(accept(shard.clone(), id, listener));
        shard.acceptors.borrow_mut().push(task);
    }
    // One without a listener has nothing to do.
    shard.stop_if_done();
    shard
}

/// One core's state.
pub struct Shard {
    pub local: Rc<Local>,
    /// The tasks that accept, one a listener.
    acceptors: RefCell<Vec<TaskId>>,
    /// Listeners that are not stopped for good.
    listening: Cell<usize>,
    reaper: Cell<TaskId>,
    /// When an error of accepting was last told.
    told: Cell<Tick>,
}

/// How long accepting rests after an error (no descriptors left, …).
const ACCEPT_REST: Duration = Duration::from_millis(100);
const TELL_EVERY: Duration = Duration::from_secs(1);

impl Shard {
    /// Looks at the newest World: acceptors see their frontend's state, queues see new servers.
    pub fn refresh(&self) {
        let view = self.local.view();
        for &task in self.acceptors.borrow().iter() {
            self.local.core.wake(task);
        }
        for (index, queue) in self.local.shared.queues.iter().enumerate() {
            if queue.is_empty() {
                continue;
            }
            let backend = BackendId::from(index);
            for (server, _) in view.servers_of(backend) {
                self.local.shared.serve_queue(backend, server, view.takes_any(server));
            }
        }
        self.local.cut_watched();
        self.local.core.wake(self.reaper.get());
    }

    /// Says once a second why no connection can be accepted, in HAProxy's words where it has any.
    fn tell_accept_error(&self, id: ListenerId, error: &io::Error) {
        let now = self.local.core.now();
        if now.since(self.told.get()) < TELL_EVERY && self.told.get() != Tick::ZERO {
            return;
        }
        self.told.set(now);
        let view = self.local.view();
        let name = &view.plan.frontend(view.plan.listeners[id.index()].frontend).name;
        let why = match error.raw_os_error() {
            Some(libc::EMFILE) => "reached process FD limit. Please check 'ulimit-n' and restart".to_owned(),
            Some(libc::ENFILE) => "reached system FD limit. Please check system tunables".to_owned(),
            Some(libc::ENOBUFS | libc::ENOMEM) => {
                "reached system memory limit. Please check system tunables".to_owned()
            }
            _ => format!("cannot accept: {error}"),
        };
        eprintln!("[ALERT]    ({}) : Proxy {name} {why}.", std::process::id());
    }

    /// Ends the loop when nothing is left to do.
    fn stop_if_done(&self) {
        if self.listening.get() == 0 {
            if !self.local.stopping.replace(true) {
                // Idle connections close, the reaper drops its own.
                self.local.core.wake_all();
            }
            if self.local.open.get() == 0 {
                self.local.core.stop();
            }
        }
    }
}

/// What a listener's frontend wants of it now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Accept,
    Pause,
    Stop,
}

fn wanted(shard: &Shard, id: ListenerId) -> Wanted {
    let view = shard.local.view();
    let state = view.frontend(view.plan.listeners[id.index()].frontend);
    match (state.stopped, state.paused) {
        (true, _) => Wanted::Stop,
        (_, true) => Wanted::Pause,
        _ => Wanted::Accept,
    }
}

/// Accepts on one listener for as long as its frontend wants it to.
async fn accept(shard: Rc<Shard>, id: ListenerId, listener: Listener) {
    let core = shard.local.core.clone();
    let frontend = shard.local.view().plan.listeners[id.index()].frontend;
    loop {
        // What the frontend wants is looked at whenever this task is woken.
        let next = {
            let mut accepted = std::pin::pin!(listener.accept());
            poll_fn(|cx| match wanted(&shard, id) {
                Wanted::Stop => Poll::Ready(None),
                Wanted::Pause => {
                    listener.pause();
                    Poll::Pending
                }
                Wanted::Accept => accepted.as_mut().poll(cx).map(Some),
            })
            .await
        };
        match next {
            None => break,
            Some(Err(e)) => {
                shard.tell_accept_error(id, &e);
                core.sleep_until(core.now() + ACCEPT_REST).await;
            }
            Some(Ok((stream, peer))) => {
                let shared = &shard.local.shared;
                let own = match shared.listener(id.index()) {
                    Some(gate) => enter(&shard, id, &listener, gate).await,
                    None => true,
                };
                let own = own & pace::in_time(&shard, id, frontend, &listener).await;
                let goes_on = own
                    & enter(&shard, id, &listener, &shared.process).await
                    & enter(&shard, id, &listener, &shared.frontends[frontend.index()]).await;
                serve(&shard, id, frontend, stream, peer);
                if !goes_on {
                    break;
                }
            }
        }
    }
    // Who connected before the end is served, whatever the limits say: the alternative is a reset.
    let shared_with_next = shard.local.shared.handed_over.load(Ordering::Relaxed);
    for (stream, peer) in listener.finish(!shared_with_next).await {
        shard.local.shared.process.enter();
        shard.local.shared.frontends[frontend.index()].enter();
        if let Some(gate) = shard.local.shared.listener(id.index()) {
            gate.enter();
        }
        serve(&shard, id, frontend, stream, peer);
    }
    drop(listener);
    shard.listening.set(shard.listening.get() - 1);
    shard.stop_if_done();
}

/// Starts a session; its gates were entered.
fn serve(shard: &Rc<Shard>, id: ListenerId, frontend: FrontendId, stream: Stream, peer: Option<SocketAddr>) {
    shard.local.open.set(shard.local.open.get() + 1);
    let shard = shard.clone();
    shard.local.core.clone().spawn(async move {
        session::serve(shard.local.clone(), stream, peer, id).await;
        shard.local.shared.frontends[frontend.index()].leave();
        shard.local.shared.process.leave();
        if let Some(gate) = shard.local.shared.listener(id.index()) {
            gate.leave();
        }
        shard.local.open.set(shard.local.open.get() - 1);
        shard.stop_if_done();
    });
}

/// Enters a gate, waiting while it is full; meanwhile no more connections are taken from the kernel. False when the
/// listener is to stop: then the gate was entered over its limit, as the connection is there already.
async fn enter(shard: &Rc<Shard>, id: ListenerId, listener: &Listener, gate: &Gate) -> bool {
    if gate.try_enter() {
        return true;
    }
    listener.pause();
    let (notifier, task) = (shard.local.core.notifier(), shard.local.core.current());
    poll_fn(|_| {
        if wanted(shard, id) == Wanted::Stop {
            gate.enter();
            return Poll::Ready(false);
        }
        if gate.try_enter() {
            return Poll::Ready(true);
        }
        let notifier = notifier.clone();
        gate.when_left(Box::new(move || notifier.wake(task)));
        // Somebody may have left before we were noted.
        if gate.try_enter() { Poll::Ready(true) } else { Poll::Pending }
    })
    .await
}
