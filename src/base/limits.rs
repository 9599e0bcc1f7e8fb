//! Every limit has a name. Sizes are in bytes.

/// The size of the largest message head, with the room for rewriting: HAProxy's `tune.bufsize`.
pub const BUFSIZE: usize = 16_384;
/// The size of one receive buffer at least: large bodies pass in pieces of this size, and of a small message only its own
/// length is ever touched.
pub const RECEIVE_SIZE: usize = 65_536;
/// The room HAProxy keeps in a buffer for header rewriting (`tune.maxrewrite`).
pub const MAXREWRITE: usize = 1_024;
/// The most header fields in one message: HAProxy's `tune.http.maxhdr`.
pub const MAX_HEADERS: usize = 101;
/// Threads a process may have: HAProxy's `MAX_THREADS` on 64-bit.
pub const MAX_THREADS: usize = 64;
/// Words on one configuration line: HAProxy's `MAX_LINE_ARGS`.
pub const MAX_LINE_ARGS: usize = 64;
/// Bytes on one configuration line: HAProxy's `LINESIZE`.
pub const LINE_SIZE: usize = 2_048;
/// A request that no rule finished after so many rules has met a loop: nothing may be larger.
pub const MAX_REDISPATCH: u32 = 100;

const _: () = assert!(MAXREWRITE < BUFSIZE);
