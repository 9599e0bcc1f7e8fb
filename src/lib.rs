//! Ringmain: an L4/L7 proxy and load balancer that runs HAProxy's configuration on io_uring, one thread per core.
//!
//! Text becomes an immutable [`plan::Plan`]. The Plan plus what operators and health checks change is a [`world::World`].
//! Every core runs a [`shard`] that reads the World, and one [`control`] thread is the only writer of Worlds.
//!
//! A module may use those below it; a test (`tests/architecture.rs`) reads every `use` against this:
//!
//! ```text
//! boot · control · explain · demo · top    birth, death, operators
//! shard · config                        they meet only by World and by letters
//! vocab · session · health · names · observe    a word never sees a session: both meet in rules::Cx
//! world → logs → plan → rules
//! syntax · proto · net · share          four strangers
//! base
//! ```
//!
//! `docs/life-of-a-request.md` follows a request through the house, `docs/adding-a-word.md` a word of the language.

/// Ids, units, limits, time: small types without opinions.
pub mod base;
/// Command line → Plan → limits → sockets → forks → shards → control; the order of birth and death.
pub mod boot;
/// Files → lines → drafts → a Plan, with all errors in one go.
pub mod config;
/// The control thread: signals, the runtime API, the only writer of Worlds.
pub mod control;
/// `ringmain demo`: origins, a configuration and a load in one process.
pub mod demo;
/// `ringmain explain`: what a configuration does with a request, without a network.
pub mod explain;
/// Checks of servers: one check, and the up/down state machine.
pub mod health;
/// Log lines on their way out: heads, targets, batches.
pub mod logs;
/// Names of servers: looked up while running, by tasks of the control core.
pub mod names;
/// The engine: tasks, timers and streams of one core, over io_uring, epoll, or a simulator from a seed.
pub mod net;
/// Counters made readable: CSV, info, server states.
pub mod observe;
/// What a configuration means: immutable, dense ids, no text left to interpret.
pub mod plan;
/// Wire protocols without I/O: bytes in, events out.
pub mod proto;
/// The rule language at run time: samples, ACLs, conditions, actions, balance.
pub mod rules;
/// The life of a connection, read from top to bottom.
pub mod session;
/// What one core runs: its listeners, sessions and idle server connections.
pub mod shard;
/// What cores share: gates, queues, counters. All atomics live here.
pub mod share;
/// The text of a configuration: words with places, quoting, conditions, diagnostics. Knows no keyword.
pub mod syntax;
/// `ringmain top`: a running proxy in a terminal, by its statistics socket.
pub mod top;
/// The language: one row a word, one file a row or family.
pub mod vocab;
/// The Plan plus what changes at run time; every change is one pure edit.
pub mod world;
