//! Ringmain: an L4/L7 proxy and load balancer that runs HAProxy's configuration on io_uring, one thread per core.
pub mod base;
pub mod boot;
pub mod config;
pub mod control;
pub mod health;
pub mod net;
pub mod observe;
pub mod plan;
pub mod proto;
pub mod rules;
pub mod session;
pub mod shard;
pub mod share;
pub mod syntax;
pub mod vocab;
pub mod world;
