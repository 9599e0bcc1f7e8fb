//! Scenarios: one file each, with its reason.

use crate::floor::Shape;
use crate::wire::{Ask, Pace};

mod churn;
mod idle_20k;
mod large_download;
mod mixed;
mod pipeline;
mod ramp;
mod saturation;
mod slow_clients;
mod small_keepalive;
mod small_keepalive_512;
mod steady;
mod tcp_stream;
mod upload;

/// What the command line asks of every scenario.
#[derive(Clone, Debug, Default)]
pub struct Size {
    pub quick: bool,
    pub runs: Option<usize>,
    pub seconds: Option<f64>,
    pub warmup: Option<f64>,
    pub connections: Option<u32>,
    pub rate: Option<f64>,
    pub share: Option<f64>,
}

impl Size {
    fn runs(&self, quick: usize, full: usize) -> usize {
        self.runs.unwrap_or(if self.quick { quick } else { full })
    }

    fn step(&self, label: impl Into<String>, rate: f64, quick: f64, full: f64) -> Step {
        Step {
            label: label.into(),
            rate,
            warm: self.warmup.unwrap_or(if self.quick { 0.5 } else { 1.0 }),
            seconds: self.seconds.unwrap_or(if self.quick { quick } else { full }),
        }
    }

    fn connections(&self, usual: u32) -> u32 {
        self.connections.unwrap_or(usual)
    }
}

pub struct Scenario {
    pub name: &'static str,
    /// One line.
    pub about: &'static str,
    /// Why it is measured.
    pub reason: &'static str,
    pub plan: fn(&Size) -> Plan,
}

/// Where the load enters the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    Http,
    Tcp,
}

/// A step of load, measured on its own.
#[derive(Clone, Debug)]
pub struct Step {
    pub label: String,
    /// Requests a second over all connections (open loop).
    pub rate: f64,
    pub warm: f64,
    pub seconds: f64,
}

/// Connections that do the same.
#[derive(Clone, Debug)]
pub struct Group {
    pub connections: u32,
    pub pace: Pace,
    pub ask: Ask,
    pub depth: u32,
    pub close: bool,
    pub prime: bool,
    pub timeout_ms: u64,
    /// Only the latencies and answers of these groups are reported; the others are there to be in the way.
    pub measured: bool,
}

impl Group {
    fn new(connections: u32, pace: Pace, ask: Ask) -> Self {
        let prime = true;
        Self { connections, pace, ask, depth: 1, close: false, prime, timeout_ms: 10_000, measured: true }
    }
}

/// A search for the highest rate whose p99 stays below a limit.
#[derive(Clone, Debug)]
pub struct Ramp {
    pub from: f64,
    pub factor: f64,
    /// After the first miss the search goes on from the last hit, in these smaller steps.
    pub fine: f64,
    pub limit_us: f64,
    pub most_steps: usize,
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub groups: Vec<Group>,
    pub steps: Vec<Step>,
    pub ramp: Option<Ramp>,
    /// The rate is this share of the highest one of a reference target, which is found first.
    pub share: Option<f64>,
    pub front: Front,
    pub floor: Shape,
    pub runs: usize,
    /// R@1 % is worked out from the steps.
    pub one_percent: bool,
    /// Memory per connection is taken once all connections are open.
    pub memory: bool,
    /// The figures the report shows first.
    pub main: &'static [&'static str],
}

impl Plan {
    fn new(group: Group, steps: Vec<Step>, runs: usize, main: &'static [&'static str]) -> Self {
        Self {
            groups: vec![group],
            steps,
            ramp: None,
            share: None,
            front: Front::Http,
            floor: Shape::Requests,
            runs,
            one_percent: false,
            memory: false,
            main,
        }
    }

    pub fn connections(&self) -> u32 {
        self.groups.iter().map(|g| g.connections).sum()
    }

    /// The same load as fast as answers come: what the rate is a share of.
    pub fn saturating(&self) -> Self {
        let mut plan = self.clone();
        plan.share = None;
        plan.groups.iter_mut().for_each(|g| g.pace = Pace::Closed);
        plan
    }

    /// A step of the most load there is in this plan, for counting.
    pub fn counting(&self, seconds: f64) -> Step {
        let last = self.steps[self.steps.len() - 1].clone();
        let rate = self.ramp.as_ref().map_or(last.rate, |r| r.from);
        Step { rate, warm: 0.0, seconds, ..last }
    }

    /// Whether what is measured follows a schedule.
    pub fn open_loop(&self) -> bool {
        self.groups.iter().any(|g| g.measured && matches!(g.pace, Pace::Open | Pace::Users))
    }

    /// About how long one run takes.
    pub fn seconds(&self) -> f64 {
        let load: f64 = match &self.ramp {
            Some(ramp) => {
                let step = &self.steps[0];
                (step.warm + step.seconds + 0.2) * ramp.most_steps as f64 * 0.7
            }
            None => self.steps.iter().map(|s| s.warm + s.seconds + 0.1).sum(),
        };
        load + 0.6 + f64::from(self.connections()) / 8_000.0
    }
}

fn get(path: &str) -> Ask {
    Ask::Get { path: path.into() }
}

pub fn all() -> [&'static Scenario; 13] {
    [
        &idle_20k::SCENARIO,
        &small_keepalive::SCENARIO,
        &small_keepalive_512::SCENARIO,
        &steady::SCENARIO,
        &churn::SCENARIO,
        &pipeline::SCENARIO,
        &large_download::SCENARIO,
        &upload::SCENARIO,
        &tcp_stream::SCENARIO,
        &slow_clients::SCENARIO,
        &ramp::SCENARIO,
        &saturation::SCENARIO,
        &mixed::SCENARIO,
    ]
}

/// `loadtest against`: no scenario of the list, but the same machinery.
pub const AGAINST: Scenario = Scenario {
    name: "against",
    about: "a service that runs already",
    reason: "What a service that somebody else started and configured answers to this load.",
    plan: |size| against(size, "/"),
};

/// The load for a running service: open loop with a rate, closed without.
pub fn against(size: &Size, path: &str) -> Plan {
    let pace = if size.rate.is_some() { Pace::Open } else { Pace::Closed };
    let rate = size.rate.unwrap_or(0.0);
    let label = size.rate.map_or("full".to_owned(), |r| format!("{r:.0}/s"));
    let group = Group::new(size.connections(64), pace, get(path));
    let main = &["p99_us", "requests_per_second", "cpu_us_per_request"];
    Plan::new(group, vec![size.step(label, rate, 2.0, 5.0)], size.runs(3, 3), main)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_sound() {
        for quick in [true, false] {
            let size = Size { quick, ..Size::default() };
            for s in all() {
                let plan = (s.plan)(&size);
                assert!(plan.runs >= 3, "{}: a spread needs runs", s.name);
                assert!(plan.groups.iter().any(|g| g.measured), "{}", s.name);
                assert!(!plan.steps.is_empty() && plan.steps.iter().all(|s| s.seconds > 0.0), "{}", s.name);
                for name in plan.main {
                    assert!(crate::metric::find(name).is_some(), "{}: no metric {name}", s.name);
                }
                if quick {
                    let pair = plan.seconds() * plan.runs as f64 * 2.0;
                    assert!(pair < 58.0, "{}: a quick pair takes {pair} s", s.name);
                }
            }
        }
        let mut names: Vec<_> = all().iter().map(|s| s.name).collect();
        names.dedup();
        assert_eq!(names.len(), all().len());
    }
}
