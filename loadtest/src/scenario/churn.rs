//! A connection a request.
//!
//! Health checks, scripts, old clients and attacks open a connection for each request. Accepting, registering and
//! closing cost more than the request itself, and ports and TIME_WAIT come into play. The client asks for
//! `Connection: close`, takes its source addresses in turn, and its latency holds the connect.

use super::*;

pub const SCENARIO: Scenario = Scenario {
    name: "churn",
    about: "a connection a request, 64 at a time, as fast as they go",
    reason: "What a connection costs: accept, first request, close. Clients that keep nothing alive, scripts, checks \
             and attacks look like this. Latency holds the connect.",
    plan,
};

fn plan(size: &Size) -> Plan {
    let mut group = Group::new(size.connections(64), Pace::Closed, get("/bytes/34"));
    group.close = true;
    group.prime = false;
    let main = &["cpu_us_per_connection", "requests_per_second", "p99_us"];
    Plan {
        floor: Shape::Once,
        ..Plan::new(group, vec![size.step("full", 0.0, 1.5, 5.0)], size.runs(3, 7), main)
    }
}
