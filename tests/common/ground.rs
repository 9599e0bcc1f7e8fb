//! What a configuration of the tests finds in its environment: free ports to listen on, and origins.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::origin::{Log, Origin};
use super::ports::{Hole, Port};
use super::proxy::{Program, Proxy};
use super::{BACK, FRONT};

/// Listeners a file may bind: `F1` … `F9`.
const FRONTS: usize = 9;
const ORIGINS: [&str; 4] = ["A", "B", "C", "D"];

/// Ports and origins for one proxy. A configuration finds in its environment: the ports `F1` … `F9` at 127.0.10.1, and
/// `ip:port` of the origins `A` … `D`, of `ECHO` (not HTTP), `DEAD` (refuses) and `HOLE` (never answers a SYN).
pub struct Ground {
    pub log: Log,
    pub env: Vec<(String, String)>,
    fronts: Vec<Port>,
    origins: BTreeMap<String, Origin>,
    addresses: BTreeMap<String, SocketAddr>,
    /// Origins' ports stay ours while an origin is stopped.
    _held: Vec<Port>,
    _hole: Hole,
}

impl Ground {
    pub fn new() -> Ground {
        let log = Log::default();
        let (mut env, mut held) = (Vec::new(), Vec::new());
        let (mut origins, mut addresses) = (BTreeMap::new(), BTreeMap::new());
        let fronts: Vec<Port> = (0..FRONTS).map(|_| Port::reserve(FRONT)).collect();
        env.extend(
            fronts.iter().enumerate().map(|(i, p)| (format!("F{}", i + 1), p.addr.port().to_string())),
        );
        for name in ORIGINS {
            let port = Port::reserve(BACK);
            origins.insert(name.to_owned(), Origin::start_at(name, port.addr, &log));
            addresses.insert(name.to_owned(), port.addr);
            held.push(port);
        }
        let (echo, dead, hole) = (Origin::echo(BACK), Port::reserve(BACK), Hole::dig(BACK));
        addresses.insert("ECHO".to_owned(), echo.addr);
        addresses.insert("DEAD".to_owned(), dead.addr);
        addresses.insert("HOLE".to_owned(), hole.addr);
        origins.insert("ECHO".to_owned(), echo);
        held.push(dead);
        env.extend(addresses.iter().map(|(name, addr)| (name.clone(), addr.to_string())));
        Ground { log, env, fronts, origins, addresses, _held: held, _hole: hole }
    }

    /// The address of listener `n`, 1 for `F1`.
    pub fn front(&self, n: usize) -> SocketAddr {
        self.fronts[n - 1].addr
    }

    /// The address of an origin, or of `ECHO`, `DEAD`, `HOLE`.
    pub fn back(&self, name: &str) -> SocketAddr {
        self.addresses[name]
    }

    /// Port numbers and the names a trace shows in their place.
    pub fn masks(&self) -> Vec<(String, String)> {
        let fronts = (1..=FRONTS).map(|n| (self.front(n).port().to_string(), format!("<F{n}>")));
        let backs = self.addresses.iter().map(|(name, addr)| (addr.port().to_string(), format!("<{name}>")));
        fronts.chain(backs).collect()
    }

    /// Kills an origin: its listener and all its connections go.
    pub fn stop(&mut self, origin: &str) {
        assert!(self.origins.remove(origin).is_some(), "{origin} does not run");
    }

    /// Starts it again at its address.
    pub fn restart(&mut self, origin: &str) {
        let started = Origin::start_at(origin, self.back(origin), &self.log);
        self.origins.insert(origin.to_owned(), started);
    }

    /// Starts a proxy on this configuration and waits until the listeners `F1` … `F<fronts>` accept.
    pub fn serve(&self, program: Program, fronts: usize, config: &str) -> Proxy {
        self.serve_file(program, fronts, &file(config))
    }

    /// The same on a file.
    pub fn serve_file(&self, program: Program, fronts: usize, path: &Path) -> Proxy {
        let ready: Vec<SocketAddr> = (1..=fronts).map(|n| self.front(n)).collect();
        Proxy::start(program, path, &self.env, &ready)
    }
}

/// Writes a configuration to a file of its own.
pub fn file(text: &str) -> PathBuf {
    scratch("cfg", text)
}

/// Writes a file with this ending to the tests' scratch directory.
pub fn scratch(ending: &str, content: &str) -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let path =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{n}.{ending}", std::process::id()));
    std::fs::write(&path, content).expect("write a scratch file");
    path
}
