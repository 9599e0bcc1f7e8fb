//! What the kernel knows of processes: CPU time, wake-ups, memory.

use crate::sys;
use std::fs;

/// CPU time and the like of a set of processes, since they began.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpu {
    /// When this was read (monotonic nanoseconds).
    pub at: u64,
    /// Nanoseconds on a core, exact, from the scheduler.
    pub run: u64,
    /// Nanoseconds ready to run while something else had the core.
    pub wait: u64,
    /// Clock ticks in user and in kernel mode: only their ratio is used.
    pub user: u64,
    pub system: u64,
    /// Voluntary context switches: sleeps, and so wake-ups.
    pub wakeups: u64,
}

impl Cpu {
    pub fn since(&self, before: &Self) -> Self {
        Self {
            at: self.at - before.at,
            run: self.run.saturating_sub(before.run),
            wait: self.wait.saturating_sub(before.wait),
            user: self.user.saturating_sub(before.user),
            system: self.system.saturating_sub(before.system),
            wakeups: self.wakeups.saturating_sub(before.wakeups),
        }
    }

    pub fn percent(&self) -> f64 {
        100.0 * self.run as f64 / self.at.max(1) as f64
    }
}

/// The process and all below it.
pub fn tree(root: u32) -> Vec<u32> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let parent =
            stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        parents.push((pid, parent.unwrap_or(0)));
    }
    let mut all = vec![root];
    let mut i = 0;
    while i < all.len() {
        let parent = all[i];
        all.extend(parents.iter().filter(|(_, p)| *p == parent).map(|(pid, _)| *pid));
        i += 1;
    }
    all
}

/// Sums over all threads of these processes, the kernel's helpers of io_uring among them.
pub fn cpu(pids: &[u32]) -> Cpu {
    let mut sum = Cpu { at: sys::now_ns(), ..Cpu::default() };
    for pid in pids {
        for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            let dir = task.path();
            if let Ok(text) = fs::read_to_string(dir.join("schedstat")) {
                let mut words = text.split_whitespace().map(|w| w.parse::<u64>().unwrap_or(0));
                sum.run += words.next().unwrap_or(0);
                sum.wait += words.next().unwrap_or(0);
            }
            if let Ok(text) = fs::read_to_string(dir.join("stat"))
                && let Some((_, rest)) = text.rsplit_once(')')
            {
                let words: Vec<&str> = rest.split_whitespace().collect();
                let number = |i: usize| words.get(i).and_then(|w| w.parse::<u64>().ok()).unwrap_or(0);
                sum.user += number(11);
                sum.system += number(12);
            }
            if let Ok(text) = fs::read_to_string(dir.join("status")) {
                sum.wakeups += field(&text, "voluntary_ctxt_switches:");
            }
        }
    }
    sum
}

/// Only the time on a core: cheap enough for ten times a second.
pub fn run_ns(pids: &[u32]) -> u64 {
    let mut sum = 0;
    for pid in pids {
        for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            if let Ok(text) = fs::read_to_string(task.path().join("schedstat")) {
                sum += text.split_whitespace().next().and_then(|w| w.parse::<u64>().ok()).unwrap_or(0);
            }
        }
    }
    sum
}

/// The number behind the name at the start of a line.
fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|l| l.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Proportional set size in bytes; none where the kernel does not tell.
pub fn pss(pids: &[u32]) -> Option<u64> {
    let mut sum = 0;
    for pid in pids {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        sum += field(&text, "Pss:") * 1024;
    }
    Some(sum)
}

/// The kernel's own memory that can't be reclaimed (sockets among it), of the whole machine.
pub fn kernel_memory() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    field(&text, "SUnreclaim:") * 1024
}

/// Ticks these cores were busy, from /proc/stat.
pub fn busy_seconds(cores: &[usize]) -> f64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let mut ticks = 0;
    for core in cores {
        let name = format!("cpu{core} ");
        if let Some(rest) = text.lines().find_map(|l| l.strip_prefix(&name)) {
            let n: Vec<u64> = rest.split_whitespace().map(|w| w.parse().unwrap_or(0)).collect();
            // user nice system idle iowait irq softirq steal
            ticks += [0, 1, 2, 5, 6, 7].iter().map(|&i| n.get(i).copied().unwrap_or(0)).sum::<u64>();
        }
    }
    ticks as f64 / sys::ticks_per_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_time_and_memory() {
        let me = [std::process::id()];
        let before = cpu(&me);
        let mut x = 1u64;
        for i in 0..30_000_000u64 {
            x = std::hint::black_box(x.wrapping_mul(i | 1));
        }
        let used = cpu(&me).since(&before);
        assert!(used.run > 1_000_000 && used.percent() > 1.0, "{used:?}");
        assert!(run_ns(&me) >= before.run);
        assert!(pss(&me).is_some_and(|b| b > 100_000));
        assert!(tree(me[0]).contains(&me[0]));
    }

    #[test]
    fn fields_are_read() {
        assert_eq!(field("A: 1\nPss:      307 kB\n", "Pss:"), 307);
        assert_eq!(field("A: 1\n", "Pss:"), 0);
    }
}
