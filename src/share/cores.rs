//! What a core says of itself when an operator asks (`show activity|fd|pools|tasks|threads`).
use crate::base::ids::ServerId;
use std::time::Duration;

/// Figures of one core at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoreFigures {
    /// How it does its input and output.
    pub engine: &'static str,
    /// The thread's number in the system.
    pub thread: i32,
    /// CPU time of the thread since it began.
    pub cpu: Duration,
    /// Turns of its loop.
    pub turns: u64,
    /// Tasks that have not ended, and those of them that are to run now.
    pub tasks: usize,
    pub ready: usize,
    /// Receive buffers: how many there are, how many hold bytes of somebody, bytes of one.
    pub buffers: usize,
    pub buffers_held: usize,
    pub buffer_bytes: usize,
    /// Places for exchanges, those of them that are under way, bytes of one.
    pub streams: usize,
    pub streams_now: usize,
    pub stream_bytes: usize,
}

/// A descriptor that a core watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    pub fd: i32,
    pub kind: Kind,
}

/// What a descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Listener,
    /// A client's connection.
    Client,
    /// A connection to a server, or the attempt to make one.
    Server {
        server: ServerId,
        connecting: bool,
    },
}
