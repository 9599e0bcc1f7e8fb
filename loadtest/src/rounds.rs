//! The runs of one scenario: interleaved between the targets, a search before them, counting after them.

use crate::args::Options;
use crate::metric;
use crate::progress::Progress;
use crate::report::{self, ScenarioReport, TargetResult, say};
use crate::run::{Aim, Bench, Run, Stop};
use crate::scenario::{Plan, Scenario};
use crate::stats::{Value, median};
use crate::target::Target;
use std::collections::BTreeMap;

/// Closed-loop runs that find the highest rate of a reference.
const SEARCHES: usize = 3;
/// What the counting runs take beside the load, about: starting under valgrind above all.
const SYSCALL_RUN: f64 = 4.0;
const INSTRUCTION_RUNS: f64 = 16.0;

pub struct Rounds<'a> {
    pub bench: &'a Bench,
    pub o: &'a Options,
    pub targets: &'a [Box<dyn Target>],
    pub progress: &'a mut Progress,
    /// Seconds of the total that are behind us.
    pub done: f64,
}

/// What became of one target in one scenario.
#[derive(Default)]
struct Fate {
    runs: Vec<Run>,
    failure: Option<String>,
    /// Errors of a run that came to nothing.
    lost: BTreeMap<String, u64>,
}

impl Rounds<'_> {
    /// About how long a scenario takes.
    pub fn seconds(o: &Options, plan: &Plan, targets: usize) -> f64 {
        let search = if plan.share.is_some() { SEARCHES as f64 * plan.seconds() } else { 0.0 };
        let mut each = plan.seconds() * plan.runs as f64;
        each += if o.syscalls { SYSCALL_RUN } else { 0.0 };
        each += if o.instructions { INSTRUCTION_RUNS } else { 0.0 };
        search + each * targets as f64
    }

    /// All runs of a scenario, and whether they were all done.
    pub fn scenario(&mut self, scenario: &Scenario, mut plan: Plan) -> (ScenarioReport, bool) {
        let mut fates: Vec<Fate> = self.targets.iter().map(|_| Fate::default()).collect();
        for (fate, target) in fates.iter_mut().zip(self.targets) {
            fate.failure = target.refuses(plan.front);
        }
        let mut basis = None;
        let mut complete = true;
        match self.search(scenario, &mut plan) {
            Ok(found) => basis = found,
            Err(Stop::Interrupted) => complete = false,
            Err(Stop::Failed(why) | Stop::Died { why, .. }) => {
                let why = format!("no rate was found: {why}");
                fates.iter_mut().for_each(|f| f.failure = Some(why.clone()));
            }
        }
        for round in 0..plan.runs {
            // A B, B A, A B …: a machine that slows down or warms up favours nobody.
            let mut order: Vec<usize> = (0..self.targets.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for i in order {
                if fates[i].failure.is_none() && complete {
                    complete = self.one(scenario, &plan, i, round, &mut fates[i]);
                }
                self.step(plan.seconds());
            }
        }
        let mut out = ScenarioReport::new(scenario, &plan);
        out.basis = basis;
        for (target, fate) in self.targets.iter().zip(fates) {
            let mut result = report::result(&plan, target.name(), &fate.runs, fate.failure);
            report::sum(&mut result.errors, &fate.lost);
            if result.failure.is_none() && complete {
                let aim = Aim::Target(&**target);
                complete = counted(self.bench, self.o, &plan, &aim, &mut result, self.progress);
            }
            out.results.push(result);
        }
        out.show_counted();
        (out, complete)
    }

    fn step(&mut self, seconds: f64) {
        self.done += seconds;
        self.progress.reached(self.done);
    }

    /// One run of one target; false: Ctrl-C came.
    fn one(&mut self, scenario: &Scenario, plan: &Plan, i: usize, round: usize, fate: &mut Fate) -> bool {
        let target = &*self.targets[i];
        let (name, who) = (scenario.name, target.name());
        self.progress.now(format!("{name} · {who} · run {} of {}", round + 1, plan.runs));
        let (mut gone, before) = (0.0, self.done);
        let progress = &mut *self.progress;
        let result = self.bench.run(plan, &Aim::Target(target), &mut |seconds| {
            gone += seconds;
            progress.reached(before + gone);
        });
        match result {
            Ok(run) => {
                self.progress.line(&line(scenario, who, round + 1, plan, &run));
                let whole = !run.cut;
                fate.runs.push(run);
                return whole;
            }
            Err(Stop::Interrupted) => return false,
            Err(Stop::Failed(why)) => fate.failure = Some(why),
            Err(Stop::Died { why, errors }) => {
                fate.failure = Some(why);
                fate.lost = errors;
            }
        }
        if let Some(why) = &fate.failure {
            self.progress.line(&format!("{name}  {who}  FAILED: {why}"));
        }
        true
    }

    /// The rate of a plan that goes by another target's highest one, and how it was found.
    fn search(&mut self, scenario: &Scenario, plan: &mut Plan) -> Result<Option<String>, Stop> {
        let Some(share) = plan.share else { return Ok(None) };
        let named = |name: &str| self.targets.iter().position(|t| t.name() == name);
        let wanted = self.o.reference.as_deref().and_then(named).or_else(|| named("haproxy"));
        let target = &*self.targets[wanted.unwrap_or(self.targets.len() - 1)];
        let closed = plan.saturating();
        let mut figures: [Vec<f64>; 3] = Default::default();
        for n in 0..SEARCHES {
            self.progress.now(format!(
                "{} · how much {} can · {} of {SEARCHES}",
                scenario.name,
                target.name(),
                n + 1
            ));
            let run = self.bench.run(&closed, &Aim::Target(target), &mut |_| {})?;
            let step = run.steps.last().ok_or_else(|| "a run without a step".to_owned())?;
            let names = ["requests_per_second", "cpu_percent_of_core", "load_cpu_percent"];
            for (values, name) in figures.iter_mut().zip(names) {
                values.extend(step.values.get(name));
            }
            self.step(plan.seconds());
        }
        let highest = median(&figures[0]);
        plan.steps.iter_mut().for_each(|s| s.rate = share * highest);
        let basis = basis(target.name(), share, &figures, self.bench.threads_of(target));
        self.progress.line(&basis);
        Ok(Some(basis))
    }
}

/// What a rate goes by, in words; says too if it was not the reference that was the limit.
fn basis(name: &str, share: f64, figures: &[Vec<f64>; 3], threads: usize) -> String {
    let [rate, cpu, load] = figures.each_ref().map(|v| median(v));
    let mut text = format!(
        "{} answers {} requests a second at most (median of {} runs in a closed loop)",
        say::capital(name),
        say::number(rate),
        figures[0].len()
    );
    if cpu.is_finite() {
        text += &format!(
            ", then its CPU is {} % of a core and the clients and origin use {} % of theirs",
            say::number(cpu),
            say::number(load)
        );
    }
    text +=
        &format!(". All targets get {:.0} % of it: {} a second.", share * 100.0, say::number(share * rate));
    if cpu.is_finite() && cpu < 85.0 * threads as f64 {
        text += " Its core was not full: the load or another program was the limit, not the reference.";
    }
    text
}

/// The runs that count, if they are asked for; false: Ctrl-C came.
pub fn counted(
    bench: &Bench,
    o: &Options,
    plan: &Plan,
    aim: &Aim,
    result: &mut TargetResult,
    progress: &mut Progress,
) -> bool {
    let direct = matches!(aim, Aim::Target(t) if t.name() == "direct");
    for (asked, name, what) in [
        (o.syscalls, "syscalls_per_request", "system calls"),
        (o.instructions, "instructions_per_request", "instructions"),
    ] {
        if !asked || direct {
            continue;
        }
        progress.now(format!("{} · counting {what}", result.target));
        let counted = if name == "syscalls_per_request" {
            bench.syscalls(plan, aim)
        } else {
            bench.instructions(plan, aim)
        };
        match counted {
            Ok(counted) => {
                result.values.extend(Value::of(vec![counted.value]).map(|v| (name.to_owned(), v)));
                result.notes.push(counted.how);
            }
            Err(Stop::Interrupted) => return false,
            Err(Stop::Failed(why) | Stop::Died { why, .. }) => {
                result.notes.push(format!("{what} were not counted: {why}"));
            }
        }
    }
    true
}

/// One run as a line.
pub fn line(scenario: &Scenario, target: &str, n: usize, plan: &Plan, run: &Run) -> String {
    let value = |name: &str| {
        let last = run.steps.last().and_then(|s| s.values.get(name));
        run.values
            .get(name)
            .or(last)
            .map(|v| format!("{} {}", metric::find(name).map_or("", |m| m.title), say::amount(name, *v)))
    };
    let figures: Vec<String> = plan.main.iter().filter_map(|name| value(name)).collect();
    let mut errors = run.errors.clone();
    for step in &run.steps {
        for (kind, n) in &step.errors {
            *errors.entry(kind.clone()).or_default() += n;
        }
    }
    let errors =
        if errors.is_empty() { String::new() } else { format!("  ERRORS: {}", say::errors(&errors)) };
    format!("{:<16} {target:<14} run {n}/{}  {}{errors}", scenario.name, plan.runs, figures.join(", "))
}
