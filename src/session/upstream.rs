//! Connections to servers: made, kept idle, taken again.
use super::local::{Local, View};
use super::{Conn, line};
use crate::base::ids::ServerId;
use crate::base::time::Tick;
use crate::net::driver::ConnectOptions;
use crate::net::{ConnectTo, PoolBox, Stream};
use crate::plan::{Reuse, ServerAddr};
use crate::world::ServerState;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

/// A connection to a server.
pub struct Upstream {
    pub stream: Stream,
    /// Requests sent on it, the present one counted.
    pub requests: u32,
    /// Only requests of the same tag may follow on it.
    pub tag: u64,
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
    tag: u64,
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
    fn take(&mut self, reuse: Reuse, first: bool, moved: u32, tag: u64) -> Option<Upstream> {
        let usable = |idle: &Idle| match reuse {
            Reuse::Never => false,
            Reuse::Safe => !first,
            Reuse::Aggressive => !first || idle.requests > 1,
            Reuse::Always => true,
        };
        while let Some(at) = self.0.iter().rposition(|idle| idle.tag == tag && usable(idle)) {
            let idle = self.0.swap_remove(at);
            if idle.moved == moved && idle.stream.is_quiet() {
                return Some(Upstream { stream: idle.stream, requests: idle.requests + 1, tag, moved });
            }
        }
        None
    }
}

/// Takes an idle connection to a server.
pub fn take(
    local: &Local,
    view: &View,
    server: ServerId,
    reuse: Reuse,
    first: bool,
    tag: u64,
) -> Option<Upstream> {
    let mut pool = local.pool(server).borrow_mut();
    let before = pool.len();
    let taken = pool.take(reuse, first, view.server(server).moved, tag);
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
    // The newest World counts: the reaper went through the pool when it came.
    let newest = local.view();
    let state = newest.server(server);
    let useless = !state.alive() || !upstream.is_for(state) || follows_client(view, server);
    if full || worn || local.stopping.get() || useless || !upstream.stream.is_quiet() {
        return;
    }
    upstream.stream.watch(local.reaper.get());
    let now = local.core.now();
    let Upstream { stream, requests, tag, moved } = upstream;
    pool.0.push(Idle { stream, requests, tag, moved, since: now });
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
        ServerAddr::Inet(addr) => {
            ConnectTo::Inet(SocketAddr::new(or_clients(addr.ip(), client_dst), addr.port()))
        }
        ServerAddr::InetRelative(ip, offset) => {
            let port = i32::from(client_dst.map_or(0, |d| d.port())) + offset;
            let port = u16::try_from(port).map_err(|_| io::Error::from_raw_os_error(libc::EADDRNOTAVAIL))?;
            ConnectTo::Inet(SocketAddr::new(or_clients(*ip, client_dst), port))
        }
        ServerAddr::Unix(path) => ConnectTo::Unix(path.clone()),
        ServerAddr::Abstract(name) => ConnectTo::Abstract(name.clone()),
    })
}

/// A server `0.0.0.0` is where the client wanted to go (manual 4.2, `http-request set-dst`).
fn or_clients(ip: IpAddr, client_dst: Option<SocketAddr>) -> IpAddr {
    match client_dst {
        Some(dst) if ip.is_unspecified() => dst.ip().to_canonical(),
        _ => ip,
    }
}

/// Whether a server is wherever each client wanted to go: a connection to it serves no other client.
pub fn follows_client(view: &View, server: ServerId) -> bool {
    let anywhere = |addr: &ServerAddr| match addr {
        ServerAddr::Inet(addr) => addr.ip().is_unspecified(),
        ServerAddr::InetRelative(ip, _) => ip.is_unspecified(),
        ServerAddr::Unix(_) | ServerAddr::Abstract(_) => false,
    };
    // Most servers are told from the Plan alone.
    anywhere(&view.plan.server(server).addr) && anywhere(view.addr(server))
}

/// What a server's streams are labelled with; 0 is a stream without a label.
fn label(server: ServerId) -> u32 {
    server.0 + 1
}

/// The server that a label names.
pub(super) fn labelled(label: u32) -> Option<ServerId> {
    label.checked_sub(1).map(ServerId)
}

/// Cuts every connection to a server: what is under way on them ends.
pub fn cut(local: &Local, server: ServerId) {
    local.core.cut(label(server));
}

/// Why no connection came about.
#[derive(Debug)]
pub enum ConnectError {
    Timeout,
    /// Refused, unreachable, …
    Failed,
    /// Nothing of the server's: no port or address to come from, no memory, or (`limit`) no descriptor that we may have.
    NoResource {
        limit: bool,
    },
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::EMFILE) => ConnectError::NoResource { limit: true },
            Some(libc::EADDRNOTAVAIL | libc::EADDRINUSE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM) => {
                ConnectError::NoResource { limit: false }
            }
            _ => ConnectError::Failed,
        }
    }
}

/// Makes a new connection to a server.
pub async fn connect(
    conn: &Conn,
    view: &View,
    server: ServerId,
    client_dst: Option<SocketAddr>,
    tag: u64,
) -> Result<Upstream, ConnectError> {
    let local = &conn.local;
    let plan = view.plan.server(server);
    let backend = view.plan.backend(plan.backend);
    let options = ConnectOptions {
        source: plan.source,
        interface: plan.interface.clone(),
        keepalive: backend.tcp_keepalive,
        foreign: plan.line.as_ref().and_then(|l| line::foreign(conn, plan, l)),
        bare: false,
        socket: plan.line.as_ref().map(|l| line::socket(conn, view, l)),
    };
    let to = target(view.addr(server), client_dst)?;
    let stream = match &plan.line {
        Some(line) => local.core.connect(&line::through(line, &to), &options)?,
        None => local.core.connect(&to, &options)?,
    };
    let cells = local.cells();
    cells.servers[server.index()].connect.inc();
    cells.backends[plan.backend.index()].connect.inc();
    stream.set_label(label(server));
    if backend.manners.no_linger {
        stream.reset_on_close();
    }
    let deadline = backend.timeouts.connect.map(|t| local.core.now() + t);
    match local.core.until(deadline, stream.connected()).await {
        Ok(Ok(())) => {
            if let Some(line) = &plan.line {
                PoolBox::with(|| line::greet(conn, view, plan, line, &to, &stream, deadline)).await?;
            }
            Ok(Upstream { stream, requests: 1, tag, moved: view.server(server).moved })
        }
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(ConnectError::Timeout),
    }
}
