//! One run of one scenario against one target: processes up, load in steps, figures, processes down.

use crate::class::Class;
use crate::hist::Latencies;
use crate::procfs;
use crate::scenario::{Plan, Step};
use crate::stats;
use crate::sys;
use crate::target::Target;
use crate::wire::{Phase, PhaseResult, Said};
use std::collections::BTreeMap;
use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::time::{Duration, Instant};

mod count;
mod figures;
mod proc;
mod stage;

use figures::add;
pub use figures::doubts;
use proc::Load;
use proc::write_line;
use stage::{Stage, alive};

/// What all runs share.
pub struct Bench {
    pub exe: PathBuf,
    pub proxy_cores: Vec<usize>,
    pub load_cores: Vec<usize>,
    pub descriptors: u64,
    pub threads: usize,
    pub dir: PathBuf,
    pub class: Option<Class>,
    /// The command line named the target's cores: all of them are for every target, whatever its threads.
    pub cores_given: bool,
}

/// What the load is aimed at.
pub enum Aim<'a> {
    Target(&'a dyn Target),
    /// A service that runs already; `pids` are its processes, if they are here.
    Address {
        to: SocketAddrV4,
        host: String,
        pids: Vec<u32>,
    },
}

#[derive(Debug)]
pub enum Stop {
    Interrupted,
    Failed(String),
    /// The target ended under load; what the clients saw of it.
    Died {
        why: String,
        errors: BTreeMap<String, u64>,
    },
}

impl From<String> for Stop {
    fn from(text: String) -> Self {
        Self::Failed(text)
    }
}

/// The figures of a step in one run.
#[derive(Debug, Default)]
pub struct StepRun {
    pub label: String,
    pub rate: f64,
    pub values: BTreeMap<&'static str, f64>,
    pub latencies: Latencies,
    pub errors: BTreeMap<String, u64>,
    /// Per cent of a core, and answers (or megabytes) a second, by seconds since the step's measured time began.
    pub cpu: Vec<(f64, f64)>,
    pub flow: Vec<(f64, f64)>,
}

#[derive(Debug, Default)]
pub struct Run {
    pub steps: Vec<StepRun>,
    pub values: BTreeMap<&'static str, f64>,
    pub errors: BTreeMap<String, u64>,
    pub notes: Vec<String>,
    /// How R@1 % was read off.
    pub how: Option<String>,
    pub proxies: usize,
    pub clients: usize,
    /// Ctrl-C came before its last step.
    pub cut: bool,
}

/// Sleeps in pieces, so that Ctrl-C is seen.
fn pause_until(at: u64) -> Result<(), Stop> {
    loop {
        if sys::stopped() {
            return Err(Stop::Interrupted);
        }
        let now = sys::now_ns();
        if now >= at {
            return Ok(());
        }
        sys::sleep_until(at.min(now + 50_000_000));
    }
}

impl Bench {
    /// Runs it; `observe` gets the seconds of load gone so far.
    pub fn run(&self, plan: &Plan, aim: &Aim, observe: &mut dyn FnMut(f64)) -> Result<Run, Stop> {
        let mut run = Run::default();
        let mut stage = self.stage(plan, aim, None, &mut run.notes)?;
        run.proxies = stage.proxies.len();
        let (pss_before, kernel_before) = (procfs::pss(&stage.pids), procfs::kernel_memory());
        let mut loads = self.ready_loads(plan, &mut stage, &mut run.errors)?;
        run.clients = loads.len();
        if plan.memory && !stage.pids.is_empty() {
            pause_until(sys::now_ns() + 300_000_000)?;
            let n = f64::from(plan.connections());
            if let (Some(before), Some(after)) = (pss_before, procfs::pss(&stage.pids)) {
                run.values.insert("memory_bytes_per_connection", after.saturating_sub(before) as f64 / n);
                run.values.insert("memory_before", before as f64);
            }
            let grown = procfs::kernel_memory().saturating_sub(kernel_before) as f64;
            run.values.insert("kernel_bytes_per_connection", grown / n);
        }
        match self.steps(plan, &mut stage, &mut loads, &mut run, observe) {
            // The steps that were whole are worth keeping.
            Err(Stop::Interrupted) if !run.steps.is_empty() => {
                run.cut = true;
                return Ok(run);
            }
            other => other?,
        }
        if plan.one_percent && !stage.pids.is_empty() {
            let points: Vec<(f64, f64)> = run
                .steps
                .iter()
                .filter_map(|s| {
                    Some((*s.values.get("requests_per_second")?, *s.values.get("cpu_percent_of_core")?))
                })
                .collect();
            if let Some((rate, how)) = stats::rate_at(&points, 1.0) {
                run.values.insert("r_at_1_percent", rate);
                run.how = Some(format!("R@1 % of the median run: {how}"));
            }
        }
        Ok(run)
    }

    fn steps(
        &self,
        plan: &Plan,
        stage: &mut Stage,
        loads: &mut [Load],
        run: &mut Run,
        observe: &mut dyn FnMut(f64),
    ) -> Result<(), Stop> {
        if plan.ramp.is_some() {
            return self.ramp(plan, stage, loads, run, observe);
        }
        for step in &plan.steps {
            let done = self.step(plan, step, stage, loads)?;
            observe(step.warm + step.seconds);
            run.steps.push(done);
        }
        Ok(())
    }

    /// Load processes whose connections are all open.
    fn ready_loads(
        &self,
        plan: &Plan,
        stage: &mut Stage,
        errors: &mut BTreeMap<String, u64>,
    ) -> Result<Vec<Load>, Stop> {
        let mut loads = self.loads(plan, stage)?;
        let deadline = Instant::now() + Duration::from_secs(30 + u64::from(plan.connections()) / 500);
        for load in &mut loads {
            if let Said::Ready { errors: seen } = load.hear(deadline, stage)? {
                add(errors, "while opening: ", &seen);
            }
        }
        alive(stage, errors)?;
        Ok(loads)
    }

    fn ramp(
        &self,
        plan: &Plan,
        stage: &mut Stage,
        loads: &mut [Load],
        run: &mut Run,
        observe: &mut dyn FnMut(f64),
    ) -> Result<(), Stop> {
        let Some(ramp) = &plan.ramp else { return Ok(()) };
        let (mut rate, mut factor, mut good) = (ramp.from, ramp.factor, None);
        let mut missed = false;
        for _ in 0..ramp.most_steps {
            let step = Step { label: format!("{rate:.0}/s"), rate, ..plan.steps[0].clone() };
            let done = self.step(plan, &step, stage, loads)?;
            observe(step.warm + step.seconds);
            let value = |name: &str| done.values.get(name).copied();
            let p99 = value("p99_us").unwrap_or(f64::INFINITY);
            let fine = p99 <= ramp.limit_us && done.errors.is_empty();
            let cpu = value("cpu_percent_of_core");
            // One miss may be the machine's: a rate is too much when it is missed twice in a row.
            if !fine && !std::mem::replace(&mut missed, true) {
                continue;
            }
            missed = false;
            run.steps.push(done);
            if fine {
                good = Some((rate, cpu));
            } else if factor == ramp.fine || good.is_none() {
                break;
            } else {
                factor = ramp.fine;
                rate = good.map_or(rate, |(r, _)| r);
            }
            rate *= factor;
        }
        match good {
            Some((rate, cpu)) => {
                run.values.insert("capacity_per_second", rate);
                if let Some(cpu) = cpu {
                    run.values.insert("capacity_cpu_percent", cpu);
                }
            }
            None => run.notes.push(format!("p99 was beyond its limit at {:.0}/s already", ramp.from)),
        }
        Ok(())
    }

    /// Gives the load its orders: when the phase starts, when it is measured, when it ends.
    fn order(&self, step: &Step, loads: &mut [Load]) -> Result<Phase, Stop> {
        let start = sys::now_ns() + 20_000_000;
        let measure = start + (step.warm * SECOND) as u64;
        let end = measure + (step.seconds * SECOND) as u64;
        for load in loads.iter_mut() {
            write_line(&mut load.orders, &Phase { start, measure, end, rate: step.rate * load.share })?;
        }
        Ok(Phase { start, measure, end, rate: step.rate })
    }

    /// What the load processes say at the end of a phase, by group.
    fn results(&self, stage: &mut Stage, loads: &mut [Load]) -> Result<Vec<(usize, PhaseResult)>, Stop> {
        let mut results = Vec::new();
        // What is outstanding at the end may take its whole time.
        let deadline = Instant::now() + Duration::from_secs(15);
        for load in loads.iter_mut() {
            if let Said::Done(result) = load.hear(deadline, stage)? {
                results.push((load.group, *result));
            }
        }
        Ok(results)
    }

    fn step(&self, plan: &Plan, step: &Step, stage: &mut Stage, loads: &mut [Load]) -> Result<StepRun, Stop> {
        let phase = self.order(step, loads)?;
        let others: Vec<u32> =
            stage.origins.iter().chain(loads.iter().map(|l| &l.proc)).map(|p| p.child.id()).collect();
        pause_until(phase.measure)?;
        let before = (procfs::cpu(&stage.pids), procfs::cpu(&others), procfs::busy_seconds(&stage.cores));
        let cpu_series = watch(&phase, &stage.pids, &before.0)?;
        let used = procfs::cpu(&stage.pids).since(&before.0);
        let load_used = procfs::cpu(&others).since(&before.1);
        let busy = procfs::busy_seconds(&stage.cores) - before.2;
        let results = self.results(stage, loads)?;
        let mut done = figures::figures(plan, step, &results);
        alive(stage, &done.errors)?;
        done.cpu = cpu_series;
        done.values.insert("load_cpu_percent", load_used.percent() / self.load_cores.len() as f64);
        if !stage.pids.is_empty() {
            let all_measured = plan.groups.iter().all(|g| g.measured);
            figures::proxy_figures(&mut done, plan, &used, &results, step.seconds, all_measured);
            // On shared cores "something else" would be the load.
            if !stage.cores.iter().any(|c| self.load_cores.contains(c)) {
                let (whole, run) = (used.at as f64 / SECOND, used.run as f64 / SECOND);
                let foreign = 100.0 * (busy - run) / whole / stage.cores.len() as f64;
                done.values.insert("others_percent", foreign.max(0.0));
            }
            if let Some(class) = self.class.as_ref().filter(|_| stage.caged()) {
                done.values.insert("class_percent", used.percent() / class.share);
            }
        }
        Ok(done)
    }
}

const SECOND: f64 = 1e9;

/// The target's CPU until the phase ends, ten times a second: (seconds, per cent of a core).
fn watch(phase: &Phase, pids: &[u32], before: &procfs::Cpu) -> Result<Vec<(f64, f64)>, Stop> {
    let mut series = Vec::new();
    let (mut at, mut run_ns) = (before.at, before.run);
    let mut next = phase.measure;
    while next < phase.end {
        next = (next + 100_000_000).min(phase.end);
        pause_until(next)?;
        if !pids.is_empty() {
            let (now, used) = (sys::now_ns(), procfs::run_ns(pids));
            if now > at {
                let percent = 100.0 * used.saturating_sub(run_ns) as f64 / (now - at) as f64;
                series.push(((now - phase.measure) as f64 / SECOND, percent));
            }
            (at, run_ns) = (now, used);
        }
    }
    Ok(series)
}
