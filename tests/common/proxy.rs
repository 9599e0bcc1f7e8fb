//! A proxy under test: HAProxy or Ringmain as a child process on one configuration file.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Debian's program, the reference.
pub const HAPROXY: &str = "/usr/sbin/haproxy";

/// Which program, and how Ringmain does its input and output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    Haproxy,
    Ringmain(Io),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Io {
    Epoll,
    Uring,
}

impl Program {
    pub fn name(self) -> &'static str {
        match self {
            Program::Haproxy => "haproxy",
            Program::Ringmain(Io::Epoll) => "ringmain-epoll",
            Program::Ringmain(Io::Uring) => "ringmain-uring",
        }
    }

    /// True when haproxy plays Ringmain's part (`RINGMAIN_TEST_BINARY`): then even rows that differ must be equal.
    pub fn is_understudied() -> bool {
        std::env::var_os("RINGMAIN_TEST_BINARY").is_some_and(|p| p.to_string_lossy().contains("haproxy"))
    }

    /// The program with its I/O mode set. The kernel ends it when the thread that starts it ends, so that a killed
    /// test run leaves nothing behind.
    pub fn command(self) -> Command {
        self.command_under(&[])
    }

    /// The same, started by `outer` (a program that becomes another, like `prlimit`) and without the capability to
    /// raise limits again.
    fn command_under(self, outer: &[&str]) -> Command {
        let binary: PathBuf = match self {
            Program::Haproxy => HAPROXY.into(),
            Program::Ringmain(_) => std::env::var_os("RINGMAIN_TEST_BINARY")
                .map_or_else(|| env!("CARGO_BIN_EXE_ringmain").into(), PathBuf::from),
        };
        assert!(
            binary.exists(),
            "{} is not installed. These tests compare Ringmain with Debian's programs: run ./ci/test, it installs them.",
            binary.display()
        );
        let mut command = Command::new("setpriv");
        if !outer.is_empty() {
            command.args(["--inh-caps=-all", "--bounding-set=-sys_resource"]);
        }
        command.args(["--pdeathsig", "KILL", "--"]).args(outer).arg(binary);
        match self {
            Program::Ringmain(Io::Epoll) => command.env("RINGMAIN_IO", "epoll"),
            Program::Ringmain(Io::Uring) => command.env("RINGMAIN_IO", "uring"),
            Program::Haproxy => &mut command,
        };
        command
    }

    /// Runs it to its end, at most `limit`, and gives what it printed.
    pub fn run<'a>(
        self,
        args: impl IntoIterator<Item = &'a str>,
        env: &[(String, String)],
        limit: Duration,
    ) -> Output {
        self.run_under(&[], args, env, limit)
    }

    /// The same under another program.
    pub fn run_under<'a>(
        self,
        outer: &[&str],
        args: impl IntoIterator<Item = &'a str>,
        env: &[(String, String)],
        limit: Duration,
    ) -> Output {
        let mut command = self.command_under(outer);
        command.args(args).envs(env.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("start");
        let out = drain(child.stdout.take().expect("stdout"));
        let err = drain(child.stderr.take().expect("stderr"));
        let status = wait(&mut child, limit).unwrap_or_else(|| {
            let _ = child.kill();
            child.wait().expect("wait")
        });
        Output { status, stdout: out.finish(), stderr: err.finish() }
    }
}

/// Reads a pipe to its end. A daemon that keeps its parent's pipe open must not hang the test, only cost it a moment.
struct Drain {
    read: Arc<Mutex<Vec<u8>>>,
    thread: thread::JoinHandle<()>,
}

fn drain(mut from: impl Read + Send + 'static) -> Drain {
    let read = Arc::new(Mutex::new(Vec::new()));
    let sink = read.clone();
    let thread = thread::spawn(move || {
        let mut room = [0; 4096];
        while let Ok(n @ 1..) = from.read(&mut room) {
            sink.lock().expect("lock").extend_from_slice(&room[..n]);
        }
    });
    Drain { read, thread }
}

impl Drain {
    fn finish(self) -> Vec<u8> {
        let until = Instant::now() + Duration::from_secs(1);
        while !self.thread.is_finished() && Instant::now() < until {
            sleep(Duration::from_millis(1));
        }
        std::mem::take(&mut *self.read.lock().expect("lock"))
    }
}

/// What a process prints on its standard error, read by a thread.
struct Errors {
    read: Arc<Mutex<Vec<u8>>>,
    pipe: OwnedFd,
}

impl Errors {
    fn of(from: ChildStderr) -> Errors {
        let read = Arc::new(Mutex::new(Vec::new()));
        let pipe = from.as_fd().try_clone_to_owned().expect("clone");
        let (sink, mut from) = (read.clone(), from);
        thread::spawn(move || {
            let mut room = [0; 4096];
            loop {
                let _ = poll(&mut [PollFd::new(from.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE);
                // Under the lock: what has left the pipe is in the list for everybody.
                let mut read = sink.lock().expect("lock");
                match from.read(&mut room) {
                    Ok(n @ 1..) => read.extend_from_slice(&room[..n]),
                    _ => return,
                }
            }
        });
        Errors { read, pipe }
    }

    /// Everything up to now, also what the thread has not come to yet.
    fn text(&self) -> String {
        loop {
            let read = self.read.lock().expect("lock");
            let mut pipe = [PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN)];
            let _ = poll(&mut pipe, PollTimeout::ZERO);
            if !pipe[0].revents().is_some_and(|events| events.contains(PollFlags::POLLIN)) {
                return String::from_utf8_lossy(&read).trim_end_matches('\n').to_owned();
            }
            drop(read);
            sleep(Duration::from_millis(1));
        }
    }
}

/// A running proxy; killed when dropped.
pub struct Proxy {
    pub program: Program,
    child: Child,
    errors: Errors,
    /// From `spawn` until `ready` accepted a connection.
    pub started_in: Duration,
}

impl Proxy {
    /// Starts it in the foreground (`-f file -db`) and waits until every address in `ready` accepts.
    ///
    /// # Panics
    /// When it ends or is not ready in time; the message holds what it printed.
    pub fn start(program: Program, file: &Path, env: &[(String, String)], ready: &[SocketAddr]) -> Proxy {
        Proxy::start_with(program, file, env, &["-db"], ready)
    }

    /// The same with other arguments behind `-f file`.
    pub fn start_with(
        program: Program,
        file: &Path,
        env: &[(String, String)],
        args: &[&str],
        ready: &[SocketAddr],
    ) -> Proxy {
        Proxy::start_under(program, &[], file, env, args, ready)
    }

    /// The same under another program.
    pub fn start_under(
        program: Program,
        outer: &[&str],
        file: &Path,
        env: &[(String, String)],
        args: &[&str],
        ready: &[SocketAddr],
    ) -> Proxy {
        let mut proxy = Proxy::spawn(program.command_under(outer), program, file, env, args);
        let began = Instant::now();
        for addr in ready {
            while TcpStream::connect(addr).is_err() {
                if let Ok(Some(status)) = proxy.child.try_wait() {
                    sleep(Duration::from_millis(20));
                    panic!("{} ended at start with {status}:\n{}", program.name(), proxy.errors());
                }
                let waited = began.elapsed() < super::PATIENCE;
                assert!(waited, "{} does not listen at {addr}:\n{}", program.name(), proxy.errors());
                sleep(Duration::from_millis(2));
            }
        }
        proxy.started_in = began.elapsed();
        proxy
    }

    fn spawn(
        mut command: Command,
        program: Program,
        file: &Path,
        env: &[(String, String)],
        args: &[&str],
    ) -> Proxy {
        command.arg("-f").arg(file).args(args).envs(env.iter().cloned());
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("start {}: {e}", program.name()));
        let errors = Errors::of(child.stderr.take().expect("stderr"));
        Proxy { program, child, errors, started_in: Duration::ZERO }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed on stderr until now.
    pub fn errors(&self) -> String {
        self.errors.text()
    }

    /// Waits until it has printed this on stderr.
    ///
    /// # Panics
    /// When it does not in time; the message holds what it printed.
    pub fn await_said(&self, what: &str) {
        let until = Instant::now() + super::PATIENCE;
        while !self.errors().contains(what) {
            assert!(
                Instant::now() < until,
                "{} did not say {what:?} but\n{}",
                self.program.name(),
                self.errors()
            );
            sleep(Duration::from_millis(5));
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).expect("a pid"));
        nix::sys::signal::kill(pid, signal).expect("signal");
    }

    /// Its exit status, or `None` when it still runs after `limit`.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        wait(&mut self.child, limit)
    }

    /// True when it has not ended by itself.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let until = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().expect("wait") {
            return Some(status);
        }
        if Instant::now() >= until {
            return None;
        }
        sleep(Duration::from_millis(5));
    }
}
