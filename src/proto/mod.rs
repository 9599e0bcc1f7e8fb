//! Sans-IO wire protocols: bytes in, events out; no clock, no socket, no lock.
pub mod authority;
#[cfg(test)]
mod damaged;
pub mod dns;
pub mod first_bytes;
pub mod h1;
pub mod http;
pub mod netscaler;
pub mod proxy_protocol;
pub mod size;
pub mod socks4;
pub mod target;
pub mod text;
