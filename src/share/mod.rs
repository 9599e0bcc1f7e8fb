//! What cores share: gates (maxconn), queues, counters. All atomics live here; nothing on the way of a request takes a lock
//! unless a limit is reached.
pub mod checks;
mod clear;
pub mod cores;
pub mod counters;
pub mod desk;
pub mod errors;
pub mod gate;
mod grow;
pub mod latency;
pub mod least;
pub mod list_edits;
pub mod lookups;
pub mod observed;
pub mod pace;
pub mod queue;
pub mod rate;
pub mod sessions;
pub mod table;
pub mod trends;
pub mod vars;

use crate::base::grow::Grow;
use crate::base::ids::{BackendId, ServerId};
pub use checks::{CheckResult, CheckState, CheckStatus, Checks, Life};
pub use counters::{
    BackendCells, Counter, FrontendCells, Gauge, ListenerCells, ProcessCells, ServerCells, ShardCounters,
};
pub use gate::Gate;
pub use least::Loads;
pub use queue::{Queue, Rank, Ticket};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
pub use trends::{Trend, Trends};

/// Everything the cores of one process share, sized by the Plan.
#[derive(Debug)]
pub struct Shared {
    /// One per shard, each written by its shard alone.
    pub shards: Vec<ShardCounters>,
    /// Connections of the process against the global `maxconn`.
    pub process: Gate,
    /// Connections of each frontend against its `maxconn`.
    pub frontends: Vec<Gate>,
    /// New connections and sessions of the process against `maxconnrate` and `maxsessrate`.
    pub paces: pace::Paces,
    /// New connections of each frontend against its `rate-limit sessions`.
    pub rates: Vec<rate::Rate>,
    /// Connections of each listener against its `maxconn`, by `ListenerId`; empty where nobody set them.
    pub listeners: Vec<Gate>,
    /// Requests on each server against its `maxconn`, by `ServerId`.
    pub servers: Grow<Gate>,
    /// Who waits for a server of a backend, by `BackendId`.
    pub queues: Vec<Queue>,
    /// The stick tables, by `TableId`.
    pub tables: table::Tables,
    /// Names that requests want looked up.
    pub lookups: lookups::Lookups,
    /// What rules want of the lists of patterns.
    pub list_edits: list_edits::ListEdits,
    /// Variables of scope `proc`.
    pub values: vars::ProcessValues,
    /// Requests on the servers of a backend whose `balance` asks for it, by `BackendId`: made with the first core.
    pub loads: Vec<OnceLock<Loads>>,
    /// What could not be read.
    pub errors: errors::Errors,
    /// What the health checks found.
    pub checks: Checks,
    /// Errors of the traffic in a row.
    pub observed: observed::Observed,
    /// Rates and peaks, sampled once a second.
    pub trends: std::sync::Mutex<Trends>,
    /// Answers that the control thread makes for the cores.
    pub desk: desk::Desk,
    /// Requests and connections so far, where a line or an id tells their number (`%rt`).
    numbers: AtomicU64,
    /// Another process has our listening sockets too: whoever waits in the kernel's queues is its to serve.
    pub handed_over: AtomicBool,
}

impl Shared {
    /// Shared state for so many shards, frontends, backends and servers; all gates open.
    #[must_use]
    pub fn new(shards: usize, frontends: usize, backends: usize, servers: usize) -> Shared {
        Shared {
            shards: (0..shards).map(|_| ShardCounters::new(frontends, backends, servers)).collect(),
            process: Gate::default(),
            frontends: (0..frontends).map(|_| Gate::default()).collect(),
            paces: pace::Paces::default(),
            rates: (0..frontends).map(|_| rate::Rate::default()).collect(),
            listeners: Vec::new(),
            servers: (0..servers).map(|_| Gate::default()).collect(),
            queues: (0..backends).map(|_| Queue::default()).collect(),
            tables: table::Tables::default(),
            lookups: lookups::Lookups::default(),
            list_edits: list_edits::ListEdits::default(),
            values: vars::ProcessValues::default(),
            loads: (0..backends).map(|_| OnceLock::new()).collect(),
            errors: errors::Errors::new(frontends, backends),
            checks: Checks::new(backends, servers),
            observed: observed::Observed::new(servers),
            trends: std::sync::Mutex::new(Trends::new(frontends, backends, servers)),
            desk: desk::Desk::default(),
            numbers: AtomicU64::new(0),
            handed_over: AtomicBool::new(false),
        }
    }

    /// The number of one more request or connection (`%rt`).
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Gives each listener its limit, 0 for none.
    #[must_use]
    pub fn with_listeners(mut self, limits: impl Iterator<Item = u32>) -> Shared {
        self.listeners = limits
            .map(|limit| {
                let gate = Gate::default();
                gate.set_limit(limit);
                gate
            })
            .collect();
        self
    }

    /// The same, with listeners that are counted: so many there are.
    #[must_use]
    pub fn with_counted_listeners(mut self, listeners: usize) -> Shared {
        self.shards.iter_mut().for_each(|shard| shard.count_listeners(listeners));
        self.trends().listeners = vec![Trend::default(); listeners];
        self
    }

    /// A listener's gate, where it has a limit.
    #[must_use]
    pub fn listener(&self, index: usize) -> Option<&Gate> {
        self.listeners.get(index).filter(|gate| gate.limit() != 0)
    }

    /// The same with the Plan's stick tables.
    #[must_use]
    pub fn with_tables(self, specs: impl Iterator<Item = table::Spec>) -> Shared {
        Shared { tables: table::Tables::new(specs), ..self }
    }

    /// The same with the variables of the process as the configuration set them.
    #[must_use]
    pub fn with_values(self, values: vars::Values) -> Shared {
        Shared { values: vars::ProcessValues::new(values), ..self }
    }

    /// Gives an entered gate to the next in the queue, or leaves it. A limit that was lowered meanwhile is kept. `any`: the
    /// server takes those who wait for whichever, not only its own.
    pub fn give_back(&self, backend: BackendId, server: ServerId, any: impl Fn() -> bool) {
        let (gate, queue) = (&self.servers[server.index()], &self.queues[backend.index()]);
        if !queue.is_empty() {
            let limit = self.server_limit(backend, server);
            let over = limit != 0 && gate.inside() > limit;
            if !over && queue.hand_over(server, any()) {
                return;
            }
        }
        gate.leave();
        // Somebody may have joined between the look at the queue and the leaving.
        if !queue.is_empty() {
            self.serve_queue(backend, server, any());
        }
    }

    /// Lets waiting requests in while the server has room: after a place was left, a server came up or a limit was raised.
    /// How many were let in.
    pub fn serve_queue(&self, backend: BackendId, server: ServerId, any: bool) -> u32 {
        let (gate, queue) = (&self.servers[server.index()], &self.queues[backend.index()]);
        let mut served = 0;
        while !queue.is_empty() && gate.try_enter_at(self.server_limit(backend, server)) {
            if !queue.hand_over(server, any) {
                gate.leave();
                break;
            }
            served += 1;
        }
        served
    }

    /// How many requests may be on a server now, 0 without a limit.
    pub fn server_limit(&self, backend: BackendId, server: ServerId) -> u32 {
        self.servers[server.index()].limit_under(|| {
            let sessions: i64 = self.shards.iter().map(|s| s.backends[backend.index()].sess_cur.get()).sum();
            u64::try_from(sessions).unwrap_or(0)
        })
    }
}
