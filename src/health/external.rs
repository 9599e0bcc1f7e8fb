//! `option external-check` (manual 4.2): a program decides. It is started beside the loop and waited for by its descriptor, so
//! that a slow one holds up nothing.
use super::Watch;
use super::probe::{self, Found};
use crate::base::ids::BackendId;
use crate::plan::{Check, ListenerAddr, Mode, Plan, ServerAddr};
use crate::share::CheckStatus;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};

/// What stands for an address or a port that there is none of.
const NOT_USED: &str = "NOT_USED";
/// The code of a program that could not be started, as with HAProxy.
const NOT_STARTED: i32 = 255;

/// Runs the program, for `timeout check` or else the interval at most.
pub async fn run(watch: &Watch, check: &Check, command: &str, path: Option<&str>) -> Found {
    if !watch.plan.global.insecure_fork_wanted {
        let info = "external checks need 'insecure-fork-wanted' in 'global'".to_owned();
        return Found { info, ..Found::plain(CheckStatus::SocketError) };
    }
    let backend = watch.plan.server(watch.id).backend;
    let limit = watch.plan.backend(backend).timeouts.check.unwrap_or(check.inter);
    let deadline = watch.core.now() + limit;
    let mut child = match prepare(watch, command, path).spawn() {
        Ok(child) => Running(child),
        Err(_) => return Found { code: NOT_STARTED, ..Found::plain(CheckStatus::ProcessError) },
    };
    let watched = match ended(&child.0).and_then(|fd| watch.core.listen(fd)) {
        Ok(watched) => watched,
        Err(e) => return Found { info: probe::system_words(&e), ..Found::plain(CheckStatus::SocketError) },
    };
    match watch.core.until(Some(deadline), watched.ready()).await {
        Ok(()) => {
            child.0.try_wait().ok().flatten().map_or_else(|| Found::plain(CheckStatus::ProcessError), judged)
        }
        Err(_) => Found::plain(CheckStatus::ProcessTimeout),
    }
}

fn judged(status: ExitStatus) -> Found {
    match (status.code(), status.signal()) {
        (Some(0), _) => Found::plain(CheckStatus::ProcessOk),
        (Some(code), _) => Found { code, ..Found::plain(CheckStatus::ProcessError) },
        _ => Found { code: -1, ..Found::plain(CheckStatus::ProcessError) },
    }
}

/// A program that is killed and collected when nobody waits for it any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if !matches!(self.0.try_wait(), Ok(Some(_))) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// A descriptor that becomes readable when the program has ended.
#[allow(unsafe_code)]
fn ended(child: &Child) -> io::Result<OwnedFd> {
    // SAFETY: pidfd_open takes two numbers and gives a new descriptor that is ours alone, or an error.
    unsafe {
        match libc::syscall(libc::SYS_pidfd_open, child.id() as libc::pid_t, 0) {
            fd @ 0.. => Ok(OwnedFd::from_raw_fd(fd as libc::c_int)),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// The command with its four arguments and nothing but its own environment.
fn prepare(watch: &Watch, program: &str, path: Option<&str>) -> Command {
    let plan = &watch.plan;
    let server = plan.server(watch.id);
    let backend = plan.backend(server.backend);
    let (proxy_addr, proxy_port) = listener(plan, server.backend);
    let (addr, port) = match &server.addr {
        ServerAddr::Inet(addr) => (addr.ip().to_string(), addr.port().to_string()),
        ServerAddr::InetRelative(ip, offset) => (ip.to_string(), offset.to_string()),
        ServerAddr::Unix(path) => (path.display().to_string(), NOT_USED.to_owned()),
        ServerAddr::Abstract(name) => (String::from_utf8_lossy(name).into_owned(), NOT_USED.to_owned()),
    };
    let current: i64 = watch.shared.shards.iter().map(|s| s.servers[watch.id.index()].sess_cur.get()).sum();
    let unused = |text: &str| if text == NOT_USED { String::new() } else { text.to_owned() };
    let path = path.unwrap_or_default();
    // A name without a slash is looked for in the check's own PATH, not in ours.
    let found =
        path.split(':').map(|dir| format!("{dir}/{program}")).find(|p| std::path::Path::new(p).is_file());
    let mut command =
        Command::new(if program.contains('/') { program } else { found.as_deref().unwrap_or(program) });
    command.args([&proxy_addr, &proxy_port, &addr, &port]).env_clear();
    command.stdin(Stdio::null());
    command
        .env("PATH", path)
        .env("HAPROXY_PROXY_ADDR", unused(&proxy_addr))
        .env("HAPROXY_PROXY_PORT", unused(&proxy_port))
        .env("HAPROXY_PROXY_NAME", &backend.name)
        .env("HAPROXY_PROXY_ID", backend.uuid.to_string())
        .env("HAPROXY_SERVER_NAME", &server.name)
        .env("HAPROXY_SERVER_ID", server.uuid.to_string())
        .env("HAPROXY_SERVER_ADDR", &addr)
        .env("HAPROXY_SERVER_PORT", unused(&port))
        .env("HAPROXY_SERVER_MAXCONN", server.maxconn.unwrap_or(0).to_string())
        .env("HAPROXY_SERVER_CURCONN", current.to_string())
        .env("HAPROXY_SERVER_SSL", "0")
        .env("HAPROXY_SERVER_PROTO", if backend.mode == Mode::Http { "h1" } else { "tcp" });
    command
}

/// The first address that the proxy listens on, where it is a `listen`.
fn listener(plan: &Plan, backend: BackendId) -> (String, String) {
    let own = plan.frontends.iter().find(|f| f.own_backend == Some(backend));
    let first = own.and_then(|f| f.listeners.first()).map(|id| &plan.listeners[id.index()].addr);
    match first {
        Some(ListenerAddr::Inet(addr)) => (addr.ip().to_string(), addr.port().to_string()),
        Some(ListenerAddr::Unix(path)) => (path.display().to_string(), NOT_USED.to_owned()),
        _ => (NOT_USED.to_owned(), NOT_USED.to_owned()),
    }
}
