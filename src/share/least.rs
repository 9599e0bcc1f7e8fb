//! How many requests the servers of a backend carry, over all cores: for `balance leastconn`, `random` and
//! `hash-balance-factor`. The last two read counters; `leastconn` has its order in one place behind a lock, so that two cores
//! never take the same least loaded server at once.
use crate::base::grow::Grow;
use crate::base::winner::{Entry, Winner};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard};

/// The requests on the servers of one backend.
#[derive(Debug)]
pub struct Loads(Kind);

#[derive(Debug)]
enum Kind {
    /// Their sum is counted only where somebody asks for it.
    Counters {
        served: Grow<AtomicU32>,
        total: Option<AtomicU32>,
    },
    Ordered(Mutex<Least>),
}

impl Loads {
    /// Counters for so many servers.
    #[must_use]
    pub fn counters(servers: usize) -> Loads {
        Loads(Kind::Counters { served: (0..servers).map(|_| AtomicU32::new(0)).collect(), total: None })
    }

    /// Counters, and their sum.
    #[must_use]
    pub fn with_total(servers: usize) -> Loads {
        let served = (0..servers).map(|_| AtomicU32::new(0)).collect();
        Loads(Kind::Counters { served, total: Some(AtomicU32::new(0)) })
    }

    /// The order of `leastconn`.
    #[must_use]
    pub fn ordered(backups: &[bool], all_backups: bool) -> Loads {
        Loads(Kind::Ordered(Mutex::new(Least::new(backups, all_backups))))
    }

    /// One server more, that takes no requests yet.
    pub fn add_server(&self, backup: bool) {
        match &self.0 {
            Kind::Counters { served, .. } => {
                served.append(AtomicU32::new(0));
            }
            Kind::Ordered(least) => held(least).join(backup),
        }
    }

    /// Requests on a server.
    #[must_use]
    #[inline]
    pub fn on(&self, server: usize) -> u32 {
        match &self.0 {
            Kind::Counters { served, .. } => served[server].load(Ordering::Relaxed),
            Kind::Ordered(least) => held(least).servers[server].served,
        }
    }

    /// Requests on all of them; 0 where they are not counted.
    #[must_use]
    #[inline]
    pub fn total(&self) -> u32 {
        match &self.0 {
            Kind::Counters { total, .. } => total.as_ref().map_or(0, |t| t.load(Ordering::Relaxed)),
            Kind::Ordered(least) => held(least).servers.iter().map(|s| s.served).sum(),
        }
    }

    /// A request goes to a server.
    #[inline]
    pub fn take(&self, server: usize) {
        match &self.0 {
            Kind::Counters { served, total } => {
                served[server].fetch_add(1, Ordering::Relaxed);
                if let Some(total) = total {
                    total.fetch_add(1, Ordering::Relaxed);
                }
            }
            Kind::Ordered(least) => held(least).add(server, 1),
        }
    }

    /// A request left a server.
    #[inline]
    pub fn leave(&self, server: usize) {
        match &self.0 {
            Kind::Counters { served, total } => {
                served[server].fetch_sub(1, Ordering::Relaxed);
                if let Some(total) = total {
                    total.fetch_sub(1, Ordering::Relaxed);
                }
            }
            Kind::Ordered(least) => held(least).add(server, -1),
        }
    }

    /// Finds the least loaded server that is not full and takes it: [`Loads::take`] is done. `generation` and `weights` (in
    /// sixteenths) are the World's; a core that is late does not set newer ones back. None where the order is not kept.
    #[inline]
    pub fn take_least(
        &self,
        generation: u64,
        weights: impl FnOnce(&mut Vec<u32>),
        full: &mut dyn FnMut(usize) -> bool,
        avoid: Option<usize>,
    ) -> Option<usize> {
        let Kind::Ordered(least) = &self.0 else { return None };
        let mut least = held(least);
        if least.generation.is_none_or(|g| g < generation) {
            let mut now = Vec::new();
            weights(&mut now);
            least.sync(&now);
            least.generation = Some(generation);
        }
        let server = least.pick(full, avoid)?;
        least.add(server, 1);
        Some(server)
    }
}

fn held(least: &Mutex<Least>) -> MutexGuard<'_, Least> {
    least.lock().expect("no panic under this lock")
}

/// The order of `leastconn` (HAProxy's `lb_fwlc.c`): by requests over weight; of equals the one that came to this count
/// first.
#[derive(Debug)]
struct Least {
    generation: Option<u64>,
    servers: Vec<Member>,
    active: Winner,
    backup: Winner,
    all_backups: bool,
    passed: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Member {
    /// 0: takes no requests, and is in no order.
    weight: u32,
    served: u32,
    backup: bool,
}

/// The largest weight, in sixteenths.
const WEIGHT_MAX: u32 = 256 * 16;

impl Least {
    fn new(backups: &[bool], all_backups: bool) -> Least {
        let member = |&backup: &bool| Member { weight: 0, served: 0, backup };
        // Members are numbered as the servers are; a group without members needs no room.
        let room = |backup| Winner::new(if backups.contains(&backup) { backups.len() } else { 0 });
        Least {
            generation: None,
            servers: backups.iter().map(member).collect(),
            active: room(false),
            backup: room(true),
            all_backups,
            passed: Vec::with_capacity(backups.len()),
        }
    }

    fn join(&mut self, backup: bool) {
        self.servers.push(Member { weight: 0, served: 0, backup });
        let order = if backup { &mut self.backup } else { &mut self.active };
        order.grow(self.servers.len());
    }

    fn sync(&mut self, weights: &[u32]) {
        for (server, &weight) in weights.iter().enumerate() {
            let member = &mut self.servers[server];
            if member.weight == weight {
                continue;
            }
            member.weight = weight;
            let (key, order) = self.of(server);
            if weight > 0 { order.set(server, key) } else { order.take_out(server) }
        }
    }

    fn pick(&mut self, full: &mut dyn FnMut(usize) -> bool, avoid: Option<usize>) -> Option<usize> {
        let backup = self.active.is_empty();
        if backup && !self.all_backups {
            let first = self.servers.iter().position(|s| s.backup && s.weight > 0)?;
            return (!full(first)).then_some(first);
        }
        let order = if backup { &mut self.backup } else { &mut self.active };
        let mut avoided = None;
        let picked = loop {
            let Some(entry) = order.first() else { break avoided };
            let server = entry.member();
            if !full(server) {
                if avoid != Some(server) {
                    break Some(server);
                }
                avoided = Some(server);
            }
            order.take_out(server);
            self.passed.push(entry);
        };
        while let Some(entry) = self.passed.pop() {
            order.restore(entry);
        }
        picked
    }

    #[inline]
    fn add(&mut self, server: usize, n: i32) {
        let member = &mut self.servers[server];
        member.served = member.served.saturating_add_signed(n);
        let takes_part = member.weight > 0;
        let (key, order) = self.of(server);
        if takes_part && order.key(server) != Some(key) {
            order.set(server, key);
        }
    }

    /// A server's key, and the order it stands in.
    #[inline]
    fn of(&mut self, server: usize) -> (u64, &mut Winner) {
        let member = &self.servers[server];
        (key(member), if member.backup { &mut self.backup } else { &mut self.active })
    }
}

#[inline]
fn key(member: &Member) -> u64 {
    if member.served == 0 {
        return 0;
    }
    u64::from((member.served + 1).wrapping_mul(WEIGHT_MAX) / member.weight.max(1))
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
    fn the_order_stays_sound() {
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
        let Kind::Ordered(least) = &loads.0 else { panic!("it keeps an order") };
        {
            let least = least.lock().unwrap();
            for (server, member) in least.servers.iter().enumerate() {
                let expected = (member.weight > 0).then(|| key(member));
                assert_eq!((member.weight, least.active.key(server)), (weights[server], expected));
            }
        }
        assert_eq!(loads.total() as usize, on.len());
    }
}
