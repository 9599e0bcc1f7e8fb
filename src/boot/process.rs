//! The process itself: forks, standard streams, pid file, chroot and identity. All of it happens while there is one
//! thread only.
#![allow(unsafe_code)]
use crate::control::say;
use crate::plan::{Global, Plan};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Gid, Pid, Uid, chdir, chroot, dup2_stderr, dup2_stdin, dup2_stdout};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Which side of a fork this is.
#[derive(Debug)]
pub enum Side {
    Parent(Pid),
    Child,
}

/// Forks. Both sides go on with everything they had, so there must be no other thread.
///
/// # Errors
/// The system has no room.
pub fn fork() -> io::Result<Side> {
    debug_assert_eq!(threads(), Some(1), "a fork copies only the calling thread");
    // SAFETY: no other thread exists that could hold a lock which the child then never sees released.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(Side::Parent(child)),
        ForkResult::Child => Ok(Side::Child),
    }
}

/// Threads of this process, where the system tells.
fn threads() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}

/// Tells a waiting process that all is well; dropped without that in the child, it tells what was said instead.
#[derive(Debug)]
pub struct Ready {
    pipe: io::PipeWriter,
    /// Nothing is left to tell.
    told: bool,
}

/// The other end.
#[derive(Debug)]
pub struct Waiting(io::PipeReader);

/// A pair over which a child says that it is ready.
///
/// # Errors
/// No descriptor is left.
pub fn readiness() -> io::Result<(Waiting, Ready)> {
    let (reader, writer) = io::pipe()?;
    Ok((Waiting(reader), Ready { pipe: writer, told: false }))
}

impl Ready {
    /// All is well.
    pub fn tell(mut self) {
        // Nobody may wait any more.
        let _ = self.pipe.write_all(b"1");
        self.told = true;
    }

    /// It is another process that tells.
    pub fn leave(mut self) {
        self.told = true;
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        if !self.told {
            let _ = self.pipe.write_all(format!("0{}", say::startup_logs()).as_bytes());
        }
    }
}

impl Waiting {
    /// Waits; whether all is well.
    pub fn wait(mut self) -> bool {
        let mut byte = [0];
        matches!(self.0.read(&mut byte), Ok(1)) && byte == *b"1"
    }

    /// The same.
    ///
    /// # Errors
    /// What the other side has said.
    pub fn wait_or_hear(mut self) -> Result<(), String> {
        let mut byte = [0];
        if matches!(self.0.read(&mut byte), Ok(1)) && byte == *b"1" {
            return Ok(());
        }
        let mut said = Vec::new();
        // A child that was killed has said what it has said.
        let _ = self.0.read_to_end(&mut said);
        Err(String::from_utf8_lossy(&said).into_owned())
    }
}

/// A child's exit code as a shell shows it, after it has ended.
pub fn exit_code(pid: Pid) -> u8 {
    match waitpid(pid, None) {
        Ok(WaitStatus::Exited(_, code)) => u8::try_from(code).unwrap_or(1),
        Ok(WaitStatus::Signaled(_, signal, _)) => 128 + u8::try_from(signal as i32).unwrap_or(0),
        _ => 1,
    }
}

/// This process is to end when its parent does.
pub fn end_with_parent() {
    // Without it the worker would only outlive a master that was killed.
    let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGTERM);
}

/// Closes descriptors whose owners never run again in this process: a child that does not return to its parent's frames.
pub fn close(fds: &[RawFd]) {
    for fd in fds {
        // SAFETY: the owners are in frames below the fork, which end with `exit`.
        drop(unsafe { OwnedFd::from_raw_fd(*fd) });
    }
}

/// A session of its own, away from the terminal.
pub fn new_session() {
    // It fails only for a process that leads its group, which a forked child does not.
    let _ = nix::unistd::setsid();
}

/// Standard input, output and error become `/dev/null`.
pub fn quiet_streams() {
    if let Ok(null) = OpenOptions::new().read(true).write(true).open("/dev/null") {
        let _ = dup2_stdin(&null);
        let _ = dup2_stdout(&null);
        let _ = dup2_stderr(&null);
    }
}

/// Makes the pid file anew, empty, while that is still allowed.
///
/// # Errors
/// HAProxy's alert.
pub fn pid_file(program: &str, path: &Path) -> Result<File, String> {
    let _ = std::fs::remove_file(path);
    let open = OpenOptions::new().create(true).write(true).truncate(true).mode(0o644).open(path);
    open.map_err(|_| format!("[{program}.main()] Cannot create pidfile {}", path.display()))
}

/// Writes a pid into it.
pub fn write_pid(file: Option<File>, pid: Pid) {
    if let Some(mut file) = file
        && let Err(e) = writeln!(file, "{pid}")
    {
        say::warning(format!("cannot write the pid file: {e}"));
    }
}

/// `chroot`.
///
/// # Errors
/// HAProxy's alert.
pub fn confine(program: &str, global: &Global) -> Result<(), String> {
    if let Some(root) = &global.chroot
        && chroot(root).and_then(|()| chdir("/")).is_err()
    {
        return Err(format!("[{program}.main()] Cannot chroot({}).", root.display()));
    }
    Ok(())
}

/// `group`/`gid`, then `user`/`uid`; supplementary groups go.
///
/// # Errors
/// HAProxy's alert.
/// Options that need the rights of root for each connection, and so go with no other user.
///
/// # Errors
/// Both are asked for.
pub fn keeps_privileges(program: &str, plan: &Plan) -> Result<(), String> {
    let needs = |s: &crate::plan::Server| {
        let line = s.line.as_ref();
        s.interface.is_some()
            || line.is_some_and(|l| l.usesrc.is_some() || l.clients_namespace || l.socket.namespace.is_some())
    };
    if plan.global.uid.is_some_and(|uid| uid > 0) && plan.servers.iter().any(needs) {
        return Err(format!(
            "[{program}.main()] Some configuration options require full privileges, so global.uid cannot be changed."
        ));
    }
    Ok(())
}

/// Becomes the user and the group of the configuration.
pub fn set_identity(program: &str, global: &Global) -> Result<(), String> {
    if let Some(gid) = global.gid.filter(|g| *g > 0) {
        let has_groups = nix::unistd::getgroups().is_ok_and(|g| !g.is_empty());
        if has_groups && nix::unistd::setgroups(&[]).is_err() {
            say::warning(format!(
                "[{program}.main()] Failed to drop supplementary groups. Using 'gid'/'group' without 'uid'/'user' is \
                 generally useless."
            ));
        }
        nix::unistd::setgid(Gid::from_raw(gid))
            .map_err(|_| format!("[{program}.main()] Cannot set gid {gid}."))?;
    }
    if let Some(uid) = global.uid.filter(|u| *u > 0) {
        nix::unistd::setuid(Uid::from_raw(uid))
            .map_err(|_| format!("[{program}.main()] Cannot set uid {uid}."))?;
    }
    Ok(())
}

/// Signals that the control thread reads from a descriptor. Blocked before the first thread starts, so that no thread
/// gets them in another way. SIGTERM and SIGINT stay what they are: the process ends at once, as HAProxy does.
pub fn worker_signals() -> SigSet {
    use Signal::{SIGHUP, SIGQUIT, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2};
    [SIGUSR1, SIGUSR2, SIGHUP, SIGQUIT, SIGTTOU, SIGTTIN].into_iter().collect()
}

/// Lets through every signal but these. What was blocked by whoever started us is not ours.
pub fn block_only(set: &SigSet) {
    let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(set), None);
}

/// Sends a signal to old processes; how many got it.
pub fn tell(pids: &[i32], signal: Signal) -> usize {
    pids.iter().filter(|pid| kill(Pid::from_raw(**pid), signal).is_ok()).count()
}
