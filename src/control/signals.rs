//! Signals, read from a descriptor (management manual, 4 "Stopping and restarting HAProxy").
use super::{State, events, say};
use crate::observe;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::io;
use std::os::fd::AsFd;
use std::rc::Rc;

/// Starts the task that reads them.
///
/// # Errors
/// No descriptor for them.
pub(super) fn start(state: &Rc<State>, signals: &SigSet) -> io::Result<()> {
    let fd = SignalFd::with_flags(signals, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
    let watched = state.core.listen(fd.as_fd().try_clone_to_owned()?)?;
    let state = state.clone();
    state.core.clone().spawn(async move {
        loop {
            watched.ready().await;
            while let Ok(Some(info)) = fd.read_signal() {
                if let Ok(signal) = Signal::try_from(info.ssi_signo as i32) {
                    state.on_signal(signal);
                }
            }
        }
    });
    Ok(())
}

impl State {
    fn on_signal(self: &Rc<State>, signal: Signal) {
        match signal {
            Signal::SIGUSR1 => self.soft_stop(),
            Signal::SIGTTOU => self.pause_all(),
            Signal::SIGTTIN => self.resume_all(),
            Signal::SIGHUP => {
                let world = self.published.load();
                for (set, text) in observe::sighup_dump(&world, &self.shared) {
                    if !text.starts_with(observe::FOR_LOGS) {
                        say::warning(&text);
                    }
                    if let Some(set) = set {
                        self.log(set, events::NOTICE, &text);
                    }
                }
            }
            Signal::SIGQUIT => self.dump_memory(),
            // SIGUSR2 means something to a master only.
            _ => {}
        }
    }

    /// HAProxy lists its memory pools. We have none to list: what the system and the shards know is shown.
    fn dump_memory(&self) {
        if say::is_quiet() {
            return;
        }
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        eprintln!("Dumping memory usage.");
        for line in status.lines().filter(|l| {
            ["VmPeak:", "VmSize:", "VmHWM:", "VmRSS:", "VmData:"].iter().any(|k| l.starts_with(k))
        }) {
            eprintln!("  - {}", line.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        for (index, shard) in self.shared.shards.iter().enumerate() {
            let process = &shard.process;
            eprintln!(
                "  - Shard {index} : {} connections now, {} so far, {} requests.",
                process.conn_cur.get(),
                process.conn_tot.get(),
                process.req_tot.get()
            );
        }
    }
}
