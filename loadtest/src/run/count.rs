//! System calls and instructions a request. Counting slows down what is counted, so it has runs of its own.

use super::figures::total;
use super::proc::Load;
use super::stage::Stage;
use super::{Aim, Bench, Stop, pause_until};
use crate::report::say::thousands;
use crate::scenario::{Plan, Step};
use crate::sys;
use crate::target::OWN_PROGRAM;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A figure a request, and how it was come by.
pub struct Counted {
    pub value: f64,
    pub how: String,
}

/// What runs the target while its instructions are counted.
pub struct Under;

impl Under {
    /// The same command under callgrind. The totals are found by [`collected`].
    pub fn wrap(&self, command: Command, dir: &Path) -> Result<Command, String> {
        let mut outer = Command::new("valgrind");
        outer.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--trace-children=yes"]);
        outer.arg(format!("--log-file={}", dir.join("callgrind.%p").display()));
        let program = match command.get_program() {
            // Under valgrind that link would be valgrind's.
            own if own == OWN_PROGRAM => std::fs::read_link(OWN_PROGRAM).map_err(|e| e.to_string())?,
            other => PathBuf::from(other),
        };
        outer.arg(program).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => outer.env(name, value),
                None => outer.env_remove(name),
            };
        }
        Ok(outer)
    }
}

/// Sum of what callgrind wrote into this directory, and takes it away.
fn collected(dir: &Path) -> Option<u64> {
    let mut sum = None;
    for entry in std::fs::read_dir(dir).ok()?.flatten() {
        if entry.file_name().to_string_lossy().starts_with("callgrind.") {
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            let _ = std::fs::remove_file(entry.path());
            let found = text.lines().find_map(|l| l.split_once("Collected :"));
            if let Some(n) = found.and_then(|(_, n)| n.trim().parse::<u64>().ok()) {
                sum = Some(sum.unwrap_or(0) + n);
            }
        }
    }
    sum
}

impl Bench {
    /// System calls a request: counted by perf, or where it may not by strace.
    pub fn syscalls(&self, plan: &Plan, aim: &Aim) -> Result<Counted, Stop> {
        let mut stage = self.stage(plan, aim, None, &mut Vec::new())?;
        if stage.pids.is_empty() {
            return Err(Stop::Failed("there is no process of a target here to look at".into()));
        }
        let mut loads = self.ready_loads(plan, &mut stage, &mut BTreeMap::new())?;
        let before = self.answers(&plan.counting(0.5), &mut stage, &mut loads)?;
        let mut counter = Counter::attach(&stage.pids, &self.dir)?;
        let after = self.answers(&plan.counting(1.0), &mut stage, &mut loads)?;
        let calls = counter.finish()?;
        let value = per_request(calls, after.saturating_sub(before))?;
        let how = format!(
            "{} system calls of {} requests, counted by {}",
            thousands(calls as f64),
            thousands((after - before) as f64),
            counter.tool
        );
        Ok(Counted { value, how })
    }

    /// User-mode instructions a request: what a longer run under callgrind takes more than a shorter one.
    pub fn instructions(&self, plan: &Plan, aim: &Aim) -> Result<Counted, Stop> {
        let Aim::Target(target) = aim else {
            return Err(Stop::Failed("a service that runs already can't be put under valgrind".into()));
        };
        if crate::target::find("valgrind").is_none() {
            return Err(Stop::Failed("valgrind is not installed".into()));
        }
        if let Some(why) = target.not_under_valgrind() {
            return Err(Stop::Failed(why.into()));
        }
        let short = self.under_valgrind(plan, aim, 1.0)?;
        let long = self.under_valgrind(plan, aim, 3.0)?;
        let (instructions, requests) = (long.0.saturating_sub(short.0), long.1.saturating_sub(short.1));
        let value = per_request(instructions, requests)?;
        let how = format!(
            "{} user-mode instructions of {} requests, counted by valgrind's callgrind",
            thousands(instructions as f64),
            thousands(requests as f64)
        );
        Ok(Counted { value, how })
    }

    /// Instructions of a whole life of the target, and answers in it.
    fn under_valgrind(&self, plan: &Plan, aim: &Aim, seconds: f64) -> Result<(u64, u64), Stop> {
        let mut stage = self.stage(plan, aim, Some(&Under), &mut Vec::new())?;
        let mut loads = self.ready_loads(plan, &mut stage, &mut BTreeMap::new())?;
        let answers = self.answers(&plan.counting(seconds), &mut stage, &mut loads)?;
        drop(loads);
        let mut sum = None;
        for proxy in &mut stage.proxies {
            sys::kill(proxy.child.id(), libc::SIGTERM);
            wait(&mut proxy.child, 10)
                .ok_or_else(|| Stop::Failed("it did not end on SIGTERM under valgrind".into()))?;
            let dir = proxy.log.parent().unwrap_or(&self.dir);
            sum = collected(dir).map(|n| n + sum.unwrap_or(0)).or(sum);
        }
        let sum = sum.ok_or_else(|| Stop::Failed("callgrind gave no total".into()))?;
        Ok((sum, answers))
    }

    /// All answers so far, after this much more load.
    fn answers(&self, step: &Step, stage: &mut Stage, loads: &mut [Load]) -> Result<u64, Stop> {
        let phase = self.order(step, loads)?;
        pause_until(phase.end)?;
        Ok(total(&self.results(stage, loads)?))
    }
}

fn per_request(n: u64, requests: u64) -> Result<f64, Stop> {
    if requests < 10 {
        return Err(Stop::Failed(format!("{requests} requests are too few")));
    }
    Ok(n as f64 / requests as f64)
}

fn wait(child: &mut Child, seconds: u64) -> Option<std::process::ExitStatus> {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < deadline {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    None
}

/// A program that counts the system calls of running processes.
struct Counter {
    tool: &'static str,
    child: Child,
    out: PathBuf,
}

impl Counter {
    fn attach(pids: &[u32], dir: &Path) -> Result<Self, Stop> {
        let mut said = Vec::new();
        for tool in ["perf", "strace"] {
            match Self::start(tool, pids, dir) {
                Ok(counter) => return Ok(counter),
                Err(why) => said.push(format!("{tool}: {why}")),
            }
        }
        Err(Stop::Failed(said.join("; ")))
    }

    fn start(tool: &'static str, pids: &[u32], dir: &Path) -> Result<Self, String> {
        let program = crate::target::find(tool).ok_or("not installed")?;
        let out = dir.join(format!("counted-by-{tool}"));
        let _ = std::fs::remove_file(&out);
        let mut command = Command::new(program);
        if tool == "perf" {
            let list = pids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
            command.args(["stat", "-x,", "-e", "raw_syscalls:sys_enter", "-p", &list]);
        } else {
            command.args(["-f", "-c", "-qq"]);
            command.args(pids.iter().flat_map(|pid| ["-p".to_owned(), pid.to_string()]));
        }
        command.arg("-o").arg(&out).stdin(Stdio::null()).stdout(Stdio::null());
        let log = std::fs::File::create(dir.join("counter.log")).map_err(|e| e.to_string())?;
        command.stderr(log);
        sys::child_on(&mut command, &sys::allowed_cores(), &[]);
        let child = command.spawn().map_err(|e| e.to_string())?;
        let mut this = Self { tool, child, out };
        let deadline = Instant::now() + Duration::from_secs(10);
        while !this.attached(pids) {
            if this.child.try_wait().is_ok_and(|s| s.is_some()) {
                let text = std::fs::read_to_string(dir.join("counter.log")).unwrap_or_default();
                let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
                return Err(lines.take(2).collect::<Vec<_>>().join(" "));
            }
            if Instant::now() > deadline {
                return Err("did not attach within 10 s".into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        // Between opening the events and counting lies a moment of perf's.
        std::thread::sleep(Duration::from_millis(50));
        Ok(this)
    }

    fn attached(&self, pids: &[u32]) -> bool {
        if self.tool == "perf" {
            let fds = std::fs::read_dir(format!("/proc/{}/fd", self.child.id()));
            let events = fds.into_iter().flatten().flatten().filter(|fd| {
                std::fs::read_link(fd.path()).is_ok_and(|to| to.to_string_lossy().contains("perf_event"))
            });
            return events.count() >= pids.len();
        }
        pids.iter().all(|pid| {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            status.lines().any(|l| l.strip_prefix("TracerPid:").is_some_and(|n| n.trim() != "0"))
        })
    }

    fn finish(&mut self) -> Result<u64, Stop> {
        sys::kill(self.child.id(), libc::SIGINT);
        let ended = wait(&mut self.child, 10);
        let text = std::fs::read_to_string(&self.out).unwrap_or_default();
        let found = if self.tool == "perf" { perf_count(&text) } else { strace_count(&text) };
        found.filter(|_| ended.is_some()).ok_or_else(|| {
            let last = text.lines().rfind(|l| !l.trim().is_empty()).unwrap_or("it said nothing");
            Stop::Failed(format!("{} counted nothing: {last}", self.tool))
        })
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `1234,,raw_syscalls:sys_enter,…`
fn perf_count(text: &str) -> Option<u64> {
    let line = text.lines().find(|l| l.contains("raw_syscalls:sys_enter"))?;
    line.split(',').next()?.trim().parse().ok()
}

/// The column `calls` of `strace -c`, added up.
fn strace_count(text: &str) -> Option<u64> {
    let calls = text.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let row = words.len() >= 5 && words[0].parse::<f64>().is_ok() && words.last() != Some(&"total");
        if row { words[3].parse::<u64>().ok() } else { None }
    });
    calls.fold(None, |sum, n| Some(sum.unwrap_or(0) + n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read() {
        let perf = "# started on Mon\n\n51234,,raw_syscalls:sys_enter,1002003,100.00,,\n";
        assert_eq!(perf_count(perf), Some(51_234));
        assert_eq!(perf_count("<not counted>,,raw_syscalls:sys_enter,0,100.00,,\n"), None);
        let strace = "% time     seconds  usecs/call     calls    errors syscall\n\
                      ------ ----------- ----------- --------- --------- ----------------\n \
                      70.10    0.004000           2      1200       100 recvfrom\n \
                      29.90    0.001000           1       800           sendto\n\
                      ------ ----------- ----------- --------- --------- ----------------\n\
                      100.00    0.005000           2      2000       100 total\n";
        assert_eq!(strace_count(strace), Some(2_000));
        assert_eq!(strace_count(""), None);
    }
}
