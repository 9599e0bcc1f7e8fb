//! What a command that measures begins and ends with: targets, cores, the report's frame, the files.

use crate::args::{self, Options};
use crate::class::Class;
use crate::machine;
use crate::report::{self, Report, say};
use crate::run::Bench;
use crate::sys;
use crate::target::{self, Custom, Target, Threaded};
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

pub fn pick(names: &[String]) -> Result<Vec<Box<dyn Target>>, String> {
    let mut picked: Vec<Box<dyn Target>> = Vec::new();
    for name in names {
        if name.contains('=') {
            picked.push(Box::new(Custom::parse(name)?));
            continue;
        }
        let mut all = target::all();
        let known: Vec<String> = all.iter().map(|t| t.name().to_owned()).collect();
        let (plain, threads) = match name.rsplit_once('@').map(|(n, t)| (n, t.parse::<usize>())) {
            Some((plain, Ok(threads @ 1..))) => (plain, Some(threads)),
            Some(_) => return Err(format!("target {name}: NAME@N wants a number of threads")),
            None => (name.as_str(), None),
        };
        match (known.iter().position(|k| k == plain), threads) {
            (Some(i), Some(threads)) => picked.push(Box::new(Threaded::new(all.swap_remove(i), threads))),
            (Some(i), None) => picked.push(all.swap_remove(i)),
            (None, _) => return Err(format!("{}, or NAME=COMMAND", args::unknown("target", plain, &known))),
        }
    }
    for t in &picked {
        t.prepare().and_then(|()| t.ready()).map_err(|e| format!("target {}: {e}", t.name()))?;
    }
    Ok(picked)
}

/// Cores for the target that has the most threads, and cores for the load: the rest, or all if none are left.
fn cores(o: &Options, threads: usize) -> Result<(Vec<usize>, Vec<usize>), String> {
    let allowed = sys::allowed_cores();
    let proxy = o.proxy_cores.clone().unwrap_or_else(|| allowed.iter().copied().take(threads).collect());
    let load = o.load_cores.clone().unwrap_or_else(|| {
        let rest: Vec<usize> = allowed.iter().copied().filter(|c| !proxy.contains(c)).collect();
        if rest.is_empty() { allowed.clone() } else { rest }
    });
    match proxy.iter().chain(&load).find(|c| !allowed.contains(c)) {
        Some(core) => Err(format!("core {core} is not ours: there are {allowed:?}")),
        None => Ok((proxy, load)),
    }
}

pub struct Session {
    pub bench: Bench,
    _scratch: Scratch,
    pub report: Report,
    pub began: Instant,
    pub warnings: Vec<String>,
}

pub fn begin(o: &Options, targets: &[Box<dyn Target>]) -> Result<Session, String> {
    let descriptors = sys::raise_descriptors();
    if descriptors < 2_000 {
        return Err(format!(
            "the limit of descriptors is {descriptors}: `ulimit -n` must allow 2,000 at least"
        ));
    }
    let machine = machine::look(descriptors);
    let threads = targets.iter().filter_map(|t| t.threads()).fold(o.threads, usize::max);
    let (proxy_cores, load_cores) = cores(o, threads)?;
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
        cores_given: o.proxy_cores.is_some(),
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
pub fn prepare_out(out: Option<&Path>) -> Result<(), String> {
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

pub fn finish(mut s: Session, out: Option<&Path>) -> Result<bool, String> {
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
