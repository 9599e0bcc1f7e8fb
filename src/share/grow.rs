//! Servers that come while running: what the cores share grows by one server before a World tells of it.
use super::{Gate, ServerCells, Shared};
use crate::base::ids::{BackendId, ServerId};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

impl Shared {
    /// Room for a server of this id. Control thread only.
    pub fn add_server(&self, backend: BackendId, server: ServerId, backup: bool) {
        let count = server.index() + 1;
        for shard in &self.shards {
            shard.servers.grow_to(count, ServerCells::default);
        }
        self.servers.grow_to(count, Gate::default);
        self.checks.servers.grow_to(count, Mutex::default);
        self.observed.in_a_row.grow_to(count, || AtomicU32::new(0));
        self.observed.reached.grow_to(count, || AtomicU64::new(0));
        self.trends().servers.resize_with(count, Default::default);
        if let Some(loads) = self.loads[backend.index()].get() {
            loads.add_server(backup);
        }
    }

    /// Whether every core has seen this World or a later one. One that has ended never does.
    #[must_use]
    pub fn all_have_seen(&self, generation: u64) -> bool {
        self.shards.iter().all(|s| s.process.world.load(Ordering::Acquire) >= generation)
    }

    /// Whether a server has requests, waiting requests of its own or idle connections.
    #[must_use]
    pub fn is_in_use(&self, backend: BackendId, server: ServerId) -> bool {
        let cells = |s: &super::ShardCounters| {
            let cells = &s.servers[server.index()];
            cells.sess_cur.get() > 0 || cells.idle.get() > 0
        };
        self.shards.iter().any(cells) || self.queues[backend.index()].is_awaited(server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_server_has_everything_of_its_own() {
        let shared = Shared::new(2, 1, 1, 1);
        let (backend, id) = (BackendId(0), ServerId(1));
        shared.add_server(backend, id, false);
        shared.shards[1].servers[1].sess_tot.inc();
        assert_eq!(shared.sum(|s| &s.servers[1].sess_tot), 1);
        assert!(shared.servers[1].try_enter());
        shared.checks.server(id).check.health = 3;
        assert_eq!(shared.checks.server(id).check.health, 3);
        assert_eq!((shared.observed.reached(id), shared.trends().servers.len()), (0, 2));
        assert!(!shared.is_in_use(backend, id));
        shared.shards[0].servers[1].idle.add(1);
        assert!(shared.is_in_use(backend, id) && !shared.is_in_use(backend, ServerId(0)));
    }
}
