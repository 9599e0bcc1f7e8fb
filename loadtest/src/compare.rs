//! The commands that measure: which runs, in which order, and the report of them.

use crate::args::{self, Options};
use crate::class::Class;
use crate::machine;
use crate::progress::Progress;
use crate::report::{self, Report, ScenarioReport, TargetInfo, say};
use crate::run::{Aim, Bench, Run, Stop};
use crate::scenario::{self, Plan, Scenario};
use crate::sys;
use crate::target::{self, Custom, Target};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A directory for this process's files; gone when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, String> {
        let dir = std::env::temp_dir().join(format!("loadtest-{}", std::process::id()));
        std::fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        Ok(Self(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn pick(names: &[String]) -> Result<Vec<Box<dyn Target>>, String> {
    let mut picked: Vec<Box<dyn Target>> = Vec::new();
    for name in names {
        if name.contains('=') {
            picked.push(Box::new(Custom::parse(name)?));
            continue;
        }
        let mut all = target::all();
        let known: Vec<String> = all.iter().map(|t| t.name().to_owned()).collect();
        match known.iter().position(|k| k == name) {
            Some(i) => picked.push(all.swap_remove(i)),
            None => return Err(format!("{}, or NAME=COMMAND", args::unknown("target", name, &known))),
        }
    }
    for t in &picked {
        t.prepare().and_then(|()| t.ready()).map_err(|e| format!("target {}: {e}", t.name()))?;
    }
    Ok(picked)
}

fn cores(o: &Options) -> Result<(Vec<usize>, Vec<usize>), String> {
    let allowed = sys::allowed_cores();
    let proxy = o.proxy_cores.clone().unwrap_or_else(|| allowed.iter().copied().take(o.threads).collect());
    let load = o.load_cores.clone().unwrap_or_else(|| {
        let rest: Vec<usize> = allowed.iter().copied().filter(|c| !proxy.contains(c)).collect();
        if rest.is_empty() { allowed.clone() } else { rest }
    });
    match proxy.iter().chain(&load).find(|c| !allowed.contains(c)) {
        Some(core) => Err(format!("core {core} is not ours: there are {allowed:?}")),
        None => Ok((proxy, load)),
    }
}

struct Session {
    bench: Bench,
    _scratch: Scratch,
    report: Report,
    began: Instant,
    warnings: Vec<String>,
}

fn begin(o: &Options) -> Result<Session, String> {
    let descriptors = sys::raise_descriptors();
    if descriptors < 2_000 {
        return Err(format!(
            "the limit of descriptors is {descriptors}: `ulimit -n` must allow 2,000 at least"
        ));
    }
    let machine = machine::look(descriptors);
    let (proxy_cores, load_cores) = cores(o)?;
    let class = o.class.as_deref().map(|name| Class::named(name, machine.mhz, o.class_share)).transpose()?;
    let mut warnings = Vec::new();
    if proxy_cores.iter().any(|c| load_cores.contains(c)) {
        warnings.push(
            "the load shares cores with the target: rates and latencies are not those of the target alone"
                .into(),
        );
    }
    let scratch = Scratch::new()?;
    let bench = Bench {
        exe: target::OWN_PROGRAM.into(),
        proxy_cores: proxy_cores.clone(),
        load_cores: load_cores.clone(),
        descriptors,
        threads: o.threads,
        dir: scratch.0.clone(),
        class: class.clone(),
    };
    sys::pin(&load_cores).map_err(|e| e.to_string())?;
    let command: Vec<String> = std::env::args().skip(1).map(|a| quote(&a)).collect();
    let report = Report {
        schema: report::SCHEMA,
        headline: String::new(),
        also: Vec::new(),
        date: machine::date(),
        seconds: 0.0,
        complete: true,
        command: format!("loadtest {}", command.join(" ")),
        quick: o.size.quick,
        machine,
        proxy_cores,
        load_cores,
        threads: o.threads,
        class,
        targets: Vec::new(),
        scenarios: Vec::new(),
        metrics: report::metric_infos(),
    };
    Ok(Session { bench, _scratch: scratch, report, began: Instant::now(), warnings })
}

fn quote(word: &str) -> String {
    if word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./,:=".contains(c)) {
        word.into()
    } else {
        format!("'{word}'")
    }
}

/// The directory must take the report before anything is measured.
fn prepare_out(out: Option<&Path>) -> Result<(), String> {
    let Some(dir) = out else { return Ok(()) };
    std::fs::create_dir_all(dir).map_err(|e| format!("--out {}: {e}", dir.display()))?;
    let probe = dir.join("report.json");
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&probe)
        .map(drop)
        .map_err(|e| format!("{}: {e}", probe.display()))
}

fn finish(mut s: Session, out: Option<&Path>) -> Result<bool, String> {
    let names: Vec<String> = s.report.targets.iter().map(|t| t.name.clone()).collect();
    let mut sentences = report::sentences(&s.report.scenarios, &names);
    s.report.headline = sentences.remove(0);
    s.report.also = sentences;
    s.report.seconds = s.began.elapsed().as_secs_f64();
    print!("{}", say::text(&s.report));
    if !s.report.complete {
        println!("(ended by Ctrl-C: some runs are missing)");
    }
    if let Some(dir) = out {
        let json = serde_json::to_string_pretty(&s.report).map_err(|e| e.to_string())?;
        for (name, text) in [("report.json", json), ("report.html", report::html::page(&s.report))] {
            let path = dir.join(name);
            std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
            println!("{}", path.display());
        }
    }
    let measured = s.report.scenarios.iter().flat_map(|s| &s.results);
    Ok(measured.clone().any(|r| r.runs > 0) && measured.clone().all(|r| r.failure.is_none()))
}

/// True: everything asked for was measured.
pub fn compare(o: &Options) -> Result<bool, String> {
    let targets = pick(&o.targets)?;
    prepare_out(o.out.as_deref())?;
    let mut s = begin(o)?;
    for t in &targets {
        let (name, about) = (t.name().to_owned(), t.about());
        s.report.targets.push(TargetInfo { name, about, version: t.version(), config: t.config() });
    }
    let plans: Vec<(&Scenario, Plan)> = scenario::all()
        .into_iter()
        .filter(|x| o.scenarios.iter().any(|n| n == x.name))
        .map(|x| (x, (x.plan)(&o.size)))
        .collect();
    let total: f64 = plans.iter().map(|(_, p)| p.seconds() * (p.runs * targets.len()) as f64).sum();
    let mut progress = Progress::new(total);
    progress.line(&format!("{} targets, {} scenarios, about {:.0} s", targets.len(), plans.len(), total));
    for warning in &s.warnings {
        progress.line(&format!("warning: {warning}"));
    }
    sys::catch_stop();
    let mut done = 0.0;
    for name in &o.scenarios {
        let Some((scenario, plan)) = plans.iter().find(|(x, _)| x.name == name) else { continue };
        let mut runs: Vec<Vec<Run>> = targets.iter().map(|_| Vec::new()).collect();
        let mut failures: Vec<Option<String>> = targets.iter().map(|t| t.refuses(plan.front)).collect();
        for round in 0..plan.runs {
            // A B, B A, A B …: a machine that slows down or warms up favours nobody.
            let mut order: Vec<usize> = (0..targets.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for i in order {
                if failures[i].is_none() && s.report.complete {
                    let target = &*targets[i];
                    progress.now(format!("{name} · {} · run {} of {}", target.name(), round + 1, plan.runs));
                    let before = done;
                    let result = s.bench.run(plan, &Aim::Target(target), &mut |gone| {
                        done += gone;
                        progress.reached(done);
                    });
                    done = before;
                    match result {
                        Ok(run) => {
                            progress.line(&line(scenario, target.name(), round + 1, plan, &run));
                            runs[i].push(run);
                        }
                        Err(Stop::Interrupted) => s.report.complete = false,
                        Err(Stop::Failed(why)) => {
                            progress.line(&format!("{name}  {}  FAILED: {why}", target.name()));
                            failures[i] = Some(why);
                        }
                    }
                }
                done += plan.seconds();
                progress.reached(done);
            }
        }
        let mut out = ScenarioReport::new(scenario, plan);
        for ((target, runs), failure) in targets.iter().zip(&runs).zip(failures) {
            out.results.push(report::result(plan, target.name(), runs, failure));
        }
        s.report.scenarios.push(out);
        if !s.report.complete {
            break;
        }
    }
    progress.end();
    finish(s, o.out.as_deref())
}

/// One run as a line.
fn line(scenario: &Scenario, target: &str, n: usize, plan: &Plan, run: &Run) -> String {
    let value = |name: &str| {
        let last = run.steps.last().and_then(|s| s.values.get(name));
        run.values.get(name).or(last).map(|v| {
            format!("{} {}", crate::metric::find(name).map_or("", |m| m.title), say::amount(name, *v))
        })
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

/// Load for a service that runs already.
pub fn against(address: &str, o: &Options) -> Result<bool, String> {
    use std::net::{SocketAddr, ToSocketAddrs};
    let found = address.to_socket_addrs().map_err(|e| format!("{address}: {e} (an address is HOST:PORT)"))?;
    let v4 = found.into_iter().find_map(|a| if let SocketAddr::V4(v4) = a { Some(v4) } else { None });
    let to = v4.ok_or_else(|| format!("{address} has no IPv4 address"))?;
    if let Some(pid) = o.pids.iter().find(|p| !Path::new(&format!("/proc/{p}")).exists()) {
        return Err(format!("--pid {pid}: no such process"));
    }
    prepare_out(o.out.as_deref())?;
    let mut s = begin(o)?;
    let plan = scenario::against(&o.size, &o.path);
    let pids = o.pids.iter().flat_map(|&p| crate::procfs::tree(p)).collect();
    let aim = Aim::Address { to, host: o.host.clone().unwrap_or_else(|| address.to_owned()), pids };
    let name = address.to_owned();
    s.report.targets.push(TargetInfo {
        name: name.clone(),
        about: "a service that was running".into(),
        version: String::new(),
        config: String::new(),
    });
    let mut progress = Progress::new(plan.seconds() * plan.runs as f64);
    sys::catch_stop();
    let (mut runs, mut failure) = (Vec::new(), None);
    for n in 0..plan.runs {
        progress.now(format!("{name} · run {} of {}", n + 1, plan.runs));
        match s.bench.run(&plan, &aim, &mut |_| {}) {
            Ok(run) => {
                progress.line(&line(&scenario::AGAINST, &name, n + 1, &plan, &run));
                runs.push(run);
            }
            Err(Stop::Interrupted) => {
                s.report.complete = false;
                break;
            }
            Err(Stop::Failed(why)) => {
                failure = Some(why);
                break;
            }
        }
        progress.reached(plan.seconds() * (n + 1) as f64);
    }
    progress.end();
    let mut out = ScenarioReport::new(&scenario::AGAINST, &plan);
    out.results.push(report::result(&plan, &name, &runs, failure));
    s.report.scenarios.push(out);
    finish(s, o.out.as_deref())
}

/// Scenarios and targets, and whether they can run here.
pub fn list() {
    println!("scenarios");
    for s in scenario::all() {
        println!("  {:<20} {}", s.name, s.about);
    }
    println!("\ntargets");
    for t in target::all() {
        let state = match t.ready() {
            Ok(()) => t.version(),
            Err(why) => format!("not here: {why}"),
        };
        println!(
            "  {:<20} {}{}",
            t.name(),
            t.about(),
            if state.is_empty() { String::new() } else { format!(" [{state}]") }
        );
    }
    println!("  {:<20} anything: --target name='command with {{port}} and {{origin}}'", "name=command");
}
