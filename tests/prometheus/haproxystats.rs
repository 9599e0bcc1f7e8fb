//! The programs of haproxystats as they are: `haproxystats-pull` stores what the socket says, `haproxystats-process` makes lines
//! for Graphite of it. What they say of frontends, backends and servers is compared with haproxy's after the same traffic.
//!
//! They are of 2018: what Python 3.11 and pandas 1 took out of their libraries since (coroutines of old, columns that are missing
//! and count as nothing) is given back to them by a file that Python reads as it starts.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::common::ground::scratch;
use crate::common::proxy::Program;
use crate::common::python;
use crate::{BOTH, start, traffic};

const PACKAGES: [&str; 8] = [
    "haproxystats==0.5.1",
    "docopt==0.6.2",
    "pyinotify==0.9.6",
    "pandas==1.5.3",
    "numpy==1.26.4",
    "python-dateutil==2.9.0.post0",
    "pytz==2024.1",
    "six==1.16.0",
];

/// Python reads this before a program.
const AS_IT_WAS: &str = r#"
import asyncio, types
asyncio.coroutine = types.coroutine
wait = asyncio.wait
asyncio.wait = lambda all, **how: wait([asyncio.ensure_future(one) for one in all], **how)
import pandas.core.indexing as indexing
get = indexing._LocIndexer.__getitem__
def with_missing(self, key):
    if isinstance(key, tuple) and len(key) == 2 and isinstance(key[1], list):
        return get(self, (key[0], slice(None))).reindex(columns=key[1])
    return get(self, key)
indexing._LocIndexer.__getitem__ = with_missing
"#;

/// A program with its children; they end with their owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It leads a group of its own.
        let group = Pid::from_raw(i32::try_from(self.0.id()).expect("a process's number"));
        let _ = killpg(group, Signal::SIGKILL);
        let _ = self.0.wait();
    }
}

fn run(python: &Path, program: &str, dir: &Path) -> Running {
    let log = std::fs::File::create(dir.join(program)).expect("a log");
    let mut command = Command::new(python.with_file_name(program));
    command.arg("-f").arg(dir.join("conf")).env("PYTHONPATH", dir.join("old")).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    Running(command.spawn().unwrap_or_else(|e| panic!("{program}: {e}")))
}

/// Waits until something can be found; a program's log tells why it cannot.
fn wait<T>(dir: &Path, program: &str, found: impl Fn() -> Option<T>) -> T {
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(found) = found() {
            return found;
        }
        if Instant::now() > until {
            panic!("{program}: {}", std::fs::read_to_string(dir.join(program)).unwrap_or_default());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Files of this name in directories that lie in this one.
fn files(dir: &Path, name: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(dir).ok()?;
    entries.flatten().map(|e| e.path().join(name)).find(|path| path.exists())
}

/// What the programs say of a proxy: by name, without what is a matter of time.
fn seen(python: &Path, program: Program) -> BTreeMap<String, String> {
    let stand = start(program);
    traffic(&stand);
    let dir = scratch("haproxystats", "");
    std::fs::remove_file(&dir).expect("a name");
    for part in ["in", "tmp", "out", "old"] {
        std::fs::create_dir_all(dir.join(part)).expect("a directory");
    }
    std::fs::write(dir.join("old/sitecustomize.py"), AS_IT_WAS).expect("a file");
    let (at, socket) = (dir.display(), stand.socket.display());
    let conf = format!(
        "[pull]\nservers = unix://{socket}\ndst-dir = {at}/in\ntmp-dst-dir = {at}/tmp\npull-interval = 1\ntimeout = 20\n\
         pull-timeout = 60\n[process]\nsrc-dir = {at}/in\nworkers = 1\naggr-server-metrics = true\n\
         calculate-percentages = true\n[graphite]\nserver = 127.0.0.1\nport = 1\nretries = 0\ninterval = 0.1\n\
         namespace = lb\nprefix-hostname = false\n[local-store]\ndir = {at}/out\n"
    );
    std::fs::write(dir.join("conf"), conf).expect("a file");
    let pull = run(python, "haproxystats-pull", &dir);
    let info = format!("{}_info", stand.socket.file_name().expect("a name").to_string_lossy());
    wait(&dir, "haproxystats-pull", || files(&dir.join("in"), &info));
    drop(pull);
    let process = run(python, "haproxystats-process", &dir);
    let text = wait(&dir, "haproxystats-process", || {
        let text = std::fs::read_to_string(files(&dir.join("out"), "stats")?).ok()?;
        text.contains("haproxystats.MetricsServer").then_some(text)
    });
    drop(process);
    std::fs::remove_dir_all(&dir).expect("the directory goes again");
    let lines = text.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    });
    lines.collect()
}

/// Whether a figure is the same for both programs: of the traffic, not of the clock, nor of who asked (`start` does, through `other`).
fn is_compared(name: &str) -> bool {
    const TIMES: [&str; 12] = [
        "qtime",
        "ctime",
        "rtime",
        "ttime",
        "rate",
        "rate_max",
        "lastsess",
        "lastchg",
        "downtime",
        "conn_rate",
        "req_rate",
        "check_duration",
    ];
    let kind =
        ["frontend", "backend", "server"].iter().any(|k| name.starts_with(&format!("lb.haproxy.{k}.")));
    let (_, metric) = name.rsplit_once('.').unwrap_or(("", name));
    let of_the_page = name == "lb.haproxy.frontend.web.bout";
    let time = TIMES.contains(&metric) || metric.ends_with("_max") || metric.ends_with("max");
    kind && !time && !of_the_page && !name.contains(".other.") && !name.contains(".metrics.")
}

#[test]
fn its_programs_count_what_haproxy_counts() {
    let python = python::environment("haproxystats-venv", &PACKAGES);
    let wanted = seen(&python, Program::Haproxy);
    assert_eq!(wanted["lb.haproxy.frontend.web.hrsp_2xx"].trim_end_matches(".0"), "5");
    let compared: Vec<_> = wanted.iter().filter(|(name, _)| is_compared(name)).collect();
    assert!(compared.len() > 100, "{compared:#?}");
    for program in BOTH {
        let got = seen(&python, program);
        let daemon = |all: &BTreeMap<String, String>| -> Vec<String> {
            all.keys().filter(|name| name.starts_with("lb.haproxy.daemon.")).cloned().collect()
        };
        assert_eq!(daemon(&got), daemon(&wanted), "{}", program.name());
        for (name, value) in &compared {
            assert_eq!(got.get(*name), Some(*value), "{}: {name}", program.name());
        }
    }
}
