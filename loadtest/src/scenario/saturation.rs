//! Latency at a share of the load that saturates another proxy.
//!
//! Latencies of two proxies can only be compared at a rate both can bear, and what is a high rate depends on the
//! machine. So the highest rate of the reference (haproxy, or `--reference`) is found first, in a closed loop; then all
//! targets get 70 % of it (`--share`) in an open loop. With `--rate` there is no search.

use super::*;

pub const SCENARIO: Scenario = Scenario {
    name: "saturation",
    about: "latency at 70 % of the rate at which haproxy saturates, 64 connections, open loop",
    reason: "What users see at a load that is high for one proxy and the same for all: the highest rate of the reference \
             is found in a closed loop, then every target gets that share of it at the times of a Poisson process. \
             Where load and target share cores the reference saturates earlier: the sentence below says what its core \
             was busy with.",
    plan,
};

fn plan(size: &Size) -> Plan {
    let share = size.share.unwrap_or(0.7);
    let label = match size.rate {
        Some(rate) => format!("{rate:.0}/s"),
        None => format!("at {:.0} %", share * 100.0),
    };
    let group = Group::new(size.connections(64), Pace::Open, get("/bytes/34"));
    let main = &["p99_us", "p50_us", "cpu_us_per_request"];
    let step = size.step(label, size.rate.unwrap_or(0.0), 2.0, 8.0);
    Plan {
        share: size.rate.is_none().then_some(share),
        ..Plan::new(group, vec![step], size.runs(3, 5), main)
    }
}
