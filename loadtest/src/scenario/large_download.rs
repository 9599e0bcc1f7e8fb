//! Bodies of 8 MB to the client.
//!
//! Video, images of systems, backups: bytes per CPU second count, and whether the proxy copies them or has the kernel
//! move them. The client throws them away unread, the origin sends them from a file in memory.

use super::*;

pub const SCENARIO: Scenario = Scenario {
    name: "large-download",
    about: "answers of 8 MB over 8 keep-alive connections",
    reason: "What moving bytes costs from the server to the client: copies, buffer sizes, splice. Megabytes per CPU \
             second is the figure.",
    plan,
};

fn plan(size: &Size) -> Plan {
    let group = Group::new(size.connections(8), Pace::Closed, get("/bytes/8000000"));
    let main = &["megabytes_per_cpu_second", "megabytes_per_second"];
    Plan {
        floor: Shape::Stream,
        ..Plan::new(group, vec![size.step("full", 0.0, 1.5, 5.0)], size.runs(3, 5), main)
    }
}
