//! Counters: each shard has its own cells and is their only writer, readers sum over the shards.
use crate::base::grow::Grow;
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

    /// Begins anew.
    pub(super) fn clear(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// A number that goes up and down, written by one thread. It may be negative on one core: only sums mean something.
#[derive(Debug, Default)]
pub struct Gauge {
    value: AtomicI64,
    peak: AtomicI64,
}

impl Gauge {
    /// Adds `n`, which may be negative.
    #[inline]
    pub fn add(&self, n: i64) {
        let value = self.value.load(Ordering::Relaxed) + n;
        self.value.store(value, Ordering::Relaxed);
        if value > self.peak.load(Ordering::Relaxed) {
            self.peak.store(value, Ordering::Relaxed);
        }
    }

    /// The value now.
    #[inline]
    pub fn get(&self) -> i64 {
        self.value.load(Ordering::Relaxed)
    }

    /// Forgets its peak.
    pub(super) fn clear_peak(&self) {
        self.peak.store(0, Ordering::Relaxed);
    }

    /// The most it ever was, on this core: not more than the peak of the sum.
    #[inline]
    pub fn peak(&self) -> i64 {
        self.peak.load(Ordering::Relaxed)
    }
}

/// A moving average of times in milliseconds over about the last 512, written by one thread: HAProxy's `swrate`.
#[derive(Debug, Default)]
pub struct Average {
    sum: AtomicU64,
    count: AtomicU64,
    max: AtomicU64,
}

impl Average {
    const SAMPLES: u64 = 512;

    /// Takes a time in.
    #[inline]
    pub fn note(&self, ms: u64) {
        let sum = self.sum.load(Ordering::Relaxed);
        // `sum.div_ceil(SAMPLES)` without its branches: a sum is far from the end of its 64 bits.
        #[allow(clippy::manual_div_ceil)]
        let one = (sum + (Self::SAMPLES - 1)) / Self::SAMPLES;
        self.sum.store(sum - one + ms, Ordering::Relaxed);
        self.count.store(self.count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        if ms > self.max.load(Ordering::Relaxed) {
            self.max.store(ms, Ordering::Relaxed);
        }
    }

    /// Forgets the largest, or with `all` everything.
    pub(super) fn clear(&self, all: bool) {
        self.max.store(0, Ordering::Relaxed);
        if all {
            self.sum.store(0, Ordering::Relaxed);
            self.count.store(0, Ordering::Relaxed);
        }
    }

    /// The average and the largest over several cores; `None` where nothing was noted.
    pub fn over<'a>(all: impl Iterator<Item = &'a Average>) -> Option<(u64, u64)> {
        let (mut sum, mut count, mut max) = (0, 0, 0);
        for one in all {
            sum += one.sum.load(Ordering::Relaxed);
            count += one.count.load(Ordering::Relaxed).min(Self::SAMPLES);
            max = max.max(one.max.load(Ordering::Relaxed));
        }
        (count > 0).then(|| (u64::div_ceil(sum, count), max))
    }
}

/// Where the time of requests goes (`qtime ctime rtime ttime`).
#[derive(Debug, Default)]
pub struct Times {
    /// In the queue.
    pub queue: Average,
    /// To connect.
    pub connect: Average,
    /// From the request's end to the answer's head; 0 in TCP mode.
    pub response: Average,
    /// From accept, or the request's first byte, to the last byte.
    pub total: Average,
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
    /// By `tcp-request session`.
    pub denied_sess: Counter,
    pub status: StatusCells,
    pub intercepted: Counter,
    /// Rules that could not write what they were to (`wrew`).
    pub failed_rewrites: Counter,
    /// Exchanges that ended by a fault of our own (`eint`).
    pub internal_errors: Counter,
    /// Log lines.
    pub logs: Counter,
}

/// One listener on one shard, where `option socket-stats` counts it.
#[derive(Debug, Default)]
pub struct ListenerCells {
    pub conn_cur: Gauge,
    pub conn_tot: Counter,
    pub bytes_in: Counter,
    pub bytes_out: Counter,
    pub denied_req: Counter,
    pub denied_resp: Counter,
    pub failed_req: Counter,
    pub denied_conn: Counter,
    /// By `tcp-request session`.
    pub denied_sess: Counter,
    pub failed_rewrites: Counter,
    pub internal_errors: Counter,
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
    pub failed_rewrites: Counter,
    pub internal_errors: Counter,
    pub times: Times,
    /// From the request on a server's connection to the answer's head.
    pub latency: super::latency::Latency,
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
    pub failed_rewrites: Counter,
    pub internal_errors: Counter,
    pub idle: Gauge,
    pub times: Times,
}

/// The shard as a whole.
#[derive(Debug, Default)]
pub struct ProcessCells {
    pub conn_cur: Gauge,
    pub conn_tot: Counter,
    pub sess_tot: Counter,
    pub req_tot: Counter,
    /// Log lines that their target did not take.
    pub dropped_logs: Counter,
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
    pub servers: Grow<ServerCells>,
    /// By `ListenerId`; empty where no listener is counted.
    pub listeners: Box<[ListenerCells]>,
}

impl ShardCounters {
    pub(super) fn new(frontends: usize, backends: usize, servers: usize) -> ShardCounters {
        ShardCounters {
            process: ProcessCells::default(),
            frontends: (0..frontends).map(|_| FrontendCells::default()).collect(),
            backends: (0..backends).map(|_| BackendCells::default()).collect(),
            servers: (0..servers).map(|_| ServerCells::default()).collect(),
            listeners: Box::default(),
        }
    }

    pub(super) fn count_listeners(&mut self, listeners: usize) {
        self.listeners = (0..listeners).map(|_| ListenerCells::default()).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_follow_the_last_times_and_merge_over_cores() {
        let (a, b) = (Average::default(), Average::default());
        assert_eq!(Average::over([&a, &b].into_iter()), None);
        for _ in 0..10 {
            a.note(4);
        }
        assert_eq!(Average::over([&a, &b].into_iter()), Some((4, 4)));
        for _ in 0..10 {
            b.note(8);
        }
        assert_eq!(Average::over([&a, &b].into_iter()), Some((6, 8)));
        for _ in 0..5_000 {
            a.note(100);
        }
        assert_eq!(Average::over([&a].into_iter()), Some((100, 100)));
    }

    #[test]
    fn a_gauge_keeps_its_peak() {
        let gauge = Gauge::default();
        for n in [1, 1, -1, 1, -2] {
            gauge.add(n);
        }
        assert_eq!((gauge.get(), gauge.peak()), (0, 2));
    }
}
