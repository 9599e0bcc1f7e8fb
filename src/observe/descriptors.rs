//! `show fd` (management manual, 9.3): what each descriptor of the process is, as far as HAProxy's form has a word for it.
use crate::plan::ListenerAddr;
use crate::share::cores::{Descriptor, Kind};
use crate::world::World;
use nix::sys::socket::{SockaddrStorage, getpeername, getsockname};
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;

/// Lines of one piece.
const PIECE: usize = 200;

/// The answer in pieces: the cores' descriptors by thread, and what else the process has open.
pub fn descriptors(
    world: Arc<World>,
    cores: Vec<Vec<Descriptor>>,
    wanted: Option<i32>,
) -> impl Iterator<Item = String> + use<> {
    let names = std::fs::read_dir("/proc/self/fd").into_iter().flatten();
    let open = names.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    let mut all: Vec<(i32, Option<(usize, Kind)>)> = open.map(|fd| (fd, None)).collect();
    all.sort_unstable_by_key(|(fd, _)| *fd);
    for (thread, of_thread) in cores.into_iter().enumerate() {
        for Descriptor { fd, kind } in of_thread {
            if let Ok(at) = all.binary_search_by_key(&fd, |(fd, _)| *fd) {
                all[at].1 = Some((thread + 1, kind));
            }
        }
    }
    all.retain(|(fd, _)| wanted.is_none_or(|w| w == *fd));
    let pieces: Vec<Vec<_>> = all.chunks(PIECE).map(<[_]>::to_vec).collect();
    pieces.into_iter().map(move |piece| {
        piece.into_iter().fold(String::new(), |mut out, (fd, kind)| {
            line(&world, fd, kind, &mut out);
            out
        })
    })
}

fn inet(addr: Result<SockaddrStorage, nix::Error>) -> Option<SocketAddr> {
    let addr = addr.ok()?;
    let v4 = addr.as_sockaddr_in().map(|a| SocketAddr::from(std::net::SocketAddrV4::from(*a)));
    v4.or_else(|| addr.as_sockaddr_in6().map(|a| SocketAddr::from(std::net::SocketAddrV6::from(*a))))
}

fn line(world: &World, fd: i32, kind: Option<(usize, Kind)>, out: &mut String) {
    let plan = &world.plan;
    // Writing to a text cannot fail.
    let Some((thread, kind)) = kind else {
        // Closed meanwhile: no line.
        if let Ok(what) = std::fs::read_link(format!("/proc/self/fd/{fd}")) {
            let _ = writeln!(out, "{fd:>7} : {}", what.display());
        }
        return;
    };
    let (local, peer) = (inet(getsockname(fd)), inet(getpeername(fd)));
    let family = match local {
        Some(SocketAddr::V4(_)) => "ipv4",
        Some(SocketAddr::V6(_)) => "ipv6",
        None => "unix",
    };
    let port = |name: &str, addr: Option<SocketAddr>| {
        addr.map_or(String::new(), |a| format!(" {name}={}", a.port()))
    };
    let frontend = || {
        let is = |addr: &ListenerAddr| match (addr, local) {
            (ListenerAddr::Inet(a), Some(local)) => {
                a.port() == local.port() && (a.ip().is_unspecified() || a.ip() == local.ip())
            }
            _ => false,
        };
        let listener = plan.listeners.iter().find(|l| is(&l.addr));
        listener.map_or(String::new(), |l| format!(" fe={}", plan.frontend(l.frontend).name))
    };
    let _ = match kind {
        Kind::Listener => {
            writeln!(
                out,
                "{fd:>7} : thr={thread} l.st=RDY{} fam={family}{}",
                frontend(),
                port("lport", local)
            )
        }
        Kind::Client => writeln!(
            out,
            "{fd:>7} : thr={thread} back=0 fam={family}{}{}{}",
            port("lport", local),
            port("rport", peer),
            frontend()
        ),
        Kind::Server { server, connecting } => {
            let server = plan.server(server);
            writeln!(
                out,
                "{fd:>7} : thr={thread} back=1 fam={family}{}{} px={} sv={}{}",
                port("lport", local),
                port("rport", peer),
                plan.backend(server.backend).name,
                server.name,
                if connecting { " connecting" } else { "" }
            )
        }
    };
}
