//! Ids, units and limits: small types without opinions, used by every other module.
pub mod base64;
pub mod ids;
pub mod limits;
pub mod service;
pub mod time;
pub mod units;
pub mod xxh64;
pub mod xxhash;
