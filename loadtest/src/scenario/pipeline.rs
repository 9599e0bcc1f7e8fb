//! Sixteen requests in one packet.
//!
//! The socket calls of the client side are shared by sixteen requests, so what is left is the proxy's own work on a
//! request: parsing, rules, counters.

use super::*;

pub const SCENARIO: Scenario = Scenario {
    name: "pipeline",
    about: "16 requests at a time on each of 16 connections, as fast as they go",
    reason: "The client's socket calls are shared by sixteen requests: more of what is left is the proxy's own work on \
             a request. Browsers do not pipeline, some API clients do.",
    plan,
};

fn plan(size: &Size) -> Plan {
    let mut group = Group::new(size.connections(16), Pace::Closed, get("/bytes/34"));
    group.depth = 16;
    let main = &["cpu_us_per_request", "requests_per_second", "p99_us"];
    Plan {
        floor: Shape::Stream,
        ..Plan::new(group, vec![size.step("full", 0.0, 1.5, 5.0)], size.runs(3, 5), main)
    }
}
