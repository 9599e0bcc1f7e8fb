//! The cores seen from within: `show activity|fd|pools|tasks|threads` (management manual, 9.3). Where HAProxy counts what
//! Ringmain does not have, there is no line.
use super::{CommandRow, Level, Steering};
use crate::share::ShardCounters;
use crate::share::cores::CoreFigures;
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

command_rows! {
    ["show", "activity"], User, "show activity", "show per-thread activity stats (for support/developers)",
        |steering, _| activity(steering);
    ["show", "fd"], Operator, "show fd [num]", "dump list of file descriptors in use or a specific one",
        |steering, args| steering.descriptors(args.first().map(|n| n.parse().unwrap_or(-1)));
    ["show", "pools"], User, "show pools", "report information about the memory pools usage",
        |steering, _| pools(&answered(steering));
    ["show", "tasks"], User, "show tasks", "show running tasks", |steering, _| tasks(steering);
    ["show", "threads"], User, "show threads", "show some threads debugging information",
        |steering, _| threads(steering);
}

fn answered(steering: &dyn Steering) -> Vec<CoreFigures> {
    steering.cores().into_iter().flatten().collect()
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
    let (shared, cores) = (steering.shared(), steering.cores());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let count = shared.shards.len();
    let mut out = format!("thread_id: {count} (1..{count})\n");
    let _ = writeln!(out, "date_now: {}.{:06}", now.as_secs(), now.subsec_micros());
    let counted = |f: fn(&ShardCounters) -> u64| shared.shards.iter().map(f).collect::<Vec<u64>>();
    let said = |f: fn(&CoreFigures) -> u64| {
        cores.iter().map(|core| core.as_ref().map_or(0, f)).collect::<Vec<u64>>()
    };
    line(&mut out, "loops", &said(|c| c.turns));
    line(&mut out, "cpu_ms", &said(|c| c.cpu.as_millis() as u64));
    line(&mut out, "accepted", &counted(|s| s.process.conn_tot.get()));
    line(&mut out, "sessions", &counted(|s| s.process.sess_tot.get()));
    line(&mut out, "requests", &counted(|s| s.process.req_tot.get()));
    line(&mut out, "connections_now", &counted(|s| s.process.conn_cur.get().max(0) as u64));
    line(&mut out, "streams_now", &said(|c| c.streams_now as u64));
    line(&mut out, "tasks_now", &said(|c| c.tasks as u64));
    line(&mut out, "buffers_held", &said(|c| c.buffers_held as u64));
    out
}

/// One that does not answer is marked and called stuck, as in HAProxy.
fn threads(steering: &dyn Steering) -> String {
    let (shared, cores) = (steering.shared(), steering.cores());
    let (generation, count) = (steering.world().generation, cores.len());
    let mut out = String::new();
    for (number, (core, shard)) in cores.iter().zip(&shared.shards).enumerate() {
        let thread = number + 1;
        let Some(core) = core else {
            let _ = writeln!(out, "> Thread {thread:<2}: act=1\n     {thread:>2}/{count:<2}   stuck=1");
            continue;
        };
        let cells = &shard.process;
        let _ = writeln!(
            out,
            "  Thread {thread:<2}: id={:#x} act={} rq={}\n     {thread:>2}/{count:<2}   stuck=0\n             \
             cpu_ns: now={}\n             engine={} loops={} conns={} streams={} tasks={} world={}/{generation}",
            core.thread,
            u8::from(core.ready > 0),
            core.ready,
            core.cpu.as_nanos(),
            core.engine,
            core.turns,
            cells.conn_cur.get().max(0),
            core.streams_now,
            core.tasks,
            cells.world.load(std::sync::atomic::Ordering::Relaxed),
        );
    }
    out
}

/// Those that are to run now; what they are is not told apart.
fn tasks(steering: &dyn Steering) -> String {
    let cores = answered(steering);
    let running: usize = cores.iter().map(|c| c.ready).sum();
    format!(
        "Running tasks: {running} ({} threads)\n  function                     places     %    lat_tot   lat_avg\n",
        steering.shared().shards.len()
    )
}

/// What the cores keep for reuse. The process has more memory than this: heads and bodies in vectors, the Plan, its counters.
fn pools(cores: &[CoreFigures]) -> String {
    let mut out = "Dumping pools usage.\n".to_owned();
    let sum = |f: fn(&CoreFigures) -> usize| cores.iter().map(f).sum::<usize>();
    let most = |f: fn(&CoreFigures) -> usize| cores.iter().map(f).max().unwrap_or(0);
    let pools = [
        ("buffer", most(|c| c.buffer_bytes), sum(|c| c.buffers), sum(|c| c.buffers_held)),
        ("stream", most(|c| c.stream_bytes), sum(|c| c.streams), sum(|c| c.streams_now)),
    ];
    for (name, size, allocated, used) in pools {
        let bytes = size * allocated;
        let _ = writeln!(
            out,
            "  - Pool {name} ({size} bytes) : {allocated} allocated ({bytes} bytes), {used} used"
        );
    }
    let (all, used) =
        pools.iter().fold((0, 0), |(all, used), (_, size, a, u)| (all + size * a, used + size * u));
    let _ = writeln!(out, "Total: {} pools, {all} bytes allocated, {used} used.", pools.len());
    out
}
