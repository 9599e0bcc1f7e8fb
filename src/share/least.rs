//! How many requests the servers of a backend carry, over all cores: for `balance leastconn`, `random` and
//! `hash-balance-factor`. The last two read counters; `leastconn` has its order in one place behind a lock, so that two cores
//! never take the same least loaded server at once.
use crate::base::grow::Grow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// The requests on the servers of one backend.
#[derive(Debug)]
pub struct Loads {
    served: Grow<AtomicU32>,
    total: AtomicU32,
    least: Option<Mutex<Least>>,
}

impl Loads {
    /// Counters for so many servers.
    #[must_use]
    pub fn counters(servers: usize) -> Loads {
        Loads {
            served: (0..servers).map(|_| AtomicU32::new(0)).collect(),
            total: AtomicU32::new(0),
            least: None,
        }
    }

    /// The same, and the order of `leastconn`.
    #[must_use]
    pub fn ordered(backups: &[bool], all_backups: bool) -> Loads {
        Loads { least: Some(Mutex::new(Least::new(backups, all_backups))), ..Loads::counters(backups.len()) }
    }

    /// One server more, that takes no requests yet.
    pub fn add_server(&self, backup: bool) {
        if let Some(least) = &self.least {
            least.lock().expect("no panic under this lock").servers.push(Member {
                weight: 0,
                served: 0,
                backup,
                at: OUT,
            });
        }
        self.served.append(AtomicU32::new(0));
    }

    /// Requests on a server.
    #[must_use]
    pub fn on(&self, server: usize) -> u32 {
        self.served[server].load(Ordering::Relaxed)
    }

    /// Requests on all of them.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.total.load(Ordering::Relaxed)
    }

    /// A request goes to a server.
    pub fn take(&self, server: usize) {
        self.served[server].fetch_add(1, Ordering::Relaxed);
        self.total.fetch_add(1, Ordering::Relaxed);
        if let Some(least) = &self.least {
            least.lock().expect("no panic under this lock").add(server, 1);
        }
    }

    /// A request left a server.
    pub fn leave(&self, server: usize) {
        self.served[server].fetch_sub(1, Ordering::Relaxed);
        self.total.fetch_sub(1, Ordering::Relaxed);
        if let Some(least) = &self.least {
            least.lock().expect("no panic under this lock").add(server, -1);
        }
    }

    /// Finds the least loaded server that is not full and takes it: [`Loads::take`] is done. `generation` and `weights` (in
    /// sixteenths) are the World's; a core that is late does not set newer ones back. None where the order is not kept.
    pub fn take_least(
        &self,
        generation: u64,
        weights: impl FnOnce(&mut Vec<u32>),
        full: &mut dyn FnMut(usize) -> bool,
        avoid: Option<usize>,
    ) -> Option<usize> {
        let mut least = self.least.as_ref()?.lock().expect("no panic under this lock");
        if least.generation.is_none_or(|g| g < generation) {
            let mut now = Vec::new();
            weights(&mut now);
            least.sync(&now);
            least.generation = Some(generation);
        }
        let server = least.pick(full, avoid)?;
        least.add(server, 1);
        self.served[server].fetch_add(1, Ordering::Relaxed);
        self.total.fetch_add(1, Ordering::Relaxed);
        Some(server)
    }
}

/// The order of `leastconn` (HAProxy's `lb_fwlc.c`): by requests over weight; of equals the one that came to this count
/// first.
#[derive(Debug)]
struct Least {
    generation: Option<u64>,
    servers: Vec<Member>,
    active: Vec<Entry>,
    backup: Vec<Entry>,
    all_backups: bool,
    /// Counts insertions.
    inserted: u64,
    passed: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Member {
    weight: u32,
    served: u32,
    backup: bool,
    /// Where it stands in its heap; [`OUT`] while it takes no requests.
    at: u32,
}

const OUT: u32 = u32::MAX;
/// The largest weight, in sixteenths.
const WEIGHT_MAX: u32 = 256 * 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: u32,
    order: u64,
    server: u32,
}

impl Least {
    fn new(backups: &[bool], all_backups: bool) -> Least {
        let member = |&backup: &bool| Member { weight: 0, served: 0, backup, at: OUT };
        Least {
            generation: None,
            servers: backups.iter().map(member).collect(),
            active: Vec::with_capacity(backups.len()),
            backup: Vec::with_capacity(backups.len()),
            all_backups,
            inserted: 0,
            passed: Vec::with_capacity(backups.len()),
        }
    }

    fn sync(&mut self, weights: &[u32]) {
        for (server, &weight) in weights.iter().enumerate() {
            if self.servers[server].weight == weight {
                continue;
            }
            if self.servers[server].at != OUT {
                self.remove(server);
            }
            self.servers[server].weight = weight;
            if weight > 0 {
                self.insert(server);
            }
        }
    }

    fn pick(&mut self, full: &mut dyn FnMut(usize) -> bool, avoid: Option<usize>) -> Option<usize> {
        if self.active.is_empty() && !self.all_backups {
            let first = self.servers.iter().position(|s| s.backup && s.weight > 0)?;
            return (!full(first)).then_some(first);
        }
        let backup = self.active.is_empty();
        let mut avoided = None;
        let mut picked = None;
        while let Some(&entry) = self.heap(backup).first() {
            let server = entry.server as usize;
            if !full(server) {
                if avoid != Some(server) {
                    picked = Some(server);
                    break;
                }
                avoided = Some(server);
            }
            self.remove(server);
            self.passed.push(entry);
        }
        while let Some(entry) = self.passed.pop() {
            self.push(entry);
        }
        picked.or(avoided)
    }

    fn add(&mut self, server: usize, n: i32) {
        let member = &mut self.servers[server];
        member.served = member.served.saturating_add_signed(n);
        let (at, backup, key) = (member.at, member.backup, key(member));
        if at == OUT || self.heap(backup)[at as usize].key == key {
            return;
        }
        self.inserted += 1;
        let order = self.inserted;
        self.heap(backup)[at as usize] = Entry { key, order, server: server as u32 };
        self.settle(backup, at as usize);
    }

    fn heap(&mut self, backup: bool) -> &mut Vec<Entry> {
        if backup { &mut self.backup } else { &mut self.active }
    }

    fn insert(&mut self, server: usize) {
        self.inserted += 1;
        let entry = Entry { key: key(&self.servers[server]), order: self.inserted, server: server as u32 };
        self.push(entry);
    }

    fn push(&mut self, entry: Entry) {
        let backup = self.servers[entry.server as usize].backup;
        let heap = self.heap(backup);
        heap.push(entry);
        let at = heap.len() - 1;
        self.settle(backup, at);
    }

    fn remove(&mut self, server: usize) {
        let Member { at, backup, .. } = self.servers[server];
        let heap = self.heap(backup);
        heap.swap_remove(at as usize);
        let moved = (at as usize) < heap.len();
        self.servers[server].at = OUT;
        if moved {
            self.settle(backup, at as usize);
        }
    }

    /// Moves the entry at a place to where it belongs.
    fn settle(&mut self, backup: bool, mut at: usize) {
        let (heap, servers) = match backup {
            true => (&mut self.backup, &mut self.servers),
            false => (&mut self.active, &mut self.servers),
        };
        let entry = heap[at];
        while at > 0 && entry < heap[(at - 1) / 2] {
            heap[at] = heap[(at - 1) / 2];
            servers[heap[at].server as usize].at = at as u32;
            at = (at - 1) / 2;
        }
        loop {
            let mut child = 2 * at + 1;
            if child + 1 < heap.len() && heap[child + 1] < heap[child] {
                child += 1;
            }
            if child >= heap.len() || entry < heap[child] {
                break;
            }
            heap[at] = heap[child];
            servers[heap[at].server as usize].at = at as u32;
            at = child;
        }
        heap[at] = entry;
        servers[entry.server as usize].at = at as u32;
    }
}

fn key(member: &Member) -> u32 {
    if member.served == 0 {
        return 0;
    }
    (member.served + 1).wrapping_mul(WEIGHT_MAX) / member.weight.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(loads: &Loads, weights: &[u32], generation: u64) -> Option<usize> {
        loads.take_least(generation, |into| into.extend(weights), &mut |_| false, None)
    }

    #[test]
    fn the_least_loaded_by_weight_is_taken_and_equals_in_turn() {
        let loads = Loads::ordered(&[false; 3], false);
        let weights = [16, 16, 32];
        let picks: Vec<_> = (0..4).map(|_| take(&loads, &weights, 1).unwrap()).collect();
        assert_eq!(picks, [0, 1, 2, 2]);
        loads.leave(1);
        assert_eq!(take(&loads, &weights, 1), Some(1));
        assert_eq!((loads.on(2), loads.total()), (2, 4));
    }

    #[test]
    fn the_full_are_passed_over_backups_wait() {
        let loads = Loads::ordered(&[false, false, true], false);
        let get = |generation, weights: [u32; 3], full: usize, avoid| {
            loads.take_least(generation, |into| into.extend(weights), &mut |i| i == full, avoid)
        };
        assert_eq!(get(1, [16, 16, 16], 0, None), Some(1));
        assert_eq!(get(1, [16, 16, 16], 0, None), Some(1));
        assert_eq!(get(1, [16, 16, 16], 9, Some(0)), Some(1));
        assert_eq!(get(1, [16, 16, 16], 1, Some(0)), Some(0));
        assert_eq!(get(2, [0, 0, 16], 9, None), Some(2));
        // A core that has not seen the change sets nothing back.
        assert_eq!(get(1, [16, 16, 16], 9, None), Some(2));
        assert_eq!(get(3, [0, 0, 0], 9, None), None);
    }

    #[test]
    fn the_heap_stays_sound() {
        let loads = Loads::ordered(&[false; 50], false);
        let (mut seed, mut weights, mut on) = (5u64, vec![16u32; 50], Vec::new());
        for generation in 0..20_000u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let n = (seed >> 33) as usize;
            if n.is_multiple_of(7) {
                weights[n / 7 % 50] = [0, 16, 100, 4_096][n / 1_000 % 4];
            }
            if n % 5 < 3 || on.is_empty() {
                on.extend(loads.take_least(
                    generation + 1,
                    |into| into.extend(&weights),
                    &mut |i| i == n % 50,
                    None,
                ));
            } else {
                loads.leave(on.swap_remove(n / 5 % on.len()));
            }
        }
        let least = loads.least.as_ref().unwrap().lock().unwrap();
        for (at, entry) in least.active.iter().enumerate() {
            let member = &least.servers[entry.server as usize];
            assert_eq!((member.at as usize, key(member)), (at, entry.key));
            assert!(at == 0 || least.active[(at - 1) / 2] < *entry);
        }
        assert_eq!(least.active.len(), weights.iter().filter(|&&w| w > 0).count());
        assert_eq!(loads.total() as usize, on.len());
    }
}
