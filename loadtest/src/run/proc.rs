//! The processes of a run.

use super::Stop;
use super::stage::{Stage, alive};
use crate::procfs;
use crate::sys;
use crate::wire::Said;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// A child that ends with us; its output is kept for what went wrong.
pub(super) struct Proc {
    pub(super) child: Child,
    pub(super) log: PathBuf,
}

impl Proc {
    pub(super) fn start(command: &mut Command, log: PathBuf) -> Result<Self, String> {
        let file = std::fs::File::create(&log).map_err(|e| format!("{}: {e}", log.display()))?;
        command.stderr(file);
        let child =
            command.spawn().map_err(|e| format!("{}: {e}", command.get_program().to_string_lossy()))?;
        Ok(Self { child, log })
    }

    pub(super) fn dead(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok()??;
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
        let tail = lines[lines.len().saturating_sub(6)..].join("\n    ");
        Some(format!("ended with {status}\n    {tail}"))
    }
}

impl Drop for Proc {
    fn drop(&mut self) {
        for pid in procfs::tree(self.child.id()).into_iter().rev() {
            sys::kill(pid, libc::SIGKILL);
        }
        let _ = self.child.wait();
    }
}

pub(super) struct Load {
    pub(super) proc: Proc,
    pub(super) orders: ChildStdin,
    pub(super) said: Receiver<Said>,
    pub(super) group: usize,
    /// Its part of the group's rate.
    pub(super) share: f64,
    /// Its connections are open.
    pub(super) ready: bool,
}

impl Load {
    /// What the load says next. A target that has ended would keep it from ever being ready: that ends the wait too.
    pub(super) fn hear(&mut self, until: Instant, stage: &mut Stage) -> Result<Said, Stop> {
        loop {
            if sys::stopped() {
                return Err(Stop::Interrupted);
            }
            match self.said.recv_timeout(Duration::from_millis(50)) {
                Ok(Said::Failed(e)) => return Err(Stop::Failed(format!("the clients gave up: {e}"))),
                Ok(said) => {
                    self.ready = true;
                    return Ok(said);
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let why = self.proc.dead().unwrap_or_else(|| "said no more".into());
                    return Err(Stop::Failed(format!("the load process {why}")));
                }
                Err(RecvTimeoutError::Timeout) if Instant::now() > until => {
                    return Err(Stop::Failed("the load process did not answer in time".into()));
                }
                Err(RecvTimeoutError::Timeout) if !self.ready => alive(stage, &BTreeMap::new())?,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

pub(super) fn write_line<T: serde::Serialize>(to: &mut ChildStdin, what: &T) -> Result<(), Stop> {
    let mut text = serde_json::to_string(what).map_err(|e| e.to_string())?;
    text.push('\n');
    to.write_all(text.as_bytes()).map_err(|e| Stop::Failed(format!("a load process has gone: {e}")))
}
