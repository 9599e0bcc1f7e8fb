//! What operators read: `show stat`, `show info`, `show servers state`, in HAProxy's columns, words and order, built from the
//! World and the shared counters. A column whose figure we do not have is empty, never invented.
mod about;
mod columns;
mod conns;
mod descriptors;
mod errors;
mod health;
mod info;
mod listeners;
mod names;
pub mod page;
pub mod prometheus;
mod servers;
pub mod sessions;
mod stat;
mod stat_pieces;
pub mod stats_file;
mod typed;

pub use conns::servers_conn;
pub use descriptors::descriptors;
pub use errors::{ErrorFilter, errors};
pub use info::{ProcessInfo, info, info_text};
pub use servers::{FOR_LOGS, servers_state, sighup_dump};
pub use stat::StatFilter;
pub use stat_pieces::StatPieces;
pub use typed::{Form, SCHEMA};

use crate::net::Core;
use crate::share::Shared;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::sync::Arc;
use std::time::Duration;

/// Starts the sampling of rates, peaks and idle time, once a second, as a task of the control thread's core.
pub fn run_sampling(core: &Core, shared: Arc<Shared>) {
    let own = core.clone();
    core.spawn(async move {
        let mut next = own.now();
        let (mut at, mut used) = (own.now(), cpu_time());
        loop {
            shared.sample(own.now());
            next = next.max(own.now()) + Duration::from_secs(1);
            own.sleep_until(next).await;
            let now_used = cpu_time();
            let threads = shared.shards.len().max(1) as u32;
            let busy =
                now_used.saturating_sub(used).as_secs_f64() / (own.now().since(at) * threads).as_secs_f64();
            shared.trends().idle_percent = (100.0 * (1.0 - busy)).clamp(0.0, 100.0) as u32;
            (at, used) = (own.now(), now_used);
        }
    });
}

/// Processor time of all threads so far.
fn cpu_time() -> Duration {
    getrusage(UsageWho::RUSAGE_SELF).map_or(Duration::ZERO, |usage| {
        let of = |t: nix::sys::time::TimeVal| Duration::from_micros(t.num_microseconds().max(0) as u64);
        of(usage.user_time()) + of(usage.system_time())
    })
}

#[cfg(test)]
mod tests;
