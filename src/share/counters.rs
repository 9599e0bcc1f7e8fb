//! Counters: each shard has its own cells and is their only writer, readers sum over the shards.
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// A number that only grows, written by one thread: a load and a store, no locked operation.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds one.
    #[inline]
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds `n`.
    #[inline]
    pub fn add(&self, n: u64) {
        self.0.store(self.0.load(Ordering::Relaxed) + n, Ordering::Relaxed);
    }

    /// The value now.
    #[inline]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down, written by one thread. It may be negative on one core: only sums mean something.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// Adds `n`, which may be negative.
    #[inline]
    pub fn add(&self, n: i64) {
        self.0.store(self.0.load(Ordering::Relaxed) + n, Ordering::Relaxed);
    }

    /// The value now.
    #[inline]
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Answers by class: index 1 to 5 for 1xx to 5xx, 0 for others (`hrsp_*`).
pub type StatusCells = [Counter; 6];

/// Counts an answer's status.
#[inline]
pub fn count_status(cells: &StatusCells, status: u16) {
    let class = usize::from(status / 100);
    cells[if class > 5 { 0 } else { class }].inc();
}

/// One frontend on one shard; names as in the CSV (management manual, 9.1).
#[derive(Debug, Default)]
pub struct FrontendCells {
    pub conn_cur: Gauge,
    pub conn_tot: Counter,
    pub sess_tot: Counter,
    pub req_tot: Counter,
    pub bytes_in: Counter,
    pub bytes_out: Counter,
    pub denied_req: Counter,
    pub denied_resp: Counter,
    pub failed_req: Counter,
    pub denied_conn: Counter,
    pub status: StatusCells,
    pub intercepted: Counter,
}

/// One backend on one shard.
#[derive(Debug, Default)]
pub struct BackendCells {
    pub sess_cur: Gauge,
    pub sess_tot: Counter,
    pub req_tot: Counter,
    pub bytes_in: Counter,
    pub bytes_out: Counter,
    pub denied_req: Counter,
    pub denied_resp: Counter,
    pub failed_conns: Counter,
    pub failed_resp: Counter,
    pub retries: Counter,
    pub redispatches: Counter,
    pub client_aborts: Counter,
    pub server_aborts: Counter,
    pub lb_total: Counter,
    pub status: StatusCells,
    pub connect: Counter,
    pub reuse: Counter,
}

/// One server on one shard.
#[derive(Debug, Default)]
pub struct ServerCells {
    pub sess_cur: Gauge,
    pub sess_tot: Counter,
    pub req_tot: Counter,
    pub bytes_in: Counter,
    pub bytes_out: Counter,
    pub denied_resp: Counter,
    pub failed_conns: Counter,
    pub failed_resp: Counter,
    pub retries: Counter,
    pub redispatches: Counter,
    pub client_aborts: Counter,
    pub server_aborts: Counter,
    pub lb_total: Counter,
    pub status: StatusCells,
    pub connect: Counter,
    pub reuse: Counter,
    pub idle: Gauge,
}

/// The shard as a whole.
#[derive(Debug, Default)]
pub struct ProcessCells {
    pub conn_cur: Gauge,
    pub conn_tot: Counter,
    pub sess_tot: Counter,
    pub req_tot: Counter,
    /// Turns of the loop.
    pub turns: Counter,
    /// The generation of the World the shard uses, written once a change.
    pub world: AtomicU64,
}

/// All cells of one shard. Alone on their cache lines.
#[derive(Debug)]
#[repr(align(128))]
pub struct ShardCounters {
    pub process: ProcessCells,
    pub frontends: Box<[FrontendCells]>,
    pub backends: Box<[BackendCells]>,
    pub servers: Box<[ServerCells]>,
}

impl ShardCounters {
    pub(super) fn new(frontends: usize, backends: usize, servers: usize) -> ShardCounters {
        ShardCounters {
            process: ProcessCells::default(),
            frontends: (0..frontends).map(|_| FrontendCells::default()).collect(),
            backends: (0..backends).map(|_| BackendCells::default()).collect(),
            servers: (0..servers).map(|_| ServerCells::default()).collect(),
        }
    }
}
