//! What the parent process and the load processes tell each other: JSON, a line each.

use crate::hist::Buckets;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

/// When a connection sends its next request.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Pace {
    /// As soon as the answers of the last ones are there.
    Closed,
    /// When the schedule says so, on any connection that is free: latency counts from the scheduled time.
    Open,
    /// As a user of SURGE: pages of several files, pauses between them.
    Users,
    /// A few bytes at a time, both ways.
    Slow { piece: usize, every_ms: u64, read: usize },
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    Get {
        path: String,
    },
    Post {
        path: String,
        bytes: u64,
    },
    /// `/bytes/N` with N from the distribution of SURGE.
    Surge,
}

/// The first line a load process gets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientSpec {
    /// Connection `i` goes to `to[i % to.len()]`.
    pub to: Vec<SocketAddrV4>,
    pub host: String,
    /// Source addresses, taken in turn; none: what the kernel chooses.
    pub sources: Vec<Ipv4Addr>,
    pub connections: u32,
    pub pace: Pace,
    pub ask: Ask,
    /// Requests sent without waiting for answers (closed loop).
    pub depth: u32,
    /// A connection a request.
    pub close: bool,
    /// Open all connections and have one answer on each before the first phase.
    pub prime: bool,
    pub timeout_ms: u64,
    pub seed: u64,
}

/// What follows: a phase of load, in nanoseconds of the monotonic clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    pub start: u64,
    /// What comes before it is warm-up.
    pub measure: u64,
    pub end: u64,
    /// Requests a second of this process (open loop).
    pub rate: f64,
}

/// What a load process says.
#[derive(Debug, Serialize, Deserialize)]
pub enum Said {
    /// All connections are open (and primed); so many failed on the way.
    Ready {
        errors: BTreeMap<String, u64>,
    },
    Done(Box<PhaseResult>),
    Failed(String),
}

/// Length of a step of the series.
pub const TICK_NS: u64 = 100_000_000;

/// What a phase brought in one load process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PhaseResult {
    /// Answers with a good status that came between `measure` and `end`.
    pub answers: u64,
    /// Connections opened between `measure` and `end`.
    pub connects: u64,
    /// Bytes of bodies received and sent between `measure` and `end`.
    pub received: u64,
    pub sent: u64,
    pub latencies: Buckets,
    /// How late requests left, against their schedule.
    pub lag: Buckets,
    pub errors: BTreeMap<String, u64>,
    /// Answers and bytes of every tick of [`TICK_NS`] since `measure`.
    pub ticks: Vec<(u64, u64)>,
    /// All answers of this process since its start, also those outside of the phases.
    pub answers_ever: u64,
}
