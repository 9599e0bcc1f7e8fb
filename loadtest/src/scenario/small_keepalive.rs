//! Small answers over 64 keep-alive connections, as fast as they go.
//!
//! The shape of most API traffic, and the figure others publish: four socket calls a request and the proxy's own work
//! between them. Closed loop, so latencies say how deep the queue is, not what a user sees.

use super::*;

pub const SCENARIO: Scenario = Scenario {
    name: "small-keepalive",
    about: "64 keep-alive connections, 34-byte answers, as fast as they go",
    reason: "What one small request costs where the proxy is busy: the four socket calls of a request and the proxy's \
             own work between them. A closed loop: the CPU per request is the figure, the rate depends on the client too.",
    plan,
};

fn plan(size: &Size) -> Plan {
    let group = Group::new(size.connections(64), Pace::Closed, get("/bytes/34"));
    let main = &["cpu_us_per_request", "requests_per_second", "p99_us"];
    Plan::new(group, vec![size.step("full", 0.0, 1.5, 5.0)], size.runs(3, 7), main)
}
