//! A fixed rate, open loop: what users see.
//!
//! Latencies under a load that does not wait for answers, at a rate the proxy can bear. `saturation` finds such
//! a rate by itself.

use super::*;

pub const SCENARIO: Scenario = Scenario {
    name: "steady",
    about: "a fixed rate over 256 connections (--rate, 5,000 a second otherwise), open loop",
    reason: "What users see: latency counted from the time a request was due, at a rate that does not slow down when \
             the proxy does. Set --rate to compare at the load that matters.",
    plan,
};

fn plan(size: &Size) -> Plan {
    let rate = size.rate.unwrap_or(5_000.0);
    let group = Group::new(size.connections(256), Pace::Open, get("/bytes/1000"));
    let main = &["p99_us", "p50_us", "cpu_us_per_request"];
    Plan::new(group, vec![size.step(format!("{rate:.0}/s"), rate, 2.0, 10.0)], size.runs(3, 5), main)
}
