//! `gate`: instructions and allocations of every routine against `baseline.json`; fails where one got worse.
//! `gate --update` writes a new baseline, `gate TEXT` looks only at the routines whose names hold the text.
//!
//! Instructions are callgrind's (user space, no caches, no branches), of 2N runs less those of N runs, divided by N. They
//! do not depend on the machine's load. They do depend on the compiler, on the C library, and on the CPU's features, by
//! which memchr, regex and memcpy choose their code at run time; valgrind shows programs a CPU without AVX-512, so that
//! today's x86-64 machines look alike. Where any of these differs from the baseline's, the gate says so and compares with a
//! wider tolerance, [`ELSEWHERE`].
use bench::{routines, whole};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Worse by more than this fails, in percent, where compiler, C library and CPU are the baseline's.
const TOLERANCE: f64 = 3.0;
/// The same where they are not: what inlining and other memcpys may cost.
const ELSEWHERE: f64 = 15.0;
/// Whole requests: how completions fall together is the kernel's and the moment's.
const WHOLE: f64 = 6.0;
/// Less than this many instructions a call is nothing anybody wrote.
const GRAIN: f64 = 0.5;

const TOGGLE: &str = "--toggle-collect=counts::measured*";

/// A call of a routine.
#[derive(Clone, Debug)]
struct Cost {
    name: String,
    instructions: f64,
    /// `None` where they are not counted.
    allocations: Option<f64>,
}

fn main() -> ExitCode {
    match gate() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("gate: {e}");
            ExitCode::FAILURE
        }
    }
}

fn gate() -> Result<bool, String> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let update = args.iter().any(|a| a == "--update");
    args.retain(|a| a != "--update");
    if args.len() > 1 || args.iter().any(|a| a.starts_with('-')) || update && !args.is_empty() {
        return Err("use: gate [TEXT] | gate --update".to_owned());
    }
    let only = args.pop().unwrap_or_default();
    build()?;
    let dir =
        std::env::current_exe().ok().and_then(|p| p.parent().map(Path::to_owned)).ok_or("where am I?")?;
    let made_with = made_with(&dir)?;
    let costs = measure(&dir, &only)?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline.json");
    if update {
        write(&path, &made_with, &costs)?;
        println!("{} routines written to {}", costs.len(), path.display());
        return Ok(true);
    }
    let text = std::fs::read_to_string(&path)
        .map_err(|e| format!("{}: {e}; `gate --update` makes one", path.display()))?;
    let baseline: Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(compare(&baseline, &made_with, &costs, &only))
}

fn build() -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--release", "--quiet", "-p", "bench", "-p", "ringmain", "--bins"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .map_err(|e| format!("cargo: {e}"))?;
    if built.success() { Ok(()) } else { Err("cargo build failed".to_owned()) }
}

/// What the counts depend on beside the source.
fn made_with(dir: &Path) -> Result<Map<String, Value>, String> {
    let cpu = run(Command::new("valgrind").args(["--tool=none", "-q"]).arg(dir.join("counts")).arg("cpu"))?.0;
    let mut all = Map::new();
    for (what, said) in [
        ("rustc", run(Command::new("rustc").arg("--version"))?.0),
        ("libc", run(Command::new("getconf").arg("GNU_LIBC_VERSION"))?.0),
        ("cpu under valgrind", cpu),
    ] {
        all.insert(what.to_owned(), Value::from(said.trim()));
    }
    Ok(all)
}

/// Runs a command; its output and its messages.
fn run(command: &mut Command) -> Result<(String, String), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let out = command.output().map_err(|e| format!("{name}: {e}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if out.status.success() {
        Ok((text(&out.stdout), text(&out.stderr)))
    } else {
        Err(format!("{name} failed:\n{}", text(&out.stderr)))
    }
}

/// One routine, or a whole request in one I/O mode.
enum Job {
    Routine(String, u64),
    Whole(&'static str),
    /// The same, and a log line of it.
    Logged(&'static str),
}

impl Job {
    fn name(&self) -> String {
        match self {
            Job::Routine(name, _) => name.clone(),
            Job::Whole(io) => format!("whole-request-{io}"),
            Job::Logged(io) => format!("whole-request-{io}-logged"),
        }
    }

    fn measure(&self, dir: &Path) -> Result<Cost, String> {
        let (instructions, allocations) = match self {
            Job::Routine(name, runs) => {
                // The keys of hash tables are random: what a look-up takes differs by a few percent from run to run.
                let times = if name.starts_with("acl-") { 5 } else { 1 };
                let each = |few: u64, many: u64| (many as f64 - few as f64) / *runs as f64;
                let mut seen = Vec::new();
                for _ in 0..times {
                    let (few, many) = (counts(dir, name, *runs)?, counts(dir, name, 2 * runs)?);
                    seen.push((each(few.0, many.0), each(few.1, many.1)));
                }
                seen.sort_by(|a, b| a.0.total_cmp(&b.0));
                let (instructions, allocations) = seen[times / 2];
                (instructions, Some(allocations))
            }
            Job::Whole(io) | Job::Logged(io) => {
                let logged = matches!(self, Job::Logged(_));
                let counted = whole::instructions(&dir.join("ringmain"), io, logged);
                (counted.map_err(|e| format!("{}: {e}", self.name()))?, None)
            }
        };
        Ok(Cost { name: self.name(), instructions, allocations })
    }
}

/// Instructions and allocations of so many runs.
fn counts(dir: &Path, name: &str, runs: u64) -> Result<(u64, u64), String> {
    let (out, said) = run(Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", TOGGLE])
        .arg(dir.join("counts"))
        .args([name, &runs.to_string()]))?;
    let instructions = whole::collected(&said).filter(|&n| n > 0);
    let allocations = out.split(", ").nth(1).and_then(|a| a.split(' ').next()?.parse().ok());
    match (instructions, allocations) {
        (Some(instructions), Some(allocations)) => Ok((instructions, allocations)),
        _ => Err(format!("{name}: nothing was counted:\n{out}{said}")),
    }
}

fn measure(dir: &Path, only: &str) -> Result<Vec<Cost>, String> {
    // The long one first.
    let mut jobs = vec![Job::Whole("epoll"), Job::Logged("epoll")];
    jobs.extend(routines::all().into_iter().map(|r| Job::Routine(r.name, r.runs)));
    jobs.retain(|j| j.name().contains(only));
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let cost = job.measure(dir);
                    done.lock().expect("no thread panics with it").push(cost);
                }
            });
        }
    });
    let mut costs: Vec<Cost> =
        done.into_inner().expect("no thread panics with it").into_iter().collect::<Result<_, _>>()?;
    costs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(costs)
}

fn write(path: &PathBuf, made_with: &Map<String, Value>, costs: &[Cost]) -> Result<(), String> {
    let round = |n: f64| (n * 100.0).round() / 100.0;
    let routines: Map<String, Value> = costs
        .iter()
        .map(|c| {
            let value = match c.allocations {
                Some(a) => json!({ "instructions": round(c.instructions), "allocations": round(a) }),
                None => json!({ "instructions": round(c.instructions) }),
            };
            (c.name.clone(), value)
        })
        .collect();
    let baseline = json!({
        "units": {
            "instructions": "user space, a call: callgrind's Ir of 2N runs less that of N runs, divided by N",
            "allocations": "a call, counted in the same way",
        },
        "made with": made_with,
        "routines": routines,
    });
    let text = serde_json::to_string_pretty(&baseline).expect("plain values");
    std::fs::write(path, text + "\n").map_err(|e| format!("{}: {e}", path.display()))
}

/// Prints the table; whether nothing got worse.
fn compare(baseline: &Value, made_with: &Map<String, Value>, costs: &[Cost], only: &str) -> bool {
    let mut elsewhere = false;
    for (what, now) in made_with {
        let then = &baseline["made with"][what];
        if then != now {
            elsewhere = true;
            println!("{what}: the baseline was made with {then}, this is {now}");
        }
    }
    if elsewhere {
        println!("so only {ELSEWHERE} % count as worse; `gate --update` makes a baseline of this machine's");
    }
    let empty = Map::new();
    let known = baseline["routines"].as_object().unwrap_or(&empty);
    let (mut worse, mut better) = (Vec::new(), Vec::new());
    println!("{:<28}{:>12}{:>12}{:>9}", "instructions a call", "baseline", "now", "change");
    for cost in costs {
        let Some(then) = known.get(&cost.name) else {
            println!("{:<28}{:>12}{:>12.1}", cost.name, "none", cost.instructions);
            worse.push(format!("{} has no baseline: `gate --update`", cost.name));
            continue;
        };
        let before = then["instructions"].as_f64().unwrap_or(0.0);
        let change = (cost.instructions / before - 1.0) * 100.0;
        let whole = cost.allocations.is_none();
        let allowed = if elsewhere {
            ELSEWHERE
        } else if whole {
            WHOLE
        } else {
            TOLERANCE
        };
        let real = (cost.instructions - before).abs() > GRAIN;
        println!("{:<28}{before:>12.1}{:>12.1}{change:>+8.1}%", cost.name, cost.instructions);
        if real && change > allowed {
            worse.push(format!("{}: {change:+.1} % instructions, {allowed} are allowed", cost.name));
        } else if real && change < -allowed {
            better.push(cost.name.as_str());
        }
        if let (Some(now), Some(before)) = (cost.allocations, then["allocations"].as_f64())
            && now > before + 0.01
        {
            worse.push(format!("{}: {now:.2} allocations a call, were {before:.2}", cost.name));
        }
    }
    for name in known.keys().filter(|n| n.contains(only)) {
        if !costs.iter().any(|c| &c.name == name) {
            worse.push(format!("{name} is in the baseline and is no routine: `gate --update`"));
        }
    }
    if !better.is_empty() {
        println!("better: {}: keep it by `gate --update`", better.join(", "));
    }
    for line in &worse {
        println!("WORSE {line}");
    }
    worse.is_empty()
}
