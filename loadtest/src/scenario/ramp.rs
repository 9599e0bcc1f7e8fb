//! How much is too much: the rate is raised until p99 breaks its limit.
//!
//! The capacity that counts is the rate at which users are still served well, not the one at which the queue is
//! longest. Open loop over 256 connections, p99 within 10 ms, nothing lost.

use super::*;

pub const SCENARIO: Scenario = Scenario {
    name: "ramp",
    about: "the rate is raised until p99 goes beyond 10 ms or requests are lost",
    reason: "Capacity is the highest rate at which users are still served well: p99 within 10 ms, counted from the due \
             time, no errors. The rate grows by 30 %, after the first miss by 8 % from the last hit; a rate is missed when it is missed twice in a row.",
    plan,
};

fn plan(size: &Size) -> Plan {
    let group = Group::new(size.connections(256), Pace::Open, get("/bytes/1000"));
    let mut step = size.step("ramp", 0.0, 0.7, 3.0);
    step.warm = step.warm.min(0.3);
    let ramp = Ramp {
        from: size.rate.unwrap_or(4_000.0),
        factor: 1.3,
        fine: 1.08,
        limit_us: 10_000.0,
        most_steps: if size.quick { 10 } else { 16 },
    };
    let main = &["capacity_per_second", "capacity_cpu_percent"];
    Plan { ramp: Some(ramp), ..Plan::new(group, vec![step], size.runs(3, 3), main) }
}
