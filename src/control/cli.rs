//! The runtime API's sockets: lines in, answers out, as HAProxy's statistics socket has it (management manual, 9.3).
use super::pieces::Pieces;
use super::sessions::SessionWalk;
use super::{State, talk};
use crate::base::ids::{BackendId, FrontendId, ServerId};
use crate::base::time::Tick;
use crate::health;
use crate::net::Listener;
use crate::observe::{self, ProcessInfo, StatFilter, StatPieces};
use crate::plan::SeverityOutput;
use crate::session;
use crate::share::cores::CoreFigures;
use crate::share::sessions::{SessionId, Wanted};
use crate::vocab::command::severity::Kind;
use crate::vocab::command::{self, Level, Steering};
use crate::world::{Health, Overrides, ServerState, World};
use std::cell::Cell;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// One bound `stats socket`.
#[derive(Debug)]
pub struct Socket {
    pub fd: OwnedFd,
    pub level: Level,
    /// `expose-fd listeners`.
    pub gives_listeners: bool,
    pub severity: SeverityOutput,
    /// Who does not say this first, in 32 hexadecimal digits on a line, is not heard (the master's socket).
    pub secret: Option<u128>,
}

/// `Release_date` of `show info`: tools want one. It goes with the version in Cargo.toml.
const RELEASED: &str = "2026/11/24";
/// A limit that none is more than.
const MOST: u32 = u32::MAX - 1;
/// `stats timeout` where the file has none.
const TIMEOUT: Duration = Duration::from_secs(10);
/// `stats maxconn` where the file has none.
const MAXCONN: u32 = 10;
/// When they are as many, so often it is looked whether one has gone.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Serves the sockets for as long as the control thread runs.
///
/// # Errors
/// A socket cannot be watched.
pub(super) fn start(state: &Rc<State>, sockets: Vec<Socket>) -> io::Result<()> {
    for socket in sockets {
        let listener = state.core.listen(socket.fd)?;
        let rights = Rights {
            level: socket.level,
            gives_listeners: socket.gives_listeners,
            severity: socket.severity,
            secret: socket.secret,
        };
        state.core.spawn(accept(state.clone(), listener, rights));
    }
    Ok(())
}

/// What connections of a socket may do.
#[derive(Clone, Copy)]
pub(super) struct Rights {
    pub level: Level,
    pub gives_listeners: bool,
    pub severity: SeverityOutput,
    /// Who does not say this first, in 32 hexadecimal digits on a line, is not heard (the master's socket).
    pub secret: Option<u128>,
}

async fn accept(state: Rc<State>, listener: Listener, rights: Rights) {
    let (most, timeout) = {
        let global = &state.published.load().plan.global;
        (global.stats_maxconn.unwrap_or(MAXCONN), global.stats_timeout.unwrap_or(TIMEOUT))
    };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                state.talks.set(state.talks.get() + 1);
                if state.published.load().plan.numbers_requests {
                    // As in HAProxy those who ask are counted too.
                    let _ = state.shared.next_number();
                }
                let of_it = state.clone();
                state.core.spawn(async move {
                    talk::serve(of_it.clone(), stream, rights, timeout).await;
                    of_it.talks.set(of_it.talks.get() - 1);
                });
                // `stats maxconn`: those who come meanwhile wait in the kernel.
                while state.talks.get() >= most {
                    state.core.sleep_until(state.core.now() + LOOK_AGAIN).await;
                }
            }
            Err(_) => state.core.sleep_until(state.core.now() + Duration::from_millis(100)).await,
        }
    }
}

impl State {
    pub(super) fn process_info(&self) -> ProcessInfo {
        let world = self.published.load();
        let global = &world.plan.global;
        let node =
            || nix::unistd::gethostname().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let open: i64 = self.shared.shards.iter().map(|s| s.process.conn_cur.get()).sum();
        let listeners = (world.plan.listeners.len() + global.stats_sockets.len()) as u64;
        ProcessInfo {
            // Tools look for this name before they go on; who we are is in `Build info`.
            name: "HAProxy".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            release_date: RELEASED.to_owned(),
            pid: std::process::id(),
            nbthread: self.shards.len(),
            started: self.facts.started,
            up: self.core.now().since(self.born),
            now: self.core.now(),
            maxconn: self.shared.process.limit(),
            ulimit_n: self.facts.ulimit_n,
            node: global.node.clone().unwrap_or_else(node),
            description: global.description.clone(),
            stopping: self.stopping.get(),
            jobs: listeners + u64::try_from(open).unwrap_or(0) + u64::from(self.talks.get()),
            listeners,
            // Each connection is a task of its core.
            tasks: self.core.live_tasks() as u64 + u64::try_from(open).unwrap_or(0),
            dropped_logs: self.all_dropped_logs(),
            memory: memory(),
        }
    }

    /// After an operator's change of a server: HAProxy's words on standard error, and the shards are told.
    fn tell(&self, messages: Vec<health::Message>) {
        for message in messages {
            self.tell_event(&message);
        }
        self.refresh();
    }
}

/// Resident memory in bytes, 0 where the system does not tell.
fn memory() -> u64 {
    const PAGE: u64 = 4_096;
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split_ascii_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) * PAGE
}

/// The process as one connection sees it.
pub(super) struct Seat<'a> {
    pub state: &'a Rc<State>,
    pub level: Level,
    pub experimental: bool,
    /// What an answer still has behind the text that was given.
    pub rest: Cell<Option<Pieces>>,
    /// The answer's level, where its command said so.
    pub severity: Cell<Option<Kind>>,
}

impl std::ops::Deref for Seat<'_> {
    type Target = Rc<State>;
    fn deref(&self) -> &Rc<State> {
        self.state
    }
}

/// The shards clear their counters within this, unless they are stuck.
const CLEARED: Duration = Duration::from_millis(100);

impl Steering for Seat<'_> {
    fn world(&self) -> Arc<World> {
        self.published.load()
    }

    fn info(&self, args: &[&str]) -> String {
        observe::info_text(&self.shared, &self.process_info(), observe::Form::of(args))
    }

    fn stat(&self, args: &[&str]) -> Result<String, String> {
        let world = self.published.load();
        let legends = self.level >= Level::Operator;
        let filter = StatFilter::parse(&world, args)?.with_legends(legends);
        let mut pieces = StatPieces::new(world, self.shared.clone(), self.process_info(), filter);
        let first = pieces.next().unwrap_or_default();
        self.rest.set(Some(Pieces::Made(Box::new(pieces))));
        Ok(first)
    }

    fn stats_file(&self) -> String {
        observe::stats_file::dump(&self.published.load(), &self.shared)
    }

    fn servers_state(&self, backend: Option<BackendId>) -> String {
        let world = self.published.load();
        let name = backend.map(|b| world.plan.backend(b).name.clone());
        observe::servers_state(&world, &self.shared, self.core.now(), name.as_deref()).unwrap_or_else(|e| e)
    }

    fn resolvers(&self, name: Option<&str>) -> Result<String, String> {
        self.show_resolvers(name)
    }

    fn resolver_figures(&self) -> String {
        State::resolver_figures(self)
    }

    fn servers_conn(&self, backend: Option<BackendId>) -> String {
        observe::servers_conn(&self.published.load(), &self.shared, backend)
    }

    fn change_server(&self, server: ServerId, edit: &dyn Fn(&mut ServerState)) {
        let now: Tick = self.core.now();
        let words = "changed from CLI";
        self.tell(health::change_server(&self.published, &self.shared, now, server, words, edit).1);
    }

    fn force_health(&self, server: ServerId, health: Health) {
        self.tell(health::force_health(&self.published, &self.shared, self.core.now(), server, health).1);
    }

    fn force_agent(&self, server: ServerId, up: bool) {
        self.tell(health::force_agent(&self.published, &self.shared, self.core.now(), server, up).1);
    }

    fn override_server(&self, server: ServerId, edit: &dyn Fn(&mut Overrides)) {
        self.edit(|world| world.with_overrides(server, edit));
    }

    fn rename_server(&self, server: ServerId, name: &str) {
        self.rename(server, name);
    }

    fn shut_sessions(&self, server: ServerId) {
        self.shards.iter().for_each(|shard| shard.shut_sessions(server));
    }

    fn sessions(&self, wanted: Wanted) -> String {
        self.rest.set(Some(Pieces::Sessions(SessionWalk::new(self.state, wanted))));
        String::new()
    }

    fn session(&self, id: SessionId) -> Option<String> {
        self.show_session(id)
    }

    fn shut_session(&self, id: SessionId) -> bool {
        self.state.shut_session(id)
    }

    fn errors(&self, proxy: Option<u32>, only_requests: bool, only_answers: bool) -> String {
        let filter = observe::ErrorFilter { proxy, only_requests, only_answers };
        let pieces = observe::errors(self.published.load(), self.shared.clone(), filter);
        self.rest.set(Some(Pieces::Made(Box::new(pieces))));
        String::new()
    }

    fn set_paused(&self, frontend: FrontendId, paused: bool) {
        if paused {
            self.pause(&[frontend]);
        } else {
            self.resume(frontend);
        }
    }

    fn shut_down(&self, frontend: FrontendId) {
        self.release(frontend);
        self.edit(|world| world.with_frontend(frontend, |state| state.stopped = true));
    }

    fn set_frontend_maxconn(&self, frontend: FrontendId, maxconn: u32) {
        let gate = &self.shared.frontends[frontend.index()];
        // Zero lets nobody in.
        if maxconn == 0 {
            gate.close()
        } else {
            gate.set_limit(maxconn)
        }
        self.edit(|world| world.with_frontend(frontend, |state| state.maxconn = Some(maxconn)));
    }

    fn set_server_maxconn(&self, server: ServerId, maxconn: u32) {
        self.shared.servers[server.index()].set_limit(maxconn.min(MOST));
        self.edit(|world| world.with_overrides(server, |o| o.maxconn = Some(maxconn)));
    }

    fn add_server(&self, backend: BackendId, words: &[&str]) -> Result<String, String> {
        State::add_server(self, backend, words)
    }

    fn del_server(&self, server: ServerId) -> Result<String, String> {
        State::del_server(self, server)
    }

    fn edit_world(&self, edit: command::WorldEdit) {
        self.edit(edit);
    }

    fn level(&self) -> Level {
        self.level
    }

    fn is_experimental(&self) -> bool {
        self.experimental
    }

    fn clear_counters(&self, all: bool) {
        let sent = self.shared.bytes_out();
        // The shards run on without us: this waits for a turn of theirs, not for traffic.
        let (done, all_done) = std::sync::mpsc::channel();
        for shard in &self.shards {
            let done = done.clone();
            shard.clear_counters(all, move || _ = done.send(()));
        }
        drop(done);
        let until = std::time::Instant::now() + CLEARED;
        while all_done.recv_timeout(until.saturating_duration_since(std::time::Instant::now())).is_ok() {}
        self.shared.clear(all, sent);
    }

    fn startup_logs(&self) -> String {
        super::say::startup_logs()
    }

    fn schema(&self) -> &'static str {
        observe::SCHEMA
    }

    fn cores(&self) -> Vec<Option<CoreFigures>> {
        self.ask_all(session::figures)
    }

    fn descriptors(&self, wanted: Option<i32>) -> String {
        let said = self.ask_all(session::descriptors).into_iter().map(Option::unwrap_or_default);
        let pieces = observe::descriptors(self.published.load(), said.collect(), wanted);
        self.rest.set(Some(Pieces::Made(Box::new(pieces))));
        String::new()
    }

    fn shared(&self) -> Arc<crate::share::Shared> {
        self.shared.clone()
    }

    fn rates_changed(&self) {
        self.refresh();
    }

    fn hinders_deletion(&self, server: ServerId) -> Result<Option<&'static str>, String> {
        State::hinders_deletion(self, server)
    }

    fn severity(&self) -> &Cell<Option<Kind>> {
        &self.severity
    }

    fn set_global_maxconn(&self, maxconn: u32) -> bool {
        let most = self.facts.maxconn;
        if maxconn > most {
            return false;
        }
        self.shared.process.set_limit(if maxconn == 0 { most } else { maxconn });
        self.refresh();
        true
    }
}
