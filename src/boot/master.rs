//! Master-worker mode (`-W`, `-Ws`, `master-worker`): a thin parent that holds no socket. It starts a worker, starts
//! another one on SIGUSR2 or SIGHUP with the files as they are now, passes other signals on, and ends with its worker.
//! A worker that does not come up leaves the old one where it is (management manual, 3 and 4).
use super::args::Args;
use super::old_sockets::OldSockets;
use super::process::{self, Ready, Side};
use super::{Exit, load, refuse};
use crate::control::say;
use crate::net::IoMode;
use crate::plan::Plan;
use commands::Wants;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixDatagram;
use std::time::Instant;
use talk::{Ended, Talk};

mod cli;
mod commands;
mod talk;

/// Connections to the master at once; more wait in the kernel.
const TALKS: usize = 64;

/// Runs the master until its worker has ended.
///
/// # Errors
/// The worker's exit code, or 1 where the first one did not come up.
pub fn run(args: &Args, plan: Plan, wanted: IoMode, daemon: Option<Ready>) -> Result<(), Exit> {
    use Signal::{SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2};
    let signals: SigSet =
        [SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2].into_iter().collect();
    process::block_only(&signals);
    let sockets = args.master_sockets.iter().map(|text| cli::listen(text)).collect::<Result<Vec<_>, _>>();
    let sockets = sockets.map_err(refuse)?;
    let caught = SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC)
        .map_err(|e| refuse(format!("[{}.main()] cannot read signals: {e}", args.program)))?;
    let outlives_failure = plan.global.no_exit_on_failure;
    let own: Vec<RawFd> = sockets.iter().map(|s| s.socket.as_raw_fd()).chain([caught.as_raw_fd()]).collect();
    let current = launch(args, Some(plan), wanted, OldSockets::default(), 0, &own)?;
    let systemd = Systemd::new(args.systemd);
    let mut master = Master {
        args,
        wanted,
        current: Some(current),
        former: Vec::new(),
        systemd,
        reloads: 0,
        failed: 0,
        born: Instant::now(),
        outlives_failure,
        own,
    };
    master.systemd.tell("READY=1");
    if let Some(parent) = daemon {
        process::quiet_streams();
        parent.tell();
    }
    let mut talks: Vec<Talk> = Vec::new();
    loop {
        let (signalled, knocks, gone) = {
            let mut fds = vec![PollFd::new(caught.as_fd(), PollFlags::POLLIN)];
            let room = talks.len() < TALKS;
            fds.extend(
                sockets.iter().filter(|_| room).map(|s| PollFd::new(s.socket.as_fd(), PollFlags::POLLIN)),
            );
            let fixed = fds.len();
            let mut clients = Vec::new();
            for talk in &talks {
                clients.push(fds.len());
                fds.extend(talk.polls());
            }
            if poll(&mut fds, PollTimeout::NONE).is_err() {
                continue;
            }
            let ready: Vec<bool> = fds[..fixed].iter().map(|f| f.any().unwrap_or(false)).collect();
            let broken = PollFlags::POLLHUP | PollFlags::POLLERR;
            let is_gone = |at: usize| fds[at].revents().is_some_and(|events| events.intersects(broken));
            let gone: Vec<bool> = clients.into_iter().map(is_gone).collect();
            (ready[0], ready[1..].to_vec(), gone)
        };
        talks.iter_mut().zip(gone).filter(|(_, gone)| *gone).for_each(|(talk, _)| talk.note_gone());
        for (listening, _) in sockets.iter().zip(knocks).filter(|(_, ready)| *ready) {
            if let Ok((client, _)) = listening.socket.accept() {
                talks.extend(Talk::new(client, listening.level));
            }
        }
        master.serve(&mut talks);
        if !signalled {
            continue;
        }
        let Ok(Some(info)) = caught.read_signal() else { continue };
        match Signal::try_from(info.ssi_signo as i32) {
            Ok(SIGCHLD) => {
                if let Some(code) = master.reap() {
                    return if code == 0 { Ok(()) } else { Err(Exit(code)) };
                }
            }
            Ok(SIGUSR2 | SIGHUP) => drop(master.reload(Signal::SIGUSR1, &talks)),
            Ok(other) => {
                if matches!(other, SIGTERM | SIGINT | SIGUSR1) {
                    master.systemd.tell("STOPPING=1");
                }
                master.pass_on(other);
            }
            Err(_) => {}
        }
    }
}

/// What a worker has of its master.
pub struct Link {
    pub ready: Ready,
    /// A listening socket for commands, and what whoever speaks there must know.
    pub command: Option<(OwnedFd, u128)>,
    /// What the worker before it listens on.
    pub old: OldSockets,
}

/// One worker.
#[derive(Clone, Copy, Debug)]
struct Kid {
    pid: Pid,
    /// The number in the name of its command socket.
    number: u32,
    /// The first line of whatever is said there.
    secret: u128,
    born: Instant,
}

struct Master<'a> {
    args: &'a Args,
    wanted: IoMode,
    /// The worker that accepts; none when it ended and others still finish.
    current: Option<Kid>,
    /// Workers that finish what they began.
    former: Vec<Kid>,
    systemd: Systemd,
    reloads: u32,
    /// Reloads that brought up no worker, since the last one that did.
    failed: u32,
    born: Instant,
    /// `no-exit-on-failure`: workers that finish what they began may, though the present one has failed.
    outlives_failure: bool,
    /// Descriptors that are the master's alone.
    own: Vec<RawFd>,
}

impl Master<'_> {
    /// Goes on with each connection, and does what they want.
    fn serve(&mut self, talks: &mut Vec<Talk>) {
        let mut at = 0;
        while at < talks.len() {
            match talks[at].go_on(self) {
                Err(Ended) => {
                    talks.swap_remove(at);
                }
                Ok(None) => at += 1,
                Ok(Some(Wants::Reload { hard })) => {
                    let signal = if hard { Signal::SIGTERM } else { Signal::SIGUSR1 };
                    let success = self.reload(signal, talks);
                    let text = format!("Success={}\n--\n{}", u8::from(success), say::startup_logs());
                    talks[at].answer(&text);
                    // As the manual has it.
                    talks[at].end();
                }
                Ok(Some(Wants::Answer(text))) => talks[at].answer(&text),
            }
        }
    }

    /// Starts a worker with the files as they are now. It takes the listening sockets of the old one, which is told by this
    /// signal to finish once all is bound. Whether it came up.
    fn reload(&mut self, old_signal: Signal, talks: &[Talk]) -> bool {
        say::forget_startup_logs();
        self.systemd.tell("RELOADING=1");
        say::notice("Reloading Ringmain");
        self.reloads += 1;
        let sockets = match self.current.map(|kid| cli::sockets_of(&kid)) {
            None => OldSockets::default(),
            Some(Ok(sockets)) => sockets,
            Some(Err(e)) => {
                say::warning(format!(
                    "Failed to get the sockets from the old worker ({e}): it binds its own."
                ));
                OldSockets::default()
            }
        };
        let old = self.current.iter().map(|kid| kid.pid.as_raw()).collect();
        let args = Args { old_pids: old, old_signal, old_socket: None, ..self.args.clone() };
        let not_for_it: Vec<RawFd> =
            self.own.iter().copied().chain(talks.iter().flat_map(Talk::fds)).collect();
        let launched = launch(&args, None, self.wanted, sockets, self.reloads, &not_for_it);
        let came_up = launched.is_ok();
        match launched {
            Ok(kid) => {
                self.failed = 0;
                self.former.extend(self.current.replace(kid));
            }
            Err(_) => {
                self.failed += 1;
                say::warning("Failed to load worker! The present one goes on.");
            }
        }
        self.systemd.tell("READY=1");
        came_up
    }

    fn pass_on(&self, signal: Signal) {
        for kid in self.former.iter().chain(&self.current) {
            // One that has just ended is reaped next.
            let _ = kill(kid.pid, signal);
        }
    }

    /// Takes note of workers that ended; the exit code when the present one has.
    fn reap(&mut self) -> Option<u8> {
        loop {
            let (pid, code, how) = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => {
                    (pid, u8::try_from(code).unwrap_or(1), "Exit".to_owned())
                }
                Ok(WaitStatus::Signaled(pid, signal, _)) => {
                    (pid, 128 + u8::try_from(signal as i32).unwrap_or(0), signal.to_string())
                }
                _ => return None,
            };
            if self.current.is_some_and(|kid| kid.pid == pid) {
                self.current = None;
                say::alert(format!("Current worker ({pid}) exited with code {code} ({how})"));
                if !self.outlives_failure || self.former.is_empty() {
                    self.pass_on(Signal::SIGTERM);
                    say::warning(format!("All workers exited. Exiting... ({code})"));
                    return Some(code);
                }
                continue;
            }
            self.former.retain(|former| former.pid != pid);
            say::notice(format!("Former worker ({pid}) exited with code {code} ({how})"));
            if self.current.is_none() && self.former.is_empty() {
                say::warning(format!("All workers exited. Exiting... ({code})"));
                return Some(code);
            }
        }
    }
}

/// Forks a worker and waits until it serves. Without a Plan it reads the files.
///
/// # Errors
/// Its exit code, when it does not come up.
fn launch(
    args: &Args,
    plan: Option<Plan>,
    wanted: IoMode,
    old: OldSockets,
    number: u32,
    not_for_it: &[RawFd],
) -> Result<Kid, Exit> {
    let cannot = |e| refuse(format!("[{}.main()] Cannot fork ({e}).", args.program));
    let (waiting, tell) = process::readiness().map_err(cannot)?;
    let command = cli::command_socket(std::process::id(), number).ok();
    let secret = cli::secret();
    match process::fork().map_err(cannot)? {
        Side::Child => {
            drop(waiting);
            process::close(not_for_it);
            process::end_with_parent();
            process::block_only(&process::worker_signals());
            let link = Link { ready: tell, command: command.map(|fd| (fd, secret)), old };
            let served = match plan {
                Some(plan) => Ok((plan, false)),
                None => load::load(args),
            }
            .and_then(|(plan, _)| super::serve(args, plan, wanted, Some(link)));
            std::process::exit(served.map_or_else(|exit| i32::from(exit.0), |()| 0));
        }
        Side::Parent(pid) => {
            tell.leave();
            drop((command, old));
            if let Err(said) = waiting.wait_or_hear() {
                say::keep(&said);
                return Err(Exit(process::exit_code(pid).max(1)));
            }
            say::notice(format!("New worker ({pid}) forked"));
            say::notice("Loading success.");
            Ok(Kid { pid, number, secret, born: Instant::now() })
        }
    }
}

/// What `-Ws` tells the service manager (`sd_notify(3)`).
struct Systemd(Option<UnixDatagram>);

impl Systemd {
    /// Connects to `$NOTIFY_SOCKET` where it is asked for and there.
    fn new(wanted: bool) -> Systemd {
        let path = std::env::var_os("NOTIFY_SOCKET").filter(|_| wanted);
        Systemd(path.and_then(|path| {
            use std::os::linux::net::SocketAddrExt;
            use std::os::unix::ffi::OsStrExt;
            let addr = match path.as_bytes().strip_prefix(b"@") {
                Some(name) => std::os::unix::net::SocketAddr::from_abstract_name(name),
                None => std::os::unix::net::SocketAddr::from_pathname(&path),
            };
            let socket = UnixDatagram::unbound().ok()?;
            socket.connect_addr(&addr.ok()?).ok()?;
            Some(socket)
        }))
    }

    fn tell(&self, state: &str) {
        if let Some(socket) = &self.0 {
            // A service manager that is gone needs no news.
            let _ = socket.send(format!("{state}\nMAINPID={}\n", std::process::id()).as_bytes());
        }
    }
}
