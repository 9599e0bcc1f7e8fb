//! The master's own socket (`-S`): `show proc`, `reload`, `show version`, and `@1 COMMAND` for the present worker
//! (management manual, 9.4). One line a connection; the master waits for no client longer than a moment.
use super::{Kid, Master};
use crate::boot::old_sockets::OldSockets;
use crate::boot::{bind, bind_unix};
use crate::plan::ListenerAddr;
use crate::syntax::Env;
use crate::vocab::address;
use socket2::Socket;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::time::{Duration, Instant};

/// How long a client or a worker may take.
const PATIENCE: Duration = Duration::from_secs(2);
const LINE_LIMIT: u64 = 16_384;
const BACKLOG: u32 = 64;

const HELP: &str = "The following commands are valid at this level:
  @!<pid>                                 : send a command to the <pid> process
  @<relative pid>                         : send a command to the <relative pid> process
  @master                                 : send a command to the master process
  help                                    : list matching or all commands
  reload                                  : reload the configuration
  show proc                               : show processes status
  show version                            : show version of the current process
";

/// Binds the socket of one `-S`: a path, with options of `bind` behind commas.
pub fn listen(text: &str) -> Result<Socket, String> {
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
            // Whoever may connect to the master may do everything, in HAProxy too.
            "level" => {}
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
        ListenerAddr::Fd(_) => Err(format!("'-S {text}': descriptors are not supported by Ringmain yet.")),
    }
}

fn name(master: u32, number: u32) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(format!("ringmain-worker-{master}-{number}"))
}

/// A listening socket for the commands to one worker.
pub fn command_socket(master: u32, number: u32) -> io::Result<OwnedFd> {
    UnixListener::bind_addr(&name(master, number)?).map(OwnedFd::from)
}

/// The listening sockets of a worker.
pub fn sockets_of(number: u32) -> io::Result<OldSockets> {
    OldSockets::from_stream(&UnixStream::connect_addr(&name(std::process::id(), number)?)?)
}

/// Takes one connection and answers its line.
pub fn answer(master: &mut Master<'_>, listener: &Socket) {
    let Ok((mut stream, _)) = listener.accept() else { return };
    let patient = stream.set_read_timeout(Some(PATIENCE)).and(stream.set_write_timeout(Some(PATIENCE)));
    let mut line = String::new();
    if patient.is_err() || BufReader::new((&stream).take(LINE_LIMIT)).read_line(&mut line).is_err() {
        return;
    }
    let out = run(master, line.trim());
    // A client that is gone needs no answer.
    let _ = stream.write_all(out.as_bytes());
    // A worker that was forked meanwhile holds the descriptor too: closing ours would not end the connection.
    let _ = stream.shutdown(std::net::Shutdown::Both);
}

fn run(master: &mut Master<'_>, line: &str) -> String {
    if let Some(rest) = line.strip_prefix('@') {
        let (to, command) = rest.split_once(' ').unwrap_or((rest, "help"));
        return match to {
            "master" => run(master, command),
            to => forward(master, to, command).unwrap_or_else(|e| {
                format!("Can't find the target PID matching the prefix '@{to}' ({e})\n\n")
            }),
        };
    }
    match line {
        "show proc" => show_proc(master),
        "show version" => format!("{}\n\n", env!("CARGO_PKG_VERSION")),
        "reload" => format!("Success={}\n\n", u8::from(master.reload())),
        "help" => format!("{HELP}\n"),
        _ => format!("Unknown command: '{line}'\n{HELP}\n"),
    }
}

/// Sends a command to a worker and gives its answer.
fn forward(master: &Master<'_>, to: &str, command: &str) -> io::Result<String> {
    let missing = || io::Error::from(io::ErrorKind::NotFound);
    let kid = match to.strip_prefix('!') {
        Some(pid) => {
            let pid: i32 = pid.parse().map_err(|_| missing())?;
            master.former.iter().chain(&master.current).find(|k| k.pid.as_raw() == pid).ok_or_else(missing)?
        }
        None if to == "1" => master.current.as_ref().ok_or_else(missing)?,
        None => return Err(missing()),
    };
    let mut stream = UnixStream::connect_addr(&name(std::process::id(), kid.number)?)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("{command}\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn show_proc(master: &Master<'_>) -> String {
    let head = ["#<PID>", "<type>", "<reloads>", "<uptime>", "<version>"];
    let mut out = head.map(|name| format!("{name:<16}")).concat() + "\n";
    let row = |pid: i32, kind: &str, reloads: &str, born: Instant| {
        let up = born.elapsed().as_secs();
        let up = format!("{}d{:02}h{:02}m{:02}s", up / 86_400, up / 3_600 % 24, up / 60 % 60, up % 60);
        let version = env!("CARGO_PKG_VERSION");
        format!("{pid:<16}{kind:<16}{reloads:<16}{up:<16}{version:<16}\n")
    };
    let worker =
        |kid: &Kid| row(kid.pid.as_raw(), "worker", &(master.reloads - kid.number).to_string(), kid.born);
    let reloads = format!("{} [failed: {}]", master.reloads, master.failed);
    out.push_str(&row(std::process::id() as i32, "master", &reloads, master.born));
    out.push_str("# workers\n");
    out.extend(master.current.iter().map(worker));
    if !master.former.is_empty() {
        out.push_str("# old workers\n");
        out.extend(master.former.iter().map(worker));
    }
    out.push_str("# programs\n\n");
    out
}
