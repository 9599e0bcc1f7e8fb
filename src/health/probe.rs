//! One check: a connection, the steps of a script, or a program.
use super::{Watch, external, opening, script};
use crate::base::ids::ServerId;
use crate::base::time::Tick;
use crate::net::driver::{ConnectOptions, ConnectTo};
use crate::net::{Core, Stream};
use crate::plan::backend::BackendTimeouts;
use crate::plan::{Check, CheckKind, ServerAddr};
use crate::share::CheckStatus;
use crate::world::World;
use std::io;
use std::net::{IpAddr, SocketAddr};

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub status: CheckStatus,
    /// The answer's status code or the program's exit code, else 0.
    pub code: i32,
    /// The reason phrase of a wrong answer, or the system's words for an error.
    pub info: String,
}

impl Found {
    pub(super) fn plain(status: CheckStatus) -> Found {
        Found { status, code: 0, info: String::new() }
    }

    pub(super) fn error(status: CheckStatus, error: &io::Error) -> Found {
        Found { status, code: 0, info: system_words(error) }
    }
}

/// Longer words of a server are cut (`HCHK_DESC_LEN`).
const MAX_INFO: usize = 127;

/// Checks a server once. Takes `inter` at most, or with `timeout check` the smaller of `timeout connect` and `inter` to
/// connect and then `timeout check` (manual 4.2, `timeout check`).
pub async fn probe(watch: &Watch, check: &Check) -> Found {
    match &check.kind {
        CheckKind::Connect => {}
        CheckKind::Script(script) => return script::run(watch, check, script).await,
        CheckKind::External { command, path } => {
            return external::run(watch, check, command, path.as_deref()).await;
        }
    }
    let (core, server) = (&watch.core, watch.plan.server(watch.id));
    let Some(to) = target(&watch.published.load(), watch.id, None, None) else {
        return Found { info: "No port to check".to_owned(), ..Found::plain(CheckStatus::SocketError) };
    };
    let timeouts = &watch.plan.backend(server.backend).timeouts;
    let deadline = connect_deadline(core.now(), check, timeouts);
    match opening::connect(core, server, &to, check.opening, true, deadline).await {
        Ok(stream) => {
            // A reset leaves no TIME_WAIT behind: many checks would use up the ports.
            stream.reset_on_close();
            Found::plain(CheckStatus::L4Ok)
        }
        Err(found) => found,
    }
}

/// Where to connect: what the step says, `addr` and `port` of the check, else the server's own, as they are now. `None`
/// without any port.
pub(super) fn target(
    world: &World,
    id: ServerId,
    step_addr: Option<IpAddr>,
    step_port: Option<u16>,
) -> Option<ConnectTo> {
    let (own, check_addr) = (world.addr(id), step_addr.or(world.check_addr(id)));
    let (ip, port) = match own {
        ServerAddr::Inet(addr) => (Some(addr.ip()), Some(addr.port())),
        ServerAddr::InetRelative(ip, _) => (Some(*ip), None),
        ServerAddr::Unix(path) if check_addr.is_none() => return Some(ConnectTo::Unix(path.clone())),
        ServerAddr::Abstract(name) if check_addr.is_none() => return Some(ConnectTo::Abstract(name.clone())),
        ServerAddr::Unix(_) | ServerAddr::Abstract(_) => (None, None),
    };
    let port = step_port.or(world.check_port(id)).or(port)?;
    match (own, check_addr) {
        (_, Some(ip)) => Some(ConnectTo::Inet(SocketAddr::new(ip, port))),
        // Keeps the scope of a link-local address.
        (ServerAddr::Inet(addr), None) => {
            let mut addr = *addr;
            addr.set_port(port);
            Some(ConnectTo::Inet(addr))
        }
        _ => Some(ConnectTo::Inet(SocketAddr::new(ip?, port))),
    }
}

pub(super) fn connect_deadline(began: Tick, check: &Check, timeouts: &BackendTimeouts) -> Tick {
    match (timeouts.check, timeouts.connect) {
        (Some(_), Some(connect)) => began + connect.min(check.inter),
        _ => began + check.inter,
    }
}

pub(super) async fn connect(
    core: &Core,
    to: &ConnectTo,
    options: &ConnectOptions,
    deadline: Tick,
) -> Result<Stream, Found> {
    let stream = core.connect(to, options).map_err(|e| refused(to, &e))?;
    match core.until(Some(deadline), stream.connected()).await {
        Ok(Ok(())) => Ok(stream),
        Ok(Err(e)) => Err(refused(to, &e)),
        Err(_) => Err(Found::plain(CheckStatus::L4Timeout)),
    }
}

/// A connection that could not be made. A unix socket refuses at once, which HAProxy reports as its own error.
fn refused(to: &ConnectTo, error: &io::Error) -> Found {
    match to {
        ConnectTo::Inet(_) => Found::error(CheckStatus::L4Connection, error),
        ConnectTo::Unix(_) | ConnectTo::Abstract(_) => Found {
            info: format!("General socket error ({})", system_words(error)),
            ..Found::plain(CheckStatus::SocketError)
        },
    }
}

/// What `strerror` says.
pub(super) fn system_words(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(e) => nix::errno::Errno::from_raw(e).desc().to_owned(),
        None => error.to_string(),
    }
}

/// What a server said is shown up to a limit.
pub(super) fn cut(mut info: String) -> String {
    if info.len() > MAX_INFO {
        let end = (0..=MAX_INFO).rev().find(|at| info.is_char_boundary(*at)).unwrap_or(0);
        info.truncate(end);
    }
    info
}
