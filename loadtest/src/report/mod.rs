//! The report: what `report.json` holds (see SCHEMA.md), made from the runs.

use crate::class::Class;
use crate::hist::Latencies;
use crate::machine::Machine;
use crate::metric::{self, Better};
use crate::run::{self, Run};
use crate::scenario::{Plan, Scenario, Size};
use crate::stats::{Value, median};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub mod diff;
pub mod html;
pub mod say;
mod svg;

pub const SCHEMA: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub schema: u32,
    pub headline: String,
    pub also: Vec<String>,
    pub date: String,
    pub seconds: f64,
    /// False: Ctrl-C came before the end.
    pub complete: bool,
    pub command: String,
    pub quick: bool,
    pub machine: Machine,
    pub proxy_cores: Vec<usize>,
    pub load_cores: Vec<usize>,
    pub threads: usize,
    pub class: Option<Class>,
    pub targets: Vec<TargetInfo>,
    pub scenarios: Vec<ScenarioReport>,
    pub metrics: BTreeMap<String, MetricInfo>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetInfo {
    pub name: String,
    pub about: String,
    pub version: String,
    pub config: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricInfo {
    pub title: String,
    pub unit: String,
    pub better: Better,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioReport {
    pub name: String,
    pub about: String,
    pub reason: String,
    pub connections: u32,
    /// Requests were due by a schedule; false: as fast as answers came.
    pub open_loop: bool,
    /// Where the rate comes from, if it was found by a search.
    pub basis: Option<String>,
    pub main: Vec<String>,
    pub results: Vec<TargetResult>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetResult {
    pub target: String,
    pub runs: usize,
    pub proxy_processes: usize,
    pub client_processes: usize,
    pub values: BTreeMap<String, Value>,
    pub steps: Vec<StepResult>,
    pub errors: BTreeMap<String, u64>,
    pub notes: Vec<String>,
    pub warnings: Vec<String>,
    /// Why there are no runs, or fewer.
    pub failure: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepResult {
    pub label: String,
    pub offered_per_second: f64,
    pub values: BTreeMap<String, Value>,
    pub errors: BTreeMap<String, u64>,
    /// Latency by percentile over all runs: (percentile, µs).
    pub latency: Vec<(f64, f64)>,
    /// (seconds, per cent of a core) and (seconds, answers or megabytes a second) of the middle run.
    pub cpu_series: Vec<(f64, f64)>,
    pub flow_series: Vec<(f64, f64)>,
    pub flow_unit: String,
}

impl ScenarioReport {
    pub fn new(scenario: &Scenario, plan: &Plan) -> Self {
        let usual = (scenario.plan)(&Size::default()).connections();
        let here = match plan.connections() {
            n if n == usual => String::new(),
            n => format!(" (here {} connections)", say::thousands(f64::from(n))),
        };
        Self {
            name: scenario.name.into(),
            about: format!("{}{here}", scenario.about),
            reason: scenario.reason.split_whitespace().collect::<Vec<_>>().join(" "),
            connections: plan.connections(),
            open_loop: plan.open_loop(),
            basis: None,
            main: plan.main.iter().map(|s| (*s).to_owned()).collect(),
            results: Vec::new(),
        }
    }

    /// What was counted beside the runs is shown with the main figures.
    pub fn show_counted(&mut self) {
        for name in ["syscalls_per_request", "instructions_per_request"] {
            if self.results.iter().any(|r| r.values.contains_key(name)) {
                self.main.push(name.into());
            }
        }
    }
}

pub fn metric_infos() -> BTreeMap<String, MetricInfo> {
    let info = |m: &metric::Metric| MetricInfo {
        title: m.title.into(),
        unit: m.unit.into(),
        better: m.better,
        text: m.text.into(),
    };
    metric::ALL.iter().map(|m| (m.name.to_owned(), info(m))).collect()
}

fn gather(each: &[&BTreeMap<&'static str, f64>]) -> BTreeMap<String, Value> {
    let mut runs: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for values in each {
        for (name, value) in *values {
            runs.entry((*name).to_owned()).or_default().push(*value);
        }
    }
    runs.into_iter().filter_map(|(name, runs)| Some((name, Value::of(runs)?))).collect()
}

pub fn sum(into: &mut BTreeMap<String, u64>, from: &BTreeMap<String, u64>) {
    for (kind, n) in from {
        *into.entry(kind.clone()).or_default() += n;
    }
}

/// The runs of one target in one scenario become one result.
pub fn result(plan: &Plan, target: &str, runs: &[Run], failure: Option<String>) -> TargetResult {
    let mut out = TargetResult {
        target: target.into(),
        runs: runs.len(),
        proxy_processes: runs.iter().map(|r| r.proxies).max().unwrap_or(0),
        client_processes: runs.iter().map(|r| r.clients).max().unwrap_or(0),
        values: gather(&runs.iter().map(|r| &r.values).collect::<Vec<_>>()),
        steps: Vec::new(),
        errors: BTreeMap::new(),
        notes: Vec::new(),
        warnings: Vec::new(),
        failure,
    };
    let mut labels: Vec<(&str, f64)> = Vec::new();
    let rate = |run: &Run| run.values.get("r_at_1_percent").copied();
    let middle_rate = median(&runs.iter().filter_map(rate).collect::<Vec<_>>());
    // Of an even number of runs the median lies between two: the nearest speaks.
    let nearest = runs
        .iter()
        .filter_map(rate)
        .min_by(|a, b| (a - middle_rate).abs().total_cmp(&(b - middle_rate).abs()));
    let is_median = |run: &Run| rate(run) == nearest;
    for run in runs {
        sum(&mut out.errors, &run.errors);
        for note in run.notes.iter().chain(run.how.iter().filter(|_| is_median(run))) {
            if !out.notes.contains(note) {
                out.notes.push(note.clone());
            }
        }
        for step in &run.steps {
            if !labels.iter().any(|(l, _)| *l == step.label) {
                labels.push((&step.label, step.rate));
            }
        }
    }
    // A ramp goes back once; its curve does not.
    if plan.ramp.is_some() {
        labels.sort_by(|a, b| a.1.total_cmp(&b.1));
    }
    let several = labels.len() > 1;
    for (label, rate) in labels {
        let steps: Vec<_> = runs.iter().flat_map(|r| &r.steps).filter(|s| s.label == label).collect();
        let values = gather(&steps.iter().map(|s| &s.values).collect::<Vec<_>>());
        let (mut latencies, mut errors) = (Latencies::default(), BTreeMap::new());
        for step in &steps {
            latencies.merge(&step.latencies.buckets());
            sum(&mut errors, &step.errors);
        }
        // The run whose rate is the median one speaks for the course over time.
        let rates: Vec<f64> = steps.iter().map(|s| s.values["requests_per_second"]).collect();
        let mid = median(&rates);
        let middle = steps.iter().min_by(|a, b| {
            let away = |s: &run::StepRun| (s.values["requests_per_second"] - mid).abs();
            away(a).total_cmp(&away(b))
        });
        let medians: BTreeMap<String, f64> = values.iter().map(|(k, v)| (k.clone(), v.median)).collect();
        for doubt in run::doubts(plan, &medians) {
            out.warnings.push(if several { format!("{label}: {doubt}") } else { doubt });
        }
        sum(&mut out.errors, &errors);
        out.steps.push(StepResult {
            label: label.into(),
            offered_per_second: rate,
            values,
            errors,
            latency: latencies.curve(),
            cpu_series: middle.map(|s| s.cpu.clone()).unwrap_or_default(),
            flow_series: middle.map(|s| s.flow.clone()).unwrap_or_default(),
            flow_unit: if plan.main.contains(&"megabytes_per_cpu_second") { "MB/s" } else { "requests/s" }
                .into(),
        });
    }
    out
}

impl TargetResult {
    /// A figure of the whole, or of the last step: the one with the most load.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name).or_else(|| self.steps.last().and_then(|s| s.values.get(name)))
    }
}

/// The target the report is about, and the one it is compared with.
pub fn pair(names: &[String]) -> (Option<&str>, Option<&str>) {
    let at = |name: &str| names.iter().position(|n| n == name);
    let subject = at("ringmain").or((!names.is_empty()).then_some(0));
    let other = at("haproxy")
        .filter(|i| Some(*i) != subject)
        .or_else(|| (0..names.len()).find(|i| Some(*i) != subject));
    (subject.map(|i| names[i].as_str()), other.map(|i| names[i].as_str()))
}

/// The sentences at the top, the first scenario's first.
pub fn sentences(scenarios: &[ScenarioReport], names: &[String]) -> Vec<String> {
    let (Some(subject), other) = pair(names) else { return vec!["Nothing was measured.".into()] };
    let mut all = Vec::new();
    let mut order: Vec<&ScenarioReport> = scenarios.iter().collect();
    order.sort_by_key(|s| s.name != "idle-20k");
    for s in order {
        let find = |name: &str| s.results.iter().find(|r| r.target == name && r.runs > 0);
        let Some(mine) = find(subject) else { continue };
        let theirs = other.and_then(find);
        for name in
            s.main.iter().filter(|n| s.open_loop || !matches!(n.as_str(), "requests_per_second" | "p99_us"))
        {
            let Some(value) = mine.value(name) else { continue };
            let text = sentence(s, subject, name, value, other.zip(theirs.and_then(|t| t.value(name))));
            all.push(text);
        }
        all.extend(names.iter().filter_map(|name| scaling(s, name)));
    }
    if all.is_empty() {
        all.push("Nothing was measured.".into());
    }
    all
}

/// What more threads bring, where a target is there with one and with `NAME@N`.
fn scaling(s: &ScenarioReport, name: &str) -> Option<String> {
    let (plain, threads) = name.rsplit_once('@').filter(|(_, n)| *n != "1")?;
    let find = |name: &str| s.results.iter().find(|r| r.target == name && r.runs > 0);
    let (many, one) = (find(name)?, find(plain).or_else(|| find(&format!("{plain}@1")))?);
    let ratio = |metric: &str| Some(many.value(metric)?.median / one.value(metric)?.median);
    let rate = ratio("requests_per_second").filter(|_| !s.open_loop);
    let cpu = ratio("cpu_us_per_request")?;
    let rate =
        rate.map_or(String::new(), |r| format!("{} the requests per second of one and ", say::times(r)));
    Some(format!(
        "{}: {} with {threads} threads has {rate}{} its CPU per request.",
        s.name,
        say::capital(plain),
        say::times(cpu)
    ))
}

fn sentence(
    s: &ScenarioReport,
    subject: &str,
    name: &str,
    value: &Value,
    other: Option<(&str, &Value)>,
) -> String {
    let n = say::number;
    let me = say::capital(subject);
    let mine = say::amount(name, value.median);
    let begin = match name {
        "r_at_1_percent" => format!(
            "Over {} open connections, {me} serves {} requests a second within 1 % of one core",
            say::thousands(f64::from(s.connections)),
            n(value.median)
        ),
        "memory_bytes_per_connection" => {
            format!("{me} holds an idle keep-alive connection in {} bytes of user memory", n(value.median))
        }
        _ => {
            let title = metric::find(name).map_or(name, |m| m.title);
            format!("{title} in {}: {me} {mine}", s.name)
        }
    };
    let Some((them, theirs)) = other else { return format!("{begin}.") };
    if theirs.median <= 0.0 || value.median <= 0.0 {
        return format!("{begin}; {} {}.", say::capital(them), say::amount(name, theirs.median));
    }
    let ratio = say::times(value.median / theirs.median);
    let joint = if begin.contains(": ") { "," } else { ":" };
    format!("{begin}{joint} {ratio} {}'s {}.", say::capital(them), say::amount(name, theirs.median))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    fn result(target: &str, rate: f64, cpu: f64) -> TargetResult {
        let values = [("requests_per_second", rate), ("cpu_us_per_request", cpu)];
        let values = values.map(|(name, v)| (name.to_owned(), Value::of(vec![v]).unwrap()));
        let plan = (scenario::all()[1].plan)(&scenario::Size::default());
        TargetResult { runs: 1, values: values.into(), ..super::result(&plan, target, &[], None) }
    }

    #[test]
    fn threads_are_compared_with_one() {
        let scenario = scenario::all()[1];
        let mut s = ScenarioReport::new(scenario, &(scenario.plan)(&scenario::Size::default()));
        s.results =
            vec![result("haproxy", 20e3, 40.0), result("haproxy@2", 36e3, 42.0), result("nginx@2", 1.0, 1.0)];
        let said = scaling(&s, "haproxy@2").unwrap();
        assert!(
            said.contains(
                "HAProxy with 2 threads has 1.80 × the requests per second of one and 1.05 × its CPU"
            ),
            "{said}"
        );
        assert_eq!(scaling(&s, "haproxy"), None);
        assert_eq!(scaling(&s, "nginx@2"), None, "there is nothing to compare it with");
    }

    #[test]
    fn the_pair_is_ringmain_and_haproxy_wherever_they_stand() {
        let names = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        assert_eq!(pair(&names(&["nginx", "haproxy", "ringmain"])), (Some("ringmain"), Some("haproxy")));
        assert_eq!(pair(&names(&["floor", "direct"])), (Some("floor"), Some("direct")));
        assert_eq!(pair(&names(&["floor"])), (Some("floor"), None));
    }
}
