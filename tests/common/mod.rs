//! What the integration tests share: a proxy as a child process, origin servers inside the test, and a client that
//! sends exactly the bytes it is told. Everything stands on the standard library and threads, so that a mistake in
//! Ringmain's own HTTP code cannot hide in the code that judges it.
#![allow(dead_code)] // each test program uses its own part of this

pub mod client;
pub mod ground;
pub mod origin;
pub mod ports;
pub mod proxy;
pub mod python;
pub mod socket;
pub mod wire;

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

/// What must come comes within this: a machine that does much else may be slow, and who waits for less than this judges
/// the machine. What must come *soon* is measured against what it must not wait for.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Looks until something holds; false when it does not within [`PATIENCE`].
pub fn eventually(mut holds: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + PATIENCE;
    while !holds() {
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

/// The address proxies listen on.
pub const FRONT: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 10, 1));
/// The address origins listen on.
pub const BACK: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 10, 11));
/// The address requests come from unless a test says otherwise.
pub const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 10, 50));

/// Bytes as text that can be compared and printed: each byte is one character, so nothing is lost.
pub fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|b| *b as char).collect()
}

/// A body of `len` bytes in which each byte depends on its place, so that a lost or doubled buffer shows.
pub fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i ^ (i >> 8) ^ (i >> 16)) as u8 % 94 + 33).collect()
}

/// The ids in the first column of a table of `docs/compat.md`, under this heading.
pub fn documented(heading: &str) -> std::collections::BTreeSet<&'static str> {
    let page = include_str!("../../docs/compat.md");
    let section = page.split("\n## ").find(|s| s.starts_with(heading)).unwrap_or_default();
    section.lines().filter_map(|l| l.strip_prefix("| `")?.split_once('`').map(|(id, _)| id)).collect()
}
