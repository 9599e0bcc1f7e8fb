//! Ids, units and limits: small types without opinions, used by every other module.
pub mod base64;
pub mod grow;
pub mod ids;
pub mod limits;
#[cfg(test)]
pub mod mutate;
pub mod service;
pub mod time;
pub mod units;
pub mod winner;
pub mod xxh64;
pub mod xxhash;
pub mod zone;
