//! Connections to servers: made, kept idle, taken again.
use super::local::{Local, View};
use crate::base::ids::ServerId;
use crate::base::time::Tick;
use crate::net::driver::ConnectOptions;
use crate::net::{ConnectTo, Stream};
use crate::plan::{Reuse, ServerAddr};
use crate::world::ServerState;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

/// A connection to a server.
pub struct Upstream {
    pub stream: Stream,
    /// Requests sent on it, the present one counted.
    pub requests: u32,
    /// The server's `moved` when it was made.
    moved: u32,
}

impl Upstream {
    /// Whether it leads to the server's present address.
    pub fn is_for(&self, server: &ServerState) -> bool {
        self.moved == server.moved
    }
}

/// An idle connection.
struct Idle {
    stream: Stream,
    requests: u32,
    moved: u32,
    since: Tick,
}

/// The idle connections to one server on one core; the last one used is taken first.
#[derive(Default)]
pub struct Pool(Vec<Idle>);

impl Pool {
    /// How many lie idle.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes one that may serve a request. `first`: it is the client connection's first request, which must be safe to
    /// send again before a connection that may just be closing may carry it (manual, `http-reuse`).
    fn take(&mut self, reuse: Reuse, first: bool, moved: u32) -> Option<Upstream> {
        let usable = |idle: &Idle| match reuse {
            Reuse::Never => false,
            Reuse::Safe => !first,
            Reuse::Aggressive => !first || idle.requests > 1,
            Reuse::Always => true,
        };
        while let Some(at) = self.0.iter().rposition(usable) {
            let idle = self.0.swap_remove(at);
            if idle.moved == moved && idle.stream.is_quiet() {
                return Some(Upstream { stream: idle.stream, requests: idle.requests + 1, moved });
            }
        }
        None
    }
}

/// Takes an idle connection to a server.
pub fn take(local: &Local, view: &View, server: ServerId, reuse: Reuse, first: bool) -> Option<Upstream> {
    let mut pool = local.pool(server).borrow_mut();
    let before = pool.len();
    let taken = pool.take(reuse, first, view.server(server).moved);
    let cells = &local.cells().servers[server.index()];
    cells.idle.add(pool.len() as i64 - before as i64);
    if taken.is_some() {
        cells.reuse.inc();
    }
    taken
}

/// The reaper looks no more often at one pool.
const SHORTEST_PURGE: Duration = Duration::from_millis(10);

/// Keeps a connection for the next request, where the server's limits allow it.
pub fn keep(local: &Local, view: &View, server: ServerId, upstream: Upstream) {
    let plan = view.plan.server(server);
    let mut pool = local.pool(server).borrow_mut();
    let full = plan.pool_max_conn.is_some_and(|max| pool.len() >= max as usize);
    let worn = plan.max_reuse.is_some_and(|max| upstream.requests > max);
    let state = view.server(server);
    let useless = !state.alive() || !upstream.is_for(state);
    if full || worn || local.stopping.get() || useless || !upstream.stream.is_quiet() {
        return;
    }
    upstream.stream.watch(local.reaper.get());
    let now = local.core.now();
    let Upstream { stream, requests, moved } = upstream;
    pool.0.push(Idle { stream, requests, moved, since: now });
    local.cells().servers[server.index()].idle.add(1);
    // One that looks soon enough is let sleep: it goes through every pool.
    if local.reaper_looks.get().is_none_or(|at| at > now + plan.pool_purge_delay.max(SHORTEST_PURGE)) {
        local.core.wake(local.reaper.get());
    }
}

/// Looks after idle connections: drops those that the server closed at once, and of those that nobody wanted for
/// `pool-purge-delay` half at a time.
pub async fn reap(local: Rc<Local>) {
    loop {
        let next = sweep(&local);
        local.reaper_looks.set(next);
        let mut polled = false;
        let wait = std::future::poll_fn(|_| {
            if std::mem::replace(&mut polled, true) {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        });
        let _ = local.core.until(next, wait).await;
    }
}

/// Drops what must go; says when to look again.
fn sweep(local: &Local) -> Option<Tick> {
    let now = local.core.now();
    let view = local.view();
    let mut next: Option<Tick> = None;
    for (id, pool) in local.pools() {
        let mut pool = pool.borrow_mut();
        if pool.len() == 0 {
            continue;
        }
        let before = pool.len();
        let gone = local.stopping.get() || !view.server(id).alive();
        let moved = view.server(id).moved;
        pool.0.retain(|idle| !gone && idle.moved == moved && idle.stream.is_quiet());
        let delay = view.plan.server(id).pool_purge_delay.max(SHORTEST_PURGE);
        let unused = pool.0.iter().filter(|i| i.since + delay <= now).count();
        let mut excess = unused.div_ceil(2);
        pool.0.retain_mut(|idle| {
            let drop = excess > 0 && idle.since + delay <= now;
            if drop {
                excess -= 1;
            } else if idle.since + delay <= now {
                // Looked at again after one more delay.
                idle.since = now;
            }
            !drop
        });
        local.cells().servers[id.index()].idle.add(pool.len() as i64 - before as i64);
        if let Some(first) = pool.0.iter().map(|i| i.since + delay).min() {
            next = Some(next.map_or(first, |n| n.min(first)));
        }
    }
    next
}

/// Where a server's connections go. `client_dst` is needed for ports relative to the client's.
fn target(addr: &ServerAddr, client_dst: Option<SocketAddr>) -> io::Result<ConnectTo> {
    Ok(match addr {
        ServerAddr::Inet(addr) => ConnectTo::Inet(*addr),
        ServerAddr::InetRelative(ip, offset) => {
            let port = i32::from(client_dst.map_or(0, |d| d.port())) + offset;
            let port = u16::try_from(port).map_err(|_| io::Error::from_raw_os_error(libc::EADDRNOTAVAIL))?;
            ConnectTo::Inet(SocketAddr::new(*ip, port))
        }
        ServerAddr::Unix(path) => ConnectTo::Unix(path.clone()),
        ServerAddr::Abstract(name) => ConnectTo::Abstract(name.clone()),
    })
}

/// What a server's streams are labelled with; 0 is a stream without a label.
fn label(server: ServerId) -> u32 {
    server.0 + 1
}

/// Cuts every connection to a server: what is under way on them ends.
pub fn cut(local: &Local, server: ServerId) {
    local.core.cut(label(server));
}

/// Why no connection came about.
#[derive(Debug)]
pub enum ConnectError {
    Timeout,
    /// Refused, unreachable, no socket, …
    Failed,
}

impl From<io::Error> for ConnectError {
    fn from(_: io::Error) -> Self {
        ConnectError::Failed
    }
}

/// Makes a new connection to a server.
pub async fn connect(
    local: &Local,
    view: &View,
    server: ServerId,
    client_dst: Option<SocketAddr>,
) -> Result<Upstream, ConnectError> {
    let plan = view.plan.server(server);
    let backend = view.plan.backend(plan.backend);
    let options = ConnectOptions {
        source: plan.source,
        interface: plan.interface.clone(),
        keepalive: backend.tcp_keepalive,
    };
    let to = target(view.addr(server), client_dst)?;
    let stream = local.core.connect(&to, &options)?;
    stream.set_label(label(server));
    let deadline = backend.timeouts.connect.map(|t| local.core.now() + t);
    match local.core.until(deadline, stream.connected()).await {
        Ok(Ok(())) => {
            let cells = local.cells();
            cells.servers[server.index()].connect.inc();
            cells.backends[plan.backend.index()].connect.inc();
            Ok(Upstream { stream, requests: 1, moved: view.server(server).moved })
        }
        Ok(Err(_)) => Err(ConnectError::Failed),
        Err(_) => Err(ConnectError::Timeout),
    }
}
