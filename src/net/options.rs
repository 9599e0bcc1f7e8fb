//! What a socket gets before it connects or listens, beyond its address: the rarer parameters of `server` and `bind` lines.
use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

/// The rarer options of a connecting socket. Most servers have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SocketOptions {
    /// The source port is one of these.
    pub ports: Option<(u16, u16)>,
    pub namespace: Option<Namespace>,
    /// `TCP_USER_TIMEOUT`.
    pub user_timeout: Option<Duration>,
    /// `TCP_FASTOPEN_CONNECT`: the first bytes go with the SYN.
    pub fast_open: bool,
    /// `TCP_MD5SIG` (RFC 2385).
    pub md5_key: Option<Vec<u8>>,
    pub probes: Probes,
}

/// How a connection that is silent is probed (`TCP_KEEPCNT`, `TCP_KEEPIDLE`, `TCP_KEEPINTVL`); `None` as the kernel does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Probes {
    pub count: Option<u32>,
    /// In seconds.
    pub idle: Option<u32>,
    /// In seconds.
    pub interval: Option<u32>,
}

/// A network namespace of `ip netns`, held open: its file may be out of reach later.
#[derive(Clone)]
pub struct Namespace {
    name: String,
    file: Arc<OwnedFd>,
}

impl Namespace {
    /// Opens a namespace by its name.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn open(name: &str) -> io::Result<Namespace> {
        if name.is_empty() || name.contains('/') || name.starts_with('.') {
            return Err(io::ErrorKind::NotFound.into());
        }
        let file = File::open(format!("/var/run/netns/{name}"))?;
        Ok(Namespace { name: name.to_owned(), file: Arc::new(file.into()) })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Does `make` in this namespace: a socket belongs to the one it was made in. Only this thread moves, and back.
    ///
    /// # Errors
    /// It may not be entered, or what `make` says.
    pub fn within<T>(&self, make: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        use nix::sched::{CloneFlags, setns};
        let home = File::open("/proc/thread-self/ns/net")?;
        setns(self.file.as_fd(), CloneFlags::CLONE_NEWNET)?;
        let made = make();
        // A thread that cannot come back would serve everything else from there.
        setns(home.as_fd(), CloneFlags::CLONE_NEWNET).expect("back to the namespace this thread came from");
        made
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Namespace({})", self.name)
    }
}

impl PartialEq for Namespace {
    fn eq(&self, other: &Namespace) -> bool {
        self.name == other.name
    }
}

impl Eq for Namespace {}

/// Makes a socket in a namespace, or in the one this thread is in.
///
/// # Errors
/// As [`Namespace::within`].
pub fn within<T>(namespace: Option<&Namespace>, make: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    match namespace {
        Some(namespace) => namespace.within(make),
        None => make(),
    }
}
