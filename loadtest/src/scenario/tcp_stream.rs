//! Long streams through `mode tcp`, both ways.
//!
//! Databases, message queues, TLS passed through: the proxy has nothing to read, so this is the bare relay. Four
//! connections receive and four send.

use super::*;

pub const SCENARIO: Scenario = Scenario {
    name: "tcp-stream",
    about: "4 connections receive and 4 send long streams through a TCP listener",
    reason: "The bare relay of a layer 4 proxy: databases, queues, TLS passed through. Megabytes per CPU second, both \
             directions at once.",
    plan,
};

fn plan(size: &Size) -> Plan {
    let each = size.connections(8).div_ceil(2);
    let down = Group::new(each, Pace::Closed, get("/bytes/100000000"));
    let mut up = Group::new(each, Pace::Closed, Ask::Post { path: "/upload".into(), bytes: 100_000_000 });
    up.prime = false;
    // One answer takes longer than a run: bytes are the figure.
    let down = Group { prime: false, ..down };
    let main = &["megabytes_per_cpu_second", "megabytes_per_second"];
    Plan {
        groups: vec![down.clone(), up],
        front: Front::Tcp,
        floor: Shape::Stream,
        ..Plan::new(down, vec![size.step("full", 0.0, 1.5, 5.0)], size.runs(3, 5), main)
    }
}
