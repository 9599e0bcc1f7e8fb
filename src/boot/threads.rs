//! The shards' threads: how many, where they may run, and their birth and death.
use super::bind::Bound;
use crate::base::limits::MAX_THREADS;
use crate::control::{Ended, say};
use crate::net::IoMode;
use crate::plan::{Global, global::CpuMap};
use crate::shard::{self, ShardConfig, ShardHandle};
use crate::share::Shared;
use crate::world::Published;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// How many shards there are: `nbthread`, or the cpus this process may run on.
#[must_use]
pub fn count(global: &Global) -> usize {
    global.nbthread.unwrap_or_else(available).clamp(1, MAX_THREADS)
}

/// The cpus this process may run on.
#[must_use]
pub fn available() -> usize {
    let Ok(set) = sched_getaffinity(Pid::from_raw(0)) else { return 1 };
    (0..CpuSet::count()).filter(|cpu| set.is_set(*cpu).unwrap_or(false)).count().clamp(1, MAX_THREADS)
}

/// Starts a thread for each shard and waits until all of them accept.
///
/// # Errors
/// A shard could not start; others may run already, so the process should end.
pub fn spawn(
    io_mode: IoMode,
    global: &Global,
    bound: &mut Bound,
    published: &Arc<Published>,
    shared: &Arc<Shared>,
    ended: &Ended,
) -> Result<Vec<ShardHandle>, String> {
    let (started, starts) = channel();
    let count = bound.shards.len();
    for (index, listeners) in std::mem::take(&mut bound.shards).into_iter().enumerate() {
        let config = ShardConfig {
            index,
            io: io_mode,
            listeners,
            published: published.clone(),
            shared: shared.clone(),
        };
        let thread = Thread {
            index,
            cpus: cpus(&global.cpu_map, index),
            started: started.clone(),
            ended: ended.clone(),
        };
        thread::Builder::new()
            .name(format!("shard-{index}"))
            .spawn(move || thread.run(config))
            .map_err(|e| format!("cannot start thread {}: {e}", index + 1))?;
    }
    drop(started);
    let mut handles: Vec<(usize, ShardHandle)> = Vec::with_capacity(count);
    for start in starts {
        match start {
            (index, Ok(handle)) => handles.push((index, handle)),
            (index, Err(e)) => return Err(format!("cannot start thread {}: {e}", index + 1)),
        }
        if handles.len() == count {
            break;
        }
    }
    handles.sort_by_key(|(index, _)| *index);
    Ok(handles.into_iter().map(|(_, handle)| handle).collect())
}

fn cpus(map: &CpuMap, index: usize) -> Vec<usize> {
    map.iter().filter(|(thread, _)| *thread == index).flat_map(|(_, cpus)| cpus.iter().copied()).collect()
}

/// One shard's thread.
struct Thread {
    index: usize,
    cpus: Vec<usize>,
    started: Sender<(usize, io::Result<ShardHandle>)>,
    ended: Ended,
}

impl Thread {
    fn run(self, config: ShardConfig) {
        let end = EndGuard(&self.ended);
        if !self.cpus.is_empty() && !pin(&self.cpus) {
            say::warning(format!("thread {}: cannot be bound to cpus {:?}.", self.index + 1, self.cpus));
        }
        let index = self.index;
        let started = self.started.clone();
        let result = shard::run(config, move |handle| {
            let _ = started.send((index, Ok(handle)));
        });
        if let Err(e) = result {
            let _ = self.started.send((index, Err(e)));
        }
        drop(end);
    }
}

/// Binds the calling thread to these cpus.
fn pin(cpus: &[usize]) -> bool {
    if let [cpu] = cpus {
        return core_affinity::set_for_current(core_affinity::CoreId { id: *cpu });
    }
    let mut set = CpuSet::new();
    cpus.iter().all(|cpu| set.set(*cpu).is_ok()) && sched_setaffinity(Pid::from_raw(0), &set).is_ok()
}

/// Tells control that the thread has ended. A panic ends the process: a core that is silently gone is worse.
struct EndGuard<'a>(&'a Ended);

impl Drop for EndGuard<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            std::process::abort();
        }
        self.0.one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nbthread_or_the_cpus() {
        assert!((1..=MAX_THREADS).contains(&count(&Global::default())));
        assert_eq!(count(&Global { nbthread: Some(3), ..Global::default() }), 3);
        assert_eq!(count(&Global { nbthread: Some(1000), ..Global::default() }), MAX_THREADS);
    }

    #[test]
    fn cpu_maps_are_by_thread() {
        let map = vec![(0, vec![1]), (1, vec![2, 3]), (1, vec![5])];
        assert_eq!(cpus(&map, 0), [1]);
        assert_eq!(cpus(&map, 1), [2, 3, 5]);
        assert!(cpus(&map, 2).is_empty());
    }
}
