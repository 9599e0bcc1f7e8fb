//! The process seen from within: `show backend|cli sockets|dev|libs|peers|profiling|startup-logs`, `clear counters` (management
//! manual, 9.3).
use super::{CommandRow, Level, Steering, severity, told};
use crate::plan::ListenerAddr;
use std::fmt::Write;

command_rows! {
    ["clear", "counters"], Operator, "clear counters [all]", "clear max statistics counters (or all counters)", clear;
    ["show", "backend"], User, "show backend", "list backends in the current running config", backends;
    // No section can ask for one.
    ["show", "cache"], Operator, "show cache", "show cache status", |_, _| String::new();
    ["show", "cli", "sockets"], Operator, "show cli sockets", "dump list of cli sockets", sockets;
    ["show", "dev"], Operator, "show dev", "show debug info for developers", dev;
    ["show", "libs"], Operator, "show libs", "show loaded object files and libraries", |_, _| libs();
    ["show", "peers"], User, "show peers [dict|-] [section]",
        "dump some information about all the peers or this peers section", |_, _| String::new();
    ["show", "profiling"], User, "show profiling [<what>|<#lines>|byaddr]*",
        "show profiling state (all,status,tasks,memory)", |_, _| PROFILING.to_owned();
    ["show", "schema", "json"], User, "show schema json", "report schema used for stats",
        |steering, _| steering.schema().to_owned();
    ["show", "startup-logs"], User, "show startup-logs", "report logs emitted during HAProxy startup",
        |steering, _| match steering.startup_logs() {
            none if none.is_empty() => told(steering, severity::INFO, "\n"),
            logs => told(steering, severity::INFO, logs),
        };
}

fn clear(steering: &dyn Steering, args: &[&str]) -> String {
    let all = args.first() == Some(&"all");
    if all && steering.level() < Level::Admin {
        return "Permission denied\n".to_owned();
    }
    steering.clear_counters(all);
    String::new()
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

const PROFILING: &str = "\
Per-task CPU profiling              : off           # not there: use perf
Memory usage profiling              : off           # not there: use heaptrack
";
