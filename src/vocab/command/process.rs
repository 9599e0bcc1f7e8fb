//! The process seen from within: `show activity|backend|cli sockets|dev|fd|libs|peers|pools|profiling|startup-logs|tasks|threads`,
//! `clear counters` (management manual, 9.3). Where HAProxy counts what Ringmain does not have, there is no line.
use super::{CommandRow, Level, Steering, severity, told};
use crate::plan::ListenerAddr;
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

macro_rules! rows {
    ($($words:expr, $level:ident, $usage:literal, $doc:literal, $run:expr;)*) => {
        /// The rows of this file.
        pub const ROWS: &[CommandRow] = &[$(CommandRow {
            words: &$words,
            usage: $usage,
            doc: $doc,
            level: Level::$level,
            run: $run,
        }),*];
    };
}

rows! {
    ["clear", "counters"], Operator, "clear counters [all]", "clear max statistics counters (or all counters)", clear;
    ["show", "activity"], User, "show activity", "show per-thread activity stats (for support/developers)",
        |steering, _| activity(steering);
    ["show", "backend"], User, "show backend", "list backends in the current running config", backends;
    // No section can ask for one.
    ["show", "cache"], Operator, "show cache", "show cache status", |_, _| String::new();
    ["show", "cli", "sockets"], Operator, "show cli sockets", "dump list of cli sockets", sockets;
    ["show", "dev"], Operator, "show dev", "show debug info for developers", dev;
    ["show", "fd"], Operator, "show fd [num]", "dump list of file descriptors in use or a specific one", fds;
    ["show", "libs"], Operator, "show libs", "show loaded object files and libraries", |_, _| libs();
    ["show", "peers"], User, "show peers [dict|-] [section]",
        "dump some information about all the peers or this peers section", |_, _| String::new();
    ["show", "pools"], User, "show pools", "report information about the memory pools usage", |_, _| pools();
    ["show", "profiling"], User, "show profiling [<what>|<#lines>|byaddr]*",
        "show profiling state (all,status,tasks,memory)", |_, _| PROFILING.to_owned();
    ["show", "schema", "json"], User, "show schema json", "report schema used for stats",
        |steering, _| steering.schema().to_owned();
    ["show", "startup-logs"], User, "show startup-logs", "report logs emitted during HAProxy startup",
        |steering, _| match steering.startup_logs() {
            none if none.is_empty() => told(steering, severity::INFO, "\n"),
            logs => told(steering, severity::INFO, logs),
        };
    ["show", "tasks"], User, "show tasks", "show running tasks", |steering, _| tasks(steering);
    ["show", "threads"], User, "show threads", "show some threads debugging information",
        |steering, _| threads(steering);
}

fn clear(steering: &dyn Steering, args: &[&str]) -> String {
    let all = args.first() == Some(&"all");
    if all && steering.level() < Level::Admin {
        return "Permission denied\n".to_owned();
    }
    steering.clear_counters(all);
    String::new()
}

/// A line of `show activity`: the sum, and each thread's where there are several.
fn line(out: &mut String, name: &str, values: &[u64]) {
    let _ = write!(out, "{name}: {}", values.iter().sum::<u64>());
    if values.len() > 1 {
        let each: Vec<String> = values.iter().map(u64::to_string).collect();
        let _ = write!(out, " [ {} ]", each.join(" "));
    }
    out.push('\n');
}

fn activity(steering: &dyn Steering) -> String {
    let shared = steering.shared();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let count = shared.shards.len();
    let mut out = format!("thread_id: {count} (1..{count})\n");
    let _ = writeln!(out, "date_now: {}.{:06}", now.as_secs(), now.subsec_micros());
    let each =
        |f: &dyn Fn(&crate::share::ShardCounters) -> u64| shared.shards.iter().map(f).collect::<Vec<u64>>();
    line(&mut out, "loops", &each(&|s| s.process.turns.get()));
    line(&mut out, "accepted", &each(&|s| s.process.conn_tot.get()));
    line(&mut out, "sessions", &each(&|s| s.process.sess_tot.get()));
    line(&mut out, "requests", &each(&|s| s.process.req_tot.get()));
    line(&mut out, "connections_now", &each(&|s| s.process.conn_cur.get().max(0) as u64));
    out
}

fn threads(steering: &dyn Steering) -> String {
    let shared = steering.shared();
    let generation = steering.world().generation;
    let mut out = String::new();
    for (number, shard) in shared.shards.iter().enumerate() {
        let cells = &shard.process;
        let _ = writeln!(
            out,
            "  Thread {:<2}: act=1 conns={} turns={} world={}/{generation}",
            number + 1,
            cells.conn_cur.get().max(0),
            cells.turns.get(),
            cells.world.load(std::sync::atomic::Ordering::Relaxed),
        );
    }
    out
}

fn tasks(steering: &dyn Steering) -> String {
    let (running, threads) = (steering.tasks(), steering.shared().shards.len());
    format!(
        "Running tasks: {running} ({threads} threads)\n  function                     places     %    lat_tot   lat_avg\n"
    )
}

fn backends(steering: &dyn Steering, _: &[&str]) -> String {
    let world = steering.world();
    let shown = world.plan.backends.iter().filter(|b| !b.disabled);
    shown.fold("# name\n".to_owned(), |out, b| out + &b.name + "\n")
}

fn sockets(steering: &dyn Steering, _: &[&str]) -> String {
    let world = steering.world();
    let mut out = String::from("# socket lvl processes\n");
    for socket in &world.plan.global.stats_sockets {
        let addr = match &socket.addr {
            ListenerAddr::Unix(path) => format!("unix@{}", path.display()),
            ListenerAddr::Abstract(name) => format!("abns@{}", String::from_utf8_lossy(name.as_ref())),
            ListenerAddr::Inet(addr) if addr.is_ipv4() => format!("ipv4@{addr}"),
            ListenerAddr::Inet(addr) => format!("ipv6@{addr}"),
            ListenerAddr::Fd(_) => continue,
        };
        let level = [Level::User, Level::Operator, Level::Admin][usize::from(socket.level.min(2))];
        let _ = writeln!(out, "{addr} {} all", level.name());
    }
    out
}

/// What the system says of a file of `/proc/self`; nothing where it says nothing.
fn proc_file(name: &str) -> String {
    std::fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default()
}

fn dev(steering: &dyn Steering, _: &[&str]) -> String {
    let mut out = format!("Ringmain version {}\n", env!("CARGO_PKG_VERSION"));
    if let Ok(system) = nix::sys::utsname::uname() {
        let text = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
        let (family, release) = (text(system.sysname()), text(system.release()));
        let (version, arch) = (text(system.version()), text(system.machine()));
        let _ = writeln!(out, "Platform info\n  OS family: {family}\n  OS release: {release}");
        let _ = writeln!(out, "  OS version: {version}\n  OS architecture: {arch}");
    }
    let _ = writeln!(out, "Process info\n  pid: {}", std::process::id());
    let _ = writeln!(out, "  started threads: {}", steering.shared().shards.len());
    let limit = proc_file("limits");
    for (name, title) in [("Max open files", "fd limit"), ("Max locked memory", "locked memory limit")] {
        if let Some(line) = limit.lines().find_map(|l| l.strip_prefix(name)) {
            let soft = line.split_ascii_whitespace().next().unwrap_or_default();
            let _ = writeln!(out, "  {title} (soft): {soft}");
        }
    }
    out
}

fn fds(_: &dyn Steering, args: &[&str]) -> String {
    let wanted = args.first().map(|n| n.parse::<u32>().unwrap_or(u32::MAX));
    let Ok(list) = std::fs::read_dir("/proc/self/fd") else { return String::new() };
    let mut all: Vec<(u32, String)> = list
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let number = entry.file_name().to_str()?.parse().ok()?;
            Some((number, std::fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned()))
        })
        .filter(|(number, _)| wanted.is_none_or(|w| w == *number))
        .collect();
    all.sort();
    all.into_iter().map(|(number, what)| format!("{number:>7} : {what}\n")).collect()
}

/// One line for each object that is mapped: from its first to its last address.
fn libs() -> String {
    let mut found: Vec<(String, u64, u64)> = Vec::new();
    for line in proc_file("maps").lines() {
        let mut words = line.split_ascii_whitespace();
        let range = words.next().and_then(|r| r.split_once('-'));
        let Some((low, high)) = range else { continue };
        let number = |text| u64::from_str_radix(text, 16).unwrap_or(0);
        let Some(path) = words.nth(4).filter(|p| p.starts_with('/')) else { continue };
        match found.iter_mut().find(|(known, _, _)| known == path) {
            Some(known) => known.2 = number(high),
            None => found.push((path.to_owned(), number(low), number(high))),
        }
    }
    let line = |(path, low, high): (String, u64, u64)| {
        format!("{low:#014x}-{:#014x} ({:#09x}) {path}\n", high - 1, high - low)
    };
    found.into_iter().map(line).collect()
}

/// There are no pools of HAProxy's kind: one line tells the memory that the process has.
fn pools() -> String {
    const PAGE: u64 = 4_096;
    let pages = proc_file("statm").split_ascii_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok());
    let bytes = pages.unwrap_or(0) * PAGE;
    format!("Dumping pools usage.\nTotal: 0 pools, {bytes} bytes allocated, {bytes} used.\n")
}

const PROFILING: &str = "\
Per-task CPU profiling              : off           # not there: use perf
Memory usage profiling              : off           # not there: use heaptrack
";
