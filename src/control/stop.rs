//! Pause, resume and the soft stop.
use super::{State, say};
use crate::base::ids::FrontendId;
use crate::plan::logging::LogSetId;
use crate::plan::{Backend, Frontend, ListenerAddr, Plan};
use crate::shard::ShardHandle;
use crate::world::FrontendState;
use socket2::SockRef;
use std::net::Shutdown;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long the shards may take to see a new World before their sockets are paused under them.
const PATIENCE: Duration = Duration::from_millis(200);
const GLANCE: Duration = Duration::from_millis(1);
/// What HAProxy gives `listen()` again; the kernel cuts it to `somaxconn`.
const BACKLOG: i32 = 65_535;

impl State {
    /// SIGUSR1: no new connections; the process ends with the last one. `grace` delays it, `hard-stop-after` ends it.
    pub(super) fn soft_stop(self: &Rc<State>) {
        if self.stopping.replace(true) {
            return;
        }
        let state = self.clone();
        self.core.spawn(async move {
            let global = &state.published.load().plan.global;
            if let Some(grace) = global.grace {
                state.core.sleep_until(state.core.now() + grace).await;
            }
            let deadline = global.hard_stop_after.map(|after| state.core.now() + after);
            state.stop_listening();
            // Where every shard has ended before, nothing else tells.
            state.core.wake_all();
            if let Some(deadline) = deadline {
                state.core.sleep_until(deadline).await;
                state.hard_stop();
            }
        });
    }

    fn stop_listening(&self) {
        let world = self.published.load();
        self.edit_frontends(|_, state| state.stopped = true);
        self.kept.borrow_mut().clear();
        for (set, line) in farewells(&world.plan, |f| !world.frontend(f).stopped, |name| self.totals(name)) {
            match set {
                Some(set) => self.warn(set, &line),
                None => say::warning(&line),
            }
        }
    }

    fn hard_stop(&self) {
        say::warning("soft-stop running for too long, performing a hard-stop.");
        for (frontend, gate) in self.published.load().plan.frontends.iter().zip(&self.shared.frontends) {
            if gate.inside() > 0 {
                let text = format!(
                    "Proxy {} hard-stopped ({} remaining conns will be closed).",
                    frontend.name,
                    gate.inside()
                );
                self.warn(frontend.log_set, &text);
            }
        }
        self.shards.iter().for_each(ShardHandle::hard_stop);
    }

    /// Connections of a proxy so far, as frontend and as backend.
    fn totals(&self, name: &str) -> (u64, u64) {
        let plan = &self.published.load().plan;
        let frontend = plan.frontends.iter().position(|f| f.name == name);
        let backend = plan.backends.iter().position(|b| b.name == name);
        let sum = |f: &dyn Fn(&crate::share::ShardCounters) -> u64| self.shared.shards.iter().map(f).sum();
        (
            frontend.map_or(0, |i| sum(&|s| s.frontends[i].conn_tot.get())),
            backend.map_or(0, |i| sum(&|s| s.backends[i].sess_tot.get())),
        )
    }

    fn edit_frontends(&self, edit: impl Fn(&Frontend, &mut FrontendState)) {
        self.edit(|world| {
            let mut next = world.clone();
            for (index, frontend) in world.plan.frontends.iter().enumerate() {
                next = next.with_frontend(FrontendId::from(index), |state| edit(frontend, state));
            }
            next
        });
    }

    /// SIGTTOU: a new process wants our addresses.
    pub(super) fn pause_all(self: &Rc<State>) {
        let world = self.published.load();
        let all: Vec<FrontendId> = (0..world.plan.frontends.len()).map(FrontendId::from).collect();
        for id in all.iter().copied().filter(|f| is_open(world.frontend(*f))) {
            let frontend = world.plan.frontend(id);
            let text = format!("Paused {} {}.", kind(&world.plan, frontend), frontend.name);
            self.warn(frontend.log_set, &text);
        }
        self.pause(&all);
    }

    /// SIGTTIN: it did not work out, or the operator wants us back.
    pub(super) fn resume_all(self: &Rc<State>) {
        let world = self.published.load();
        for index in 0..world.plan.frontends.len() {
            let id = FrontendId::from(index);
            if world.frontend(id).paused && !world.frontend(id).stopped {
                let frontend = world.plan.frontend(id);
                let text = match self.resume(id) {
                    true => format!("Resumed {} {}.", kind(&world.plan, frontend), frontend.name),
                    false => format!("Could not resume {} {}.", kind(&world.plan, frontend), frontend.name),
                };
                self.warn(frontend.log_set, &text);
            }
        }
    }

    /// The frontends accept nothing until they are resumed; the kernel refuses connections meanwhile.
    pub(super) fn pause(self: &Rc<State>, frontends: &[FrontendId]) {
        let world = self.published.load();
        let open: Vec<FrontendId> =
            frontends.iter().copied().filter(|f| is_open(world.frontend(*f))).collect();
        if open.is_empty() {
            return;
        }
        self.edit(|world| {
            open.iter().fold(world.clone(), |next, id| next.with_frontend(*id, |state| state.paused = true))
        });
        let state = self.clone();
        self.core.spawn(async move {
            // An accept that waits on a socket which stops listening under it would fail.
            state.seen_by_shards().await;
            state.core.sleep_until(state.core.now() + GLANCE).await;
            for id in open {
                if state.published.load().frontend(id).paused {
                    state.on_inet_sockets(id, |socket| socket.shutdown(Shutdown::Read).is_ok());
                }
            }
        });
    }

    /// Accepts again; whether all its sockets can listen.
    pub(super) fn resume(&self, id: FrontendId) -> bool {
        let all = self.on_inet_sockets(id, |socket| socket.listen(BACKLOG).is_ok());
        if all {
            self.edit(|world| world.with_frontend(id, |state| state.paused = false));
        }
        all
    }

    /// Does something to the frontend's TCP sockets that are ours alone (inherited ones belong to others too).
    fn on_inet_sockets(&self, id: FrontendId, f: impl Fn(SockRef<'_>) -> bool) -> bool {
        let plan = &self.published.load().plan;
        let kept = self.kept.borrow();
        let mut all = true;
        for one in kept.iter() {
            let listener = &plan.listeners[one.id.index()];
            if listener.frontend == id && matches!(listener.addr, ListenerAddr::Inet(_)) {
                all &= f(SockRef::from(&one.fd));
            }
        }
        all
    }

    /// Waits until every shard uses the World in force.
    pub(super) async fn seen_by_shards(&self) {
        let generation = self.published.generation();
        let deadline = self.core.now() + PATIENCE;
        let behind =
            || self.shared.shards.iter().any(|s| s.process.world.load(Ordering::Acquire) < generation);
        while behind() && self.core.now() < deadline {
            self.core.sleep_until(self.core.now() + GLANCE).await;
        }
    }
}

fn is_open(state: &FrontendState) -> bool {
    !state.paused && !state.stopped
}

/// HAProxy's word: a `listen` is a proxy.
pub(super) fn kind(plan: &Plan, frontend: &Frontend) -> &'static str {
    if plan.backends.iter().any(|b| is_half(frontend, b)) { "proxy" } else { "frontend" }
}

/// Whether the two are one `listen`.
fn is_half(frontend: &Frontend, backend: &Backend) -> bool {
    frontend.uuid == backend.uuid && frontend.name == backend.name
}

/// HAProxy's lines at a soft stop: proxies with listeners, those of the statistics socket, then the others.
fn farewells(
    plan: &Plan,
    was_open: impl Fn(FrontendId) -> bool,
    totals: impl Fn(&str) -> (u64, u64),
) -> Vec<(Option<LogSetId>, String)> {
    let line = |set: Option<LogSetId>, name: &str, (front, back): (u64, u64)| {
        (set, format!("Proxy {name} stopped (cumulated conns: FE: {front}, BE: {back})."))
    };
    let frontends = plan.frontends.iter().enumerate().filter(|(i, _)| was_open(FrontendId::from(*i)));
    let mut lines: Vec<(Option<LogSetId>, String)> =
        frontends.map(|(_, f)| line(Some(f.log_set), &f.name, totals(&f.name))).collect();
    if !plan.global.stats_sockets.is_empty() {
        lines.push(line(None, "GLOBAL", (0, 0)));
    }
    let plain = plan.backends.iter().filter(|b| !b.disabled && !plan.frontends.iter().any(|f| is_half(f, b)));
    lines.extend(plain.map(|b| line(Some(b.log_set), &b.name, totals(&b.name))));
    lines
}
