//! 2,000 clients that send and read a few bytes at a time, and some users among them.
//!
//! Phones on a bad network, and attacks by slowness. Every piece is a wake-up of the proxy, a request is held for
//! seconds before it is whole, an answer waits in buffers while the client takes 512 bytes every 100 ms. Measured are
//! the latency and the cost of the normal users beside them.

use super::*;

pub const SCENARIO: Scenario = Scenario {
    name: "slow-clients",
    about: "2,000 clients that send and read a few bytes at a time; 200 requests a second of others beside them",
    reason: "Bad networks and attacks by slowness: what many half-sent requests and half-read answers cost in CPU, and \
             what the other users notice. Latency and errors are those of the other users; the slow clients' errors are \
             counted too.",
    plan,
};

fn plan(size: &Size) -> Plan {
    let pace = Pace::Slow { piece: 24, every_ms: 100, read: 2_048 };
    let mut slow = Group::new(size.connections(2_000), pace, get("/bytes/16000"));
    slow.measured = false;
    slow.timeout_ms = 30_000;
    let users = Group::new(16, Pace::Open, get("/bytes/1000"));
    let rate = size.rate.unwrap_or(200.0);
    let main = &["cpu_percent_of_core", "p99_us"];
    let mut step = size.step(format!("{rate:.0}/s beside"), rate, 2.5, 8.0);
    // Until all slow clients have begun.
    step.warm = size.warmup.unwrap_or(step.warm.max(2.2));
    Plan {
        groups: vec![slow, users.clone()],
        floor: Shape::Stream,
        ..Plan::new(users, vec![step], size.runs(3, 5), main)
    }
}
