//! The runtime API's sockets: lines in, answers out, as HAProxy's statistics socket has it (management manual, 9.3).
use super::{State, hand_over};
use crate::base::ids::{BackendId, FrontendId, ServerId};
use crate::base::time::Tick;
use crate::health;
use crate::net::{Listener, Stream};
use crate::observe::{self, ProcessInfo, StatFilter};
use crate::vocab::command::{self, Level, Steering};
use crate::world::{Health, Overrides, ServerState, World};
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
}

/// A limit that none is more than.
const MOST: u32 = u32::MAX - 1;
/// A command line may be so long.
const LINE_LIMIT: usize = 16_384;
/// `stats timeout` where the file has none.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Serves the sockets for as long as the control thread runs.
///
/// # Errors
/// A socket cannot be watched.
pub(super) fn start(state: &Rc<State>, sockets: Vec<Socket>) -> io::Result<()> {
    for socket in sockets {
        let listener = state.core.listen(socket.fd)?;
        let rights = Rights { level: socket.level, gives_listeners: socket.gives_listeners };
        state.core.spawn(accept(state.clone(), listener, rights));
    }
    Ok(())
}

/// What connections of a socket may do.
#[derive(Clone, Copy)]
struct Rights {
    level: Level,
    gives_listeners: bool,
}

async fn accept(state: Rc<State>, listener: Listener, rights: Rights) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                state.core.spawn(serve(state.clone(), stream, rights));
            }
            Err(_) => state.core.sleep_until(state.core.now() + Duration::from_millis(100)).await,
        }
    }
}

/// One connection: a line and its answer, or with `prompt` as many as the client wants.
async fn serve(state: Rc<State>, stream: Stream, rights: Rights) {
    let timeout = state.published.load().plan.global.stats_timeout.unwrap_or(TIMEOUT);
    let (mut bytes, mut prompt) = (Vec::new(), false);
    loop {
        let Some(line) = read_line(&state, &stream, &mut bytes, timeout).await else { return };
        if line == "_getsocks" && rights.gives_listeners {
            // Whoever asked sees the end of the connection where it did not work.
            let _ =
                state.core.until(Some(state.core.now() + timeout), hand_over::give(&state, &stream)).await;
            return;
        }
        let mut out = String::new();
        let mut quit = false;
        for command in split(&line) {
            match command.trim() {
                "prompt" => prompt = !prompt,
                "quit" => quit = true,
                "" if prompt => {}
                command => {
                    out.push_str(&command::run(&state, rights.level, command));
                    if !out.ends_with("\n\n") {
                        out.push('\n');
                    }
                }
            }
            if quit {
                break;
            }
        }
        if prompt {
            out.push_str(if out.is_empty() { "\n> " } else { "> " });
        }
        let deadline = Some(state.core.now() + timeout);
        let sent = state.core.until(deadline, stream.send(out.into_bytes())).await;
        if !matches!(sent, Ok(Ok(()))) || quit || !prompt {
            return;
        }
    }
}

/// The next line without its end; what is left at the end of the connection counts as one.
async fn read_line(state: &State, stream: &Stream, bytes: &mut Vec<u8>, timeout: Duration) -> Option<String> {
    loop {
        if let Some(at) = memchr::memchr(b'\n', bytes) {
            let line: Vec<u8> = bytes.drain(..=at).collect();
            return Some(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
        if bytes.len() > LINE_LIMIT {
            return None;
        }
        let deadline = Some(state.core.now() + timeout);
        match state.core.until(deadline, stream.recv()).await {
            Ok(Ok(Some(chunk))) => bytes.extend_from_slice(&chunk),
            _ if bytes.is_empty() => return None,
            _ => return Some(String::from_utf8_lossy(&std::mem::take(bytes)).trim_end().to_owned()),
        }
    }
}

/// The commands of a line: `;` divides them, a backslash protects it.
fn split(line: &str) -> Vec<String> {
    let mut commands = vec![String::new()];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ';' => commands.push(String::new()),
            '\\' => commands.last_mut().expect("never empty").extend(chars.next()),
            c => commands.last_mut().expect("never empty").push(c),
        }
    }
    commands
}

impl State {
    pub(super) fn process_info(&self) -> ProcessInfo {
        let world = self.published.load();
        let global = &world.plan.global;
        let node =
            || nix::unistd::gethostname().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let open: i64 = self.shared.shards.iter().map(|s| s.process.conn_cur.get()).sum();
        let listeners = world.plan.listeners.len() as u64;
        ProcessInfo {
            name: "Ringmain".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            release_date: String::new(),
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
            jobs: listeners + u64::try_from(open).unwrap_or(0),
            listeners,
            tasks: self.core.live_tasks() as u64,
            dropped_logs: 0,
        }
    }

    /// After an operator's change of a server: HAProxy's words on standard error, and the shards are told.
    fn tell(&self, messages: Vec<health::Message>) {
        for message in messages {
            super::say::message(message.severity, message.text);
        }
        self.refresh();
    }
}

impl Steering for Rc<State> {
    fn world(&self) -> Arc<World> {
        self.published.load()
    }

    fn info(&self) -> String {
        observe::info_text(&self.shared, &self.process_info())
    }

    fn stat(&self, args: &[&str]) -> Result<String, String> {
        let world = self.published.load();
        let filter = StatFilter::parse(&world, args)?;
        Ok(observe::stat_csv(&world, &self.shared, &self.process_info(), &filter))
    }

    fn servers_state(&self, backend: Option<BackendId>) -> String {
        let world = self.published.load();
        let name = backend.map(|b| world.plan.backend(b).name.clone());
        observe::servers_state(&world, &self.shared, self.core.now(), name.as_deref()).unwrap_or_else(|e| e)
    }

    fn resolvers(&self, name: Option<&str>) -> Result<String, String> {
        self.show_resolvers(name)
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

    fn force_agent(&self, _server: ServerId, _up: bool) {}

    fn override_server(&self, server: ServerId, edit: &dyn Fn(&mut Overrides)) {
        self.edit(|world| world.with_overrides(server, edit));
    }

    fn shut_sessions(&self, server: ServerId) {
        self.shards.iter().for_each(|shard| shard.shut_sessions(server));
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

    fn edit_world(&self, edit: command::WorldEdit) {
        self.edit(edit);
    }

    fn shared(&self) -> Arc<crate::share::Shared> {
        self.shared.clone()
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

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn semicolons_divide_commands() {
        assert_eq!(split("show info; show stat"), ["show info", " show stat"]);
        assert_eq!(split(r"a\;b;c"), ["a;b", "c"]);
    }
}
