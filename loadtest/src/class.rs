//! Classes of machines: the proxy gets the CPU and the memory of a smaller machine, by a cgroup.
//!
//! `m1.small` had "1 EC2 compute unit" and 1.7 GB. Amazon defined the unit as the capacity of a 1.0 to 1.2 GHz Opteron
//! or Xeon of 2007. Here: 1.1 GHz over this machine's clock, divided by what a core does more in a clock than one of
//! 2007. That factor is an assumption, 2, and `--class-share` replaces the whole: a share of one core. The report says
//! which was taken. The quota is renewed every 20 ms, so a proxy that has used its share waits for at most that.

use crate::sys;
use serde::{Deserialize, Serialize};
use std::fs;
use std::os::fd::{AsRawFd, RawFd};
use std::path::{Path, PathBuf};

const PERIOD_US: u64 = 20_000;
const WORK_PER_CLOCK: f64 = 2.0;
const UNIT_MHZ: f64 = 1_100.0;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Class {
    pub name: String,
    /// Of one core of this machine.
    pub share: f64,
    pub memory_bytes: u64,
    /// How the share was found.
    pub how: String,
}

impl Class {
    pub fn named(name: &str, mhz: f64, share: Option<f64>) -> Result<Self, String> {
        if name != "m1.small" {
            return Err(format!("no class '{name}': there is m1.small"));
        }
        let (share, how) = match share {
            Some(share) if share > 0.0 && share <= 1.0 => (share, "as --class-share says".to_owned()),
            Some(share) => {
                return Err(format!("--class-share {share}: a share of one core is above 0 and at most 1"));
            }
            None if mhz > 0.0 => {
                let share = (UNIT_MHZ / mhz / WORK_PER_CLOCK).min(1.0);
                let how = format!(
                    "1 EC2 compute unit = {UNIT_MHZ:.0} MHz of 2007, this core has {mhz:.0} MHz and is taken to do \
                     {WORK_PER_CLOCK:.0} times the work in a clock: {:.1} % of a core",
                    share * 100.0
                );
                (share, how)
            }
            None => return Err("the clock of this machine is not known: give --class-share".into()),
        };
        Ok(Self { name: name.into(), share, memory_bytes: 1_700_000_000, how })
    }
}

/// The groups of a class; removed when dropped.
pub struct Cage {
    dirs: Vec<PathBuf>,
    procs: Vec<fs::File>,
}

impl Cage {
    /// The error says why there is none; the caller goes on without.
    pub fn new(class: &Class) -> Result<Self, String> {
        if !sys::is_root() {
            return Err("groups for a class need root".into());
        }
        let mounts = fs::read_to_string("/proc/mounts").map_err(|e| e.to_string())?;
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mut cage = Self { dirs: Vec::new(), procs: Vec::new() };
        let quota = ((PERIOD_US as f64 * class.share) as u64).max(1_000);
        let memory = class.memory_bytes.to_string();
        if let (Some(cpu), Some(mem)) = (v1(&mounts, &own, "cpu"), v1(&mounts, &own, "memory")) {
            cage.enter(
                &cpu,
                &[("cpu.cfs_period_us", &PERIOD_US.to_string()), ("cpu.cfs_quota_us", &quota.to_string())],
            )?;
            cage.enter(&mem, &[("memory.limit_in_bytes", &memory)])?;
            return Ok(cage);
        }
        let v2 =
            mounts.lines().find(|l| l.split(' ').nth(2) == Some("cgroup2")).and_then(|l| l.split(' ').nth(1));
        let Some(v2) = v2.map(Path::new) else { return Err("no cgroup controllers are mounted".into()) };
        let has = fs::read_to_string(v2.join("cgroup.controllers")).unwrap_or_default();
        if !has.split_whitespace().any(|c| c == "cpu") || !has.split_whitespace().any(|c| c == "memory") {
            return Err("the cgroup controllers cpu and memory are not to be had here".into());
        }
        let _ = fs::write(v2.join("cgroup.subtree_control"), "+cpu +memory");
        cage.enter(v2, &[("cpu.max", &format!("{quota} {PERIOD_US}")), ("memory.max", &memory)])?;
        Ok(cage)
    }

    fn enter(&mut self, parent: &Path, settings: &[(&str, &str)]) -> Result<(), String> {
        let dir = parent.join(format!("loadtest-{}-{}", std::process::id(), self.dirs.len()));
        fs::create_dir(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        self.dirs.push(dir.clone());
        for (name, value) in settings {
            let path = dir.join(name);
            fs::write(&path, value).map_err(|e| format!("{}: {e}", path.display()))?;
        }
        let procs = dir.join("cgroup.procs");
        let file = fs::OpenOptions::new().write(true).open(&procs);
        self.procs.push(file.map_err(|e| format!("{}: {e}", procs.display()))?);
        Ok(())
    }

    /// What a child enters by writing to.
    pub fn procs(&self) -> Vec<RawFd> {
        self.procs.iter().map(AsRawFd::as_raw_fd).collect()
    }
}

impl Drop for Cage {
    fn drop(&mut self) {
        for dir in &self.dirs {
            // A group goes once its last process is reaped.
            for _ in 0..50 {
                if fs::remove_dir(dir).is_ok() || !dir.exists() {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        }
    }
}

/// The directory of a controller of version 1 that holds this process.
fn v1(mounts: &str, own: &str, controller: &str) -> Option<PathBuf> {
    let mount = mounts.lines().find_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (at, kind, options) = (words.next()?, words.next()?, words.next()?);
        (kind == "cgroup" && options.split(',').any(|o| o == controller)).then_some(at)
    })?;
    let path = own.lines().find_map(|line| {
        let mut words = line.splitn(3, ':').skip(1);
        let (names, path) = (words.next()?, words.next()?);
        names.split(',').any(|n| n == controller).then_some(path)
    });
    let inside = Path::new(mount).join(path.unwrap_or("/").trim_start_matches('/'));
    Some(if inside.is_dir() { inside } else { PathBuf::from(mount) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_follows_the_clock_and_the_option() {
        let class = Class::named("m1.small", 2_200.0, None).unwrap();
        assert!((class.share - 0.25).abs() < 1e-9 && class.how.contains("25.0 %"), "{class:?}");
        assert_eq!(Class::named("m1.small", 0.0, Some(0.3)).unwrap().share, 0.3);
        assert!(Class::named("m1.small", 0.0, None).is_err());
        assert!(Class::named("m1.small", 2_000.0, Some(2.0)).is_err());
        assert!(Class::named("t2.nano", 2_000.0, None).is_err());
    }
}
