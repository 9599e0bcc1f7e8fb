//! Bodies of 8 MB to the origin.
//!
//! The other direction of `large-download`: forms with files, backups, pushes of images.

use super::*;

pub const SCENARIO: Scenario = Scenario {
    name: "upload",
    about: "requests with bodies of 8 MB over 8 keep-alive connections",
    reason: "What moving bytes costs from the client to the server, with back-pressure from the origin's side.",
    plan,
};

fn plan(size: &Size) -> Plan {
    let ask = Ask::Post { path: "/upload".into(), bytes: 8_000_000 };
    let mut group = Group::new(size.connections(8), Pace::Closed, ask);
    group.prime = false;
    let main = &["megabytes_per_cpu_second", "megabytes_per_second"];
    Plan {
        floor: Shape::Stream,
        ..Plan::new(group, vec![size.step("full", 0.0, 1.5, 5.0)], size.runs(3, 5), main)
    }
}
