//! The sockets of the master (`-S`) and of its workers (management manual, 9.4).
use super::Kid;
use crate::boot::old_sockets::OldSockets;
use crate::boot::{bind, bind_unix};
use crate::plan::ListenerAddr;
use crate::syntax::Env;
use crate::vocab::address;
use crate::vocab::command::Level;
use socket2::Socket;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};

const BACKLOG: u32 = 64;

/// Binds the socket of one `-S`: an address, or `fd@<n>` of who has started us, with options of `bind` behind commas.
pub fn listen(text: &str) -> Result<Listening, String> {
    let mut level = Level::Admin;
    let socket = bind(text, &mut level)?;
    socket.set_nonblocking(true).map_err(|e| format!("'-S {text}': {e}"))?;
    Ok(Listening { socket, level })
}

/// One socket of `-S`.
#[derive(Debug)]
pub struct Listening {
    pub socket: Socket,
    /// What its clients may do.
    pub level: Level,
}

fn bind(text: &str, level: &mut Level) -> Result<Socket, String> {
    let mut parts = text.split(',');
    let addr = parts.next().unwrap_or_default();
    let (mut mode, mut uid, mut gid) = (0o600, None, None);
    while let Some(option) = parts.next() {
        let Some(value) = parts.next() else {
            return Err(format!("'-S {text}': option '{option}' wants a value"));
        };
        let number = || value.parse().map_err(|_| format!("'-S {text}': '{value}' is no number"));
        match option {
            "mode" => {
                mode = u32::from_str_radix(value, 8)
                    .map_err(|_| format!("'-S {text}': '{value}' is no mode"))?;
            }
            "uid" => uid = Some(number()?),
            "gid" => gid = Some(number()?),
            "level" => {
                *level = match value {
                    "user" => Level::User,
                    "operator" => Level::Operator,
                    "admin" => Level::Admin,
                    _ => {
                        return Err(format!(
                            "'-S {text}': 'level' only supports 'user', 'operator', and 'admin' (got '{value}')"
                        ));
                    }
                };
            }
            other => {
                return Err(format!("'-S {text}': option '{other}' is not supported by Ringmain yet."));
            }
        }
    }
    let addrs = address::listeners(&address::expand(addr, &Env::from_process()), None)
        .map_err(|(inner, ..)| format!("'-S {text}': {inner}"))?;
    let [addr] = &addrs[..] else { return Err(format!("'-S {text}': one address is wanted")) };
    let cannot = |e: io::Error| format!("'-S {text}': cannot bind socket ({e})");
    match addr {
        ListenerAddr::Unix(path) => {
            let bound = bind_unix::path(path, Some(mode), uid, gid, BACKLOG)
                .map_err(|e| format!("'-S {text}': {e}"))?;
            bound.1.commit().map_err(cannot)?;
            Ok(bound.0.into())
        }
        ListenerAddr::Abstract(name) => {
            bind_unix::hidden(name, BACKLOG).map(Socket::from).map_err(|e| format!("'-S {text}': {e}"))
        }
        ListenerAddr::Inet(addr) => {
            let bound = bind::inet(*addr, None, None, None, false, true).map(Socket::from);
            let socket = bound.map_err(|e| format!("'-S {text}': {e}"))?;
            socket.listen(BACKLOG as i32).map_err(cannot)?;
            Ok(socket)
        }
        ListenerAddr::Fd(fd) => {
            bind::inherited(*fd, BACKLOG).map(Socket::from).map_err(|e| format!("'-S {text}': {e}"))
        }
    }
}

fn name(master: u32, number: u32) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(format!("ringmain-worker-{master}-{number}"))
}

/// A listening socket for the commands to one worker.
pub fn command_socket(master: u32, number: u32) -> io::Result<OwnedFd> {
    UnixListener::bind_addr(&name(master, number)?).map(OwnedFd::from)
}

/// What a worker and its master know alone: the socket's name is no secret, and whoever speaks there may do everything.
#[must_use]
pub fn secret() -> u128 {
    use std::hash::{BuildHasher, RandomState};
    // Keyed by the system's random numbers.
    let state = RandomState::new();
    u128::from(state.hash_one(0)) << 64 | u128::from(state.hash_one(1))
}

/// The first line of a connection to a worker.
fn first_line(secret: u128) -> String {
    format!("{secret:032x}\n")
}

/// The listening sockets of a worker.
pub fn sockets_of(kid: &Kid) -> io::Result<OldSockets> {
    let mut stream = UnixStream::connect_addr(&name(std::process::id(), kid.number)?)?;
    stream.write_all(first_line(kid.secret).as_bytes())?;
    OldSockets::from_stream(&stream)
}

/// A connection to a worker for commands, which does not wait, and what is to be sent over it first.
pub fn connect(kid: &Kid) -> io::Result<(UnixStream, String)> {
    let stream = UnixStream::connect_addr(&name(std::process::id(), kid.number)?)?;
    stream.set_nonblocking(true)?;
    Ok((stream, first_line(kid.secret)))
}
