//! 20,000 keep-alive connections, few requests.
//!
//! Where the project comes from: on an m1.small HAProxy took less than 1 % of the CPU for a site with about 20,000
//! connections. Browsers hold connections open and are silent on most of them, so the cost of a connection that does
//! nothing (memory, timers) and of a request that comes alone (a wake-up of its own, nothing to batch) decides how small
//! a machine may be. R@1 % is read off between the measured rates.

use super::*;

pub const SCENARIO: Scenario = Scenario {
    name: "idle-20k",
    about: "20,000 keep-alive connections, up to 1,000 requests a second spread over them",
    reason: "The headline: what a site with many silent connections costs, in CPU and in memory. Requests come alone, \
             each with its own wake-up; the open loop sends them at the times of a Poisson process. R@1 % is the rate at \
             which the proxy takes 1 % of one core.",
    plan,
};

fn plan(size: &Size) -> Plan {
    let group = Group::new(size.connections(20_000), Pace::Open, get("/bytes/34"));
    let rates: Vec<f64> = match size.rate {
        Some(rate) => vec![0.0, rate / 10.0, rate * 0.3, rate],
        None => vec![0.0, 100.0, 300.0, 1_000.0],
    };
    let steps = rates.into_iter().map(|rate| {
        let label = if rate == 0.0 { "idle".to_owned() } else { format!("{rate:.0}/s") };
        let mut step = size.step(label, rate, 1.0, 8.0);
        step.warm = step.warm.min(0.2);
        step
    });
    let main = &["r_at_1_percent", "cpu_percent_of_core", "memory_bytes_per_connection"];
    Plan { one_percent: true, memory: true, ..Plan::new(group, steps.collect(), size.runs(3, 5), main) }
}
