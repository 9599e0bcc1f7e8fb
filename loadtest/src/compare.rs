//! The commands that measure.

use crate::args::Options;
use crate::progress::Progress;
use crate::report::{ScenarioReport, TargetInfo};
use crate::rounds::{Rounds, counted, line};
use crate::run::{Aim, Stop};
use crate::scenario::{self, Plan, Scenario};
use crate::session::{begin, finish, pick, prepare_out};
use crate::{procfs, report, sys, target};
use std::path::Path;

/// True: everything asked for was measured.
pub fn compare(o: &Options) -> Result<bool, String> {
    let targets = pick(&o.targets)?;
    if let Some(name) = &o.reference
        && !o.targets.contains(name)
    {
        return Err(format!("--reference {name} is none of the targets: {}", o.targets.join(", ")));
    }
    prepare_out(o.out.as_deref())?;
    let mut s = begin(o, &targets)?;
    for t in &targets {
        let (name, about) = (t.name().to_owned(), t.about());
        s.report.targets.push(TargetInfo { name, about, version: t.version(), config: t.config() });
    }
    let plans: Vec<(&Scenario, Plan)> = o
        .scenarios
        .iter()
        .filter_map(|name| scenario::all().into_iter().find(|x| x.name == name))
        .map(|x| (x, (x.plan)(&o.size)))
        .collect();
    let total: f64 = plans.iter().map(|(_, plan)| Rounds::seconds(o, plan, targets.len())).sum();
    let mut progress = Progress::new(total);
    progress.line(&format!("targets: {}, scenarios: {}, about {:.0} s", targets.len(), plans.len(), total));
    for warning in &s.warnings {
        progress.line(&format!("warning: {warning}"));
    }
    sys::catch_stop();
    let mut rounds = Rounds { bench: &s.bench, o, targets: &targets, progress: &mut progress, done: 0.0 };
    for (scenario, plan) in plans {
        let (out, complete) = rounds.scenario(scenario, plan);
        s.report.scenarios.push(out);
        s.report.complete &= complete;
        if !complete {
            break;
        }
    }
    progress.end();
    finish(s, o.out.as_deref())
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
    let mut s = begin(o, &[])?;
    let plan = scenario::against(&o.size, &o.path);
    let pids = o.pids.iter().flat_map(|&p| procfs::tree(p)).collect();
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
                s.report.complete = !run.cut;
                runs.push(run);
                if !s.report.complete {
                    break;
                }
            }
            Err(Stop::Interrupted) => {
                s.report.complete = false;
                break;
            }
            Err(Stop::Failed(why) | Stop::Died { why, .. }) => {
                failure = Some(why);
                break;
            }
        }
        progress.reached(plan.seconds() * (n + 1) as f64);
    }
    let mut out = ScenarioReport::new(&scenario::AGAINST, &plan);
    let mut result = report::result(&plan, &name, &runs, failure);
    if result.failure.is_none() && s.report.complete {
        s.report.complete = counted(&s.bench, o, &plan, &aim, &mut result, &mut progress);
    }
    progress.end();
    out.results.push(result);
    out.show_counted();
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
    println!("  {:<20} one of them with N threads, as ringmain@2", "NAME@N");
    println!("  {:<20} anything: --target name='command with {{port}} and {{origin}}'", "NAME=COMMAND");
}
