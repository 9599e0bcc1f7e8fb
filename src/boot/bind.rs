//! Sockets for the `bind` lines and for `stats socket`: one a shard where the kernel can share a port, else one that all
//! shards accept from. Everything is bound before anything is accepted.
use super::bind_unix::{self, Move};
use super::old_sockets::{self, OldSockets};
use crate::base::ids::ListenerId;
use crate::net::Namespace;
use crate::net::options::within;
use crate::net::ring::dress;
use crate::plan::{Frontend, Listener, ListenerAddr, Plan};
use crate::syntax::Span;
use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, Type};
use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;

/// `backlog` of a frontend without a limit.
const DEFAULT_BACKLOG: u32 = 1_024;
/// What HAProxy gives TCP_DEFER_ACCEPT: a client that is silent for longer gets its 408 as others do.
const DEFER_SECONDS: i32 = 1;

/// Bound and listening sockets.
#[derive(Debug, Default)]
pub struct Bound {
    /// By shard.
    pub shards: Vec<Vec<(ListenerId, OwnedFd)>>,
    /// The same sockets once more, one a listening socket: to be paused, and handed to the next process.
    pub kept: Vec<Kept>,
    /// One a `stats socket` line.
    pub stats: Vec<OwnedFd>,
    /// Things that went wrong but stop nobody.
    pub warnings: Vec<String>,
}

/// A listening socket as control holds it.
#[derive(Debug)]
pub struct Kept {
    pub id: ListenerId,
    pub fd: OwnedFd,
}

/// Why one address can't be had.
#[derive(Debug)]
pub struct Failure {
    /// HAProxy's text, without `[ALERT]    (pid) : `.
    pub text: String,
    /// Somebody else has the address: he may leave.
    pub retryable: bool,
}

/// Binds what is not bound yet; called again while an old process gives its addresses up.
#[derive(Debug)]
pub struct Binder<'a> {
    plan: &'a Plan,
    shards: usize,
    reuseport: bool,
    /// The effective `maxconn` of the process: the default of frontends, and so of backlogs.
    maxconn: u32,
    old: OldSockets,
    listeners: Vec<Option<Vec<OwnedFd>>>,
    stats: Vec<Option<OwnedFd>>,
    /// Unix sockets that still have their temporary names.
    moves: Vec<Move>,
    warnings: Vec<String>,
}

impl<'a> Binder<'a> {
    /// Nothing is bound yet.
    #[must_use]
    pub fn new(plan: &'a Plan, shards: usize, reuseport: bool, maxconn: u32, old: OldSockets) -> Binder<'a> {
        let enabled = |l: &Listener| !plan.frontend(l.frontend).disabled;
        Binder {
            plan,
            shards,
            reuseport,
            maxconn,
            old,
            listeners: plan
                .listeners
                .iter()
                .map(|l| if enabled(l) { None } else { Some(Vec::new()) })
                .collect(),
            stats: plan.global.stats_sockets.iter().map(|_| None).collect(),
            moves: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Tries everything that is not bound yet: internet addresses first, as HAProxy does.
    pub fn try_all(&mut self) -> Vec<Failure> {
        let mut failures = Vec::new();
        for inet in [true, false] {
            for index in 0..self.stats.len() {
                if is_inet(&self.plan.global.stats_sockets[index].addr) == inet && self.stats[index].is_none()
                {
                    match self.bind_stats(index) {
                        Ok(fd) => self.stats[index] = Some(fd),
                        Err(failure) => failures.push(failure),
                    }
                }
            }
            for index in 0..self.listeners.len() {
                if is_inet(&self.plan.listeners[index].addr) == inet && self.listeners[index].is_none() {
                    match self.bind_listener(&self.plan.listeners[index]) {
                        Ok(fds) => self.listeners[index] = Some(fds),
                        Err(failure) => failures.push(failure),
                    }
                }
            }
        }
        failures
    }

    /// The sockets, each at its shard. Unix sockets get their names, old sockets that no line wanted are closed.
    ///
    /// # Errors
    /// A name can't be given, or no descriptor is left.
    pub fn finish(self) -> io::Result<Bound> {
        for one in self.moves {
            one.commit()?;
        }
        let mut bound = Bound {
            shards: (0..self.shards).map(|_| Vec::new()).collect(),
            stats: self.stats.into_iter().flatten().collect(),
            warnings: self.warnings,
            ..Bound::default()
        };
        for (listener, fds) in self.plan.listeners.iter().zip(self.listeners) {
            let fds: Vec<OwnedFd> = fds.into_iter().flatten().collect();
            let members = listener.spread.members(self.shards);
            for fd in &fds {
                bound.kept.push(Kept { id: listener.id, fd: fd.try_clone()? });
            }
            for (shard, fd) in deal(&members, fds)? {
                bound.shards[shard].push((listener.id, fd));
            }
        }
        Ok(bound)
    }

    fn bind_listener(&mut self, l: &Listener) -> Result<Vec<OwnedFd>, Failure> {
        let frontend = self.plan.frontend(l.frontend);
        let kind = kind(self.plan, frontend);
        let plan = self.plan;
        let say = |error: &Error| failure(plan, Some(l.at), kind, &frontend.name, error, &l.addr);
        let backlog =
            backlog(l.backlog.or(l.maxconn).or(frontend.backlog).or(frontend.maxconn), self.maxconn);
        let mut fds = self.old.take(&l.addr, l.interface.as_deref(), l.namespace.as_ref().map(|n| n.name()));
        for fd in &fds {
            // A former owner may have paused it.
            listen(fd, backlog).map_err(|e| say(&e))?;
        }
        let members = l.spread.members(self.shards).len();
        let sockets = if l.spread.sockets == 0 { members } else { members.min(l.spread.sockets as usize) };
        let wanted = if is_inet(&l.addr) && self.reuseport { sockets } else { 1 };
        for _ in fds.len()..wanted {
            fds.push(self.open(l, backlog).map_err(|e| say(&e))?);
        }
        if let ListenerAddr::Inet(_) = &l.addr {
            for fd in &fds {
                for warning in tune(fd, l, backlog) {
                    let text = say(&Error(warning, None)).text;
                    if !self.warnings.contains(&text) {
                        self.warnings.push(text);
                    }
                }
            }
        }
        Ok(fds)
    }

    fn bind_stats(&mut self, index: usize) -> Result<OwnedFd, Failure> {
        let s = &self.plan.global.stats_sockets[index];
        let bound = match &s.addr {
            // A new process takes the port over from an old one.
            ListenerAddr::Inet(addr) => inet(*addr, None, None, None, false, self.reuseport)
                .and_then(|fd| listen(&fd, DEFAULT_BACKLOG).map(|()| fd)),
            ListenerAddr::Unix(path) => self.unix(path, s.mode, s.uid, s.gid, DEFAULT_BACKLOG),
            ListenerAddr::Abstract(name) => bind_unix::hidden(name, DEFAULT_BACKLOG),
            ListenerAddr::Fd(fd) => inherited(*fd, DEFAULT_BACKLOG),
        };
        bound.map_err(|e| failure(self.plan, None, "frontend", "GLOBAL", &e, &s.addr))
    }

    fn open(&mut self, l: &Listener, backlog: u32) -> Result<OwnedFd, Error> {
        match &l.addr {
            ListenerAddr::Inet(addr) => {
                let fd = inet(
                    *addr,
                    l.namespace.as_ref(),
                    l.interface.as_deref(),
                    l.v6only,
                    l.transparent,
                    self.reuseport,
                )?;
                listen(&fd, backlog)?;
                Ok(fd)
            }
            ListenerAddr::Unix(path) => self.unix(path, l.mode, l.uid, l.gid, backlog),
            ListenerAddr::Abstract(name) => bind_unix::hidden(name, backlog),
            ListenerAddr::Fd(fd) => inherited(*fd, backlog),
        }
    }

    fn unix(
        &mut self,
        path: &Path,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        backlog: u32,
    ) -> Result<OwnedFd, Error> {
        let (fd, name) = bind_unix::path(path, mode, uid, gid, backlog)?;
        self.moves.push(name);
        Ok(fd)
    }
}

/// Gives each of the threads a socket; where there are fewer, neighbours share one, where there are more, some have several.
fn deal(members: &[usize], fds: Vec<OwnedFd>) -> io::Result<Vec<(usize, OwnedFd)>> {
    if members.is_empty() || fds.is_empty() {
        return Ok(Vec::new());
    }
    if fds.len() >= members.len() {
        return Ok(members.iter().copied().cycle().zip(fds).collect());
    }
    let share =
        |(nth, shard): (usize, &usize)| Ok((*shard, fds[nth * fds.len() / members.len()].try_clone()?));
    members.iter().enumerate().map(share).collect()
}

/// What went wrong, and the system's reason.
#[derive(Debug)]
pub struct Error(pub &'static str, pub Option<io::Error>);

impl Error {
    /// Adds the reason to a text.
    pub fn because(text: &'static str) -> impl Fn(io::Error) -> Error {
        move |e| Error(text, Some(e))
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let reason = self.1.as_ref().map_or(String::new(), |e| format!(" ({})", reason(e)));
        write!(f, "{}{reason}", self.0)
    }
}

/// HAProxy's message about one address.
fn failure(
    plan: &Plan,
    at: Option<Span>,
    kind: &str,
    name: &str,
    error: &Error,
    addr: &ListenerAddr,
) -> Failure {
    let place = at.map_or(String::new(), |at| format!("[{}:{}] ", plan.sources.name(at.file), at.line));
    let where_ = match addr {
        ListenerAddr::Inet(addr) => format!("for [{}]", plain(*addr)),
        ListenerAddr::Unix(path) => format!("[{}]", path.display()),
        ListenerAddr::Abstract(name) => format!("[abns@{}]", String::from_utf8_lossy(name)),
        ListenerAddr::Fd(fd) => format!("[fd@{fd}]"),
    };
    Failure {
        text: format!("Binding {place}for {kind} {name}: {error} {where_}"),
        retryable: error.1.as_ref().is_some_and(|e| e.kind() == io::ErrorKind::AddrInUse),
    }
}

/// HAProxy's word: a `listen` is a proxy.
pub fn kind(plan: &Plan, frontend: &Frontend) -> &'static str {
    let is_listen = plan.backends.iter().any(|b| b.uuid == frontend.uuid && b.name == frontend.name);
    if is_listen { "proxy" } else { "frontend" }
}

/// The system's words, without Rust's `(os error N)`.
pub fn reason(e: &io::Error) -> String {
    e.raw_os_error().map_or_else(|| e.to_string(), |n| nix::errno::Errno::from_raw(n).desc().to_owned())
}

/// `addr:port` as HAProxy writes it: no brackets around IPv6.
fn plain(addr: SocketAddr) -> impl Display {
    format!("{}:{}", addr.ip(), addr.port())
}

fn is_inet(addr: &ListenerAddr) -> bool {
    matches!(addr, ListenerAddr::Inet(_))
}

/// How many connections may wait in the kernel.
fn backlog(configured: Option<u32>, maxconn: u32) -> u32 {
    configured.filter(|n| *n > 0).unwrap_or(if maxconn > 0 { maxconn } else { DEFAULT_BACKLOG })
}

/// A bound internet socket that does not listen yet.
pub fn inet(
    addr: SocketAddr,
    namespace: Option<&Namespace>,
    interface: Option<&str>,
    v6only: Option<bool>,
    transparent: bool,
    reuseport: bool,
) -> Result<OwnedFd, Error> {
    let make = || Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP));
    let socket = within(namespace, make).map_err(Error::because("cannot create receiving socket"))?;
    socket.set_reuse_address(true).map_err(Error::because("cannot bind socket"))?;
    if reuseport {
        socket.set_reuse_port(true).map_err(Error::because("cannot bind socket"))?;
    }
    if transparent {
        dress::make_transparent(&socket, addr)
            .map_err(Error::because("cannot make receiving socket transparent"))?;
    }
    if let Some(name) = interface {
        socket
            .bind_device(Some(name.as_bytes()))
            .map_err(Error::because("cannot bind receiver to device"))?;
    }
    if let Some(v6only) = v6only.filter(|_| addr.is_ipv6()) {
        socket.set_only_v6(v6only).map_err(Error::because("cannot bind socket"))?;
    }
    socket.bind(&SockAddr::from(addr)).map_err(Error::because("cannot bind socket"))?;
    Ok(socket.into())
}

fn listen(fd: &OwnedFd, backlog: u32) -> Result<(), Error> {
    SockRef::from(fd)
        .listen(i32::try_from(backlog).unwrap_or(i32::MAX))
        .map_err(Error::because("cannot listen to socket"))
}

/// A descriptor that was given to us: a copy, so that the next process can have it too.
pub(super) fn inherited(fd: i32, backlog: u32) -> Result<OwnedFd, Error> {
    // SAFETY: only borrowed for this copy; that nothing of ours has this number is the operator's word, as in HAProxy.
    #[allow(unsafe_code)]
    let theirs = unsafe { BorrowedFd::borrow_raw(fd) };
    let fd = theirs.try_clone_to_owned().map_err(Error::because("cannot use file descriptor"))?;
    if old_sockets::address(&fd).is_none() {
        return Err(Error("cannot use file descriptor: not a bound socket", None));
    }
    listen(&fd, backlog)?;
    Ok(fd)
}

/// The options of a `bind` line that do not stop the start when they fail. Accepted sockets inherit TCP_NODELAY.
fn tune(fd: &OwnedFd, l: &Listener, backlog: u32) -> Vec<&'static str> {
    let tcp = |name: i32, value: i32| dress::set(fd, libc::IPPROTO_TCP, name, value).is_err();
    let mut failed = Vec::new();
    if tcp(libc::TCP_NODELAY, 1) {
        failed.push("cannot disable Nagle's algorithm");
    }
    if let Some(probes) = l.probes {
        // Accepted sockets inherit these too.
        if SockRef::from(fd).set_keepalive(true).is_err() {
            failed.push("cannot enable TCP keep-alive");
        }
        dress::probes(fd, probes);
    }
    if let (Some(key), ListenerAddr::Inet(addr)) = (&l.md5_key, &l.addr)
        && dress::md5_key_for_all(fd, *addr, key).is_err()
    {
        failed.push("cannot set TCP MD5 signature");
    }
    if l.mss.is_some_and(|mss| tcp(libc::TCP_MAXSEG, mss)) {
        failed.push("cannot set MSS");
    }
    if l.tcp_user_timeout.is_some_and(|t| tcp(libc::TCP_USER_TIMEOUT, dress::millis(t))) {
        failed.push("cannot set TCP User Timeout");
    }
    if l.defer_accept && tcp(libc::TCP_DEFER_ACCEPT, DEFER_SECONDS) {
        failed.push("cannot enable DEFER_ACCEPT");
    }
    if l.tfo && tcp(libc::TCP_FASTOPEN, i32::try_from(backlog).unwrap_or(i32::MAX)) {
        failed.push("cannot enable TCP_FASTOPEN");
    }
    failed
}
