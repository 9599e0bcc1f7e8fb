//! One run of one scenario against one target: processes up, load in steps, figures, processes down.

use crate::class::Class;
use crate::hist::Latencies;
use crate::procfs;
use crate::scenario::{Plan, Step};
use crate::stats;
use crate::sys;
use crate::target::Target;
use crate::wire::{Phase, Said};
use std::collections::BTreeMap;
use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::time::{Duration, Instant};

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
        let mut stage = self.stage(plan, aim, &mut run.notes)?;
        run.proxies = stage.proxies.len();
        let (pss_before, kernel_before) = (procfs::pss(&stage.pids), procfs::kernel_memory());
        let mut loads = self.loads(plan, &stage)?;
        run.clients = loads.len();
        let deadline = Instant::now() + Duration::from_secs(30 + u64::from(plan.connections()) / 500);
        for load in &mut loads {
            if let Said::Ready { errors } = load.hear(deadline)? {
                add(&mut run.errors, "while opening: ", &errors);
            }
        }
        alive(&mut stage)?;
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
        match &plan.ramp {
            None => {
                for step in &plan.steps {
                    let done = self.step(plan, step, &mut stage, &mut loads)?;
                    observe(step.warm + step.seconds);
                    run.steps.push(done);
                }
            }
            Some(_) => self.ramp(plan, &mut stage, &mut loads, &mut run, observe)?,
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

    fn step(&self, plan: &Plan, step: &Step, stage: &mut Stage, loads: &mut [Load]) -> Result<StepRun, Stop> {
        let second = 1_000_000_000.0;
        let start = sys::now_ns() + 20_000_000;
        let measure = start + (step.warm * second) as u64;
        let end = measure + (step.seconds * second) as u64;
        for load in loads.iter_mut() {
            write_line(&mut load.orders, &Phase { start, measure, end, rate: step.rate * load.share })?;
        }
        let others: Vec<u32> =
            stage.origins.iter().chain(loads.iter().map(|l| &l.proc)).map(|p| p.child.id()).collect();
        pause_until(measure)?;
        let before =
            (procfs::cpu(&stage.pids), procfs::cpu(&others), procfs::busy_seconds(&self.proxy_cores));
        let mut cpu_series = Vec::new();
        let (mut at, mut run_ns) = (before.0.at, before.0.run);
        let mut next = measure;
        while next < end {
            next = (next + 100_000_000).min(end);
            pause_until(next)?;
            if !stage.pids.is_empty() {
                let (now, used) = (sys::now_ns(), procfs::run_ns(&stage.pids));
                if now > at {
                    let percent = 100.0 * used.saturating_sub(run_ns) as f64 / (now - at) as f64;
                    cpu_series.push(((now - measure) as f64 / second, percent));
                }
                (at, run_ns) = (now, used);
            }
        }
        let used = procfs::cpu(&stage.pids).since(&before.0);
        let load_used = procfs::cpu(&others).since(&before.1);
        let busy = procfs::busy_seconds(&self.proxy_cores) - before.2;
        let mut results = Vec::new();
        // What is outstanding at the end may take its whole time.
        let deadline = Instant::now() + Duration::from_secs(15);
        for load in loads.iter_mut() {
            if let Said::Done(result) = load.hear(deadline)? {
                results.push((load.group, *result));
            }
        }
        alive(stage)?;
        let mut done = figures::figures(plan, step, &results);
        done.cpu = cpu_series;
        let seconds = step.seconds;
        let cores = self.load_cores.len() as f64;
        done.values.insert("load_cpu_percent", load_used.percent() / cores);
        if !stage.pids.is_empty() {
            let all_measured = plan.groups.iter().all(|g| g.measured);
            figures::proxy_figures(&mut done, plan, &used, &results, seconds, all_measured);
            let whole = used.at as f64 / second;
            let foreign = 100.0 * (busy - used.run as f64 / second) / whole / self.proxy_cores.len() as f64;
            done.values.insert("others_percent", foreign.max(0.0));
            if let Some(class) = &self.class {
                done.values.insert("class_percent", used.percent() / class.share);
            }
        }
        Ok(done)
    }
}
