//! Small answers over 512 keep-alive connections, as fast as they go.
//!
//! Beside `small-keepalive` this shows what more connections cost: more to find out about at each look at the sockets,
//! more state to touch, but more to batch too.

use super::*;

pub const SCENARIO: Scenario = Scenario {
    name: "small-keepalive-512",
    about: "512 keep-alive connections, 34-byte answers, as fast as they go",
    reason: "The same with eight times the connections: what the proxy's own tables, caches and batches make of it.",
    plan,
};

fn plan(size: &Size) -> Plan {
    let group = Group::new(size.connections(512), Pace::Closed, get("/bytes/34"));
    let main = &["cpu_us_per_request", "requests_per_second", "p99_us"];
    Plan::new(group, vec![size.step("full", 0.0, 1.5, 5.0)], size.runs(3, 7), main)
}
