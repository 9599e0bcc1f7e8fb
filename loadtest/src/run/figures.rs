//! What a step brought, from what the clients saw and the kernel counted.

use super::StepRun;
use crate::hist::Latencies;
use crate::procfs::Cpu;
use crate::scenario::{Front, Plan, Step};
use crate::wire::PhaseResult;
use std::collections::BTreeMap;

pub(super) fn add(to: &mut BTreeMap<String, u64>, prefix: &str, errors: &BTreeMap<String, u64>) {
    for (kind, n) in errors {
        *to.entry(format!("{prefix}{kind}")).or_default() += n;
    }
}

/// What the clients saw.
pub(super) fn figures(plan: &Plan, step: &Step, results: &[(usize, PhaseResult)]) -> StepRun {
    let mut done = StepRun { label: step.label.clone(), rate: step.rate, ..StepRun::default() };
    let mut lag = Latencies::default();
    let (mut answers, mut bytes, mut connects) = (0, 0, 0);
    let mut ticks: Vec<(u64, u64)> = Vec::new();
    for (group, r) in results {
        let measured = plan.groups[*group].measured;
        add(&mut done.errors, if measured { "" } else { "slow clients: " }, &r.errors);
        if !measured {
            continue;
        }
        answers += r.answers;
        bytes += r.received + r.sent;
        connects += r.connects;
        done.latencies.merge(&r.latencies);
        lag.merge(&r.lag);
        ticks.resize(ticks.len().max(r.ticks.len()), (0, 0));
        for (sum, tick) in ticks.iter_mut().zip(&r.ticks) {
            sum.0 += tick.0;
            sum.1 += tick.1;
        }
    }
    let v = &mut done.values;
    v.insert("requests_per_second", answers as f64 / step.seconds);
    if plan.groups.iter().any(|g| g.close) {
        v.insert("connections_per_second", connects as f64 / step.seconds);
    }
    let heavy = plan.main.contains(&"megabytes_per_cpu_second");
    if heavy {
        v.insert("megabytes_per_second", bytes as f64 / 1e6 / step.seconds);
    }
    for (name, q) in [("p50_us", 0.5), ("p90_us", 0.9), ("p99_us", 0.99), ("p999_us", 0.999)] {
        if let Some(us) = done.latencies.quantile_us(q) {
            v.insert(name, us);
        }
    }
    if let Some(us) = done.latencies.max_us() {
        v.insert("max_us", us);
    }
    if let Some(us) = lag.quantile_us(0.99) {
        v.insert("schedule_lag_p99_us", us);
    }
    let per = 1e9 / crate::wire::TICK_NS as f64;
    let flow = |t: &(u64, u64)| if heavy { t.1 as f64 / 1e6 * per } else { t.0 as f64 * per };
    // The last tick may be a part of one.
    let whole = (step.seconds * per + 1e-6) as usize;
    done.flow = ticks.iter().take(whole).enumerate().map(|(i, t)| ((i + 1) as f64 / per, flow(t))).collect();
    done
}

/// What the target paid for it.
pub(super) fn proxy_figures(
    done: &mut StepRun,
    plan: &Plan,
    used: &Cpu,
    results: &[(usize, PhaseResult)],
    seconds: f64,
    all_measured: bool,
) {
    let v = &mut done.values;
    // The clock of the samples is a little off that of the load: rates go with rates.
    let cpu_per_second = used.run as f64 / used.at as f64;
    let of_run = |part: u64| part as f64 / (used.user + used.system).max(1) as f64;
    v.insert("cpu_percent_of_core", used.percent());
    v.insert("wakeups_per_second", used.wakeups as f64 * 1e9 / used.at as f64);
    v.insert("wait_percent", 100.0 * used.wait as f64 / used.at as f64);
    let answers: u64 = results.iter().map(|(_, r)| r.answers).sum();
    if answers > 0 && all_measured && plan.front == Front::Http {
        let us = cpu_per_second * 1e6 / (answers as f64 / seconds);
        v.insert("cpu_us_per_request", us);
        // Fewer ticks than this say nothing about a ratio.
        if used.user + used.system >= 20 {
            v.insert("cpu_user_us_per_request", us * of_run(used.user));
            v.insert("cpu_system_us_per_request", us * of_run(used.system));
        }
    }
    let connects: u64 = results.iter().map(|(_, r)| r.connects).sum();
    if connects > 0 && plan.groups.iter().any(|g| g.close) {
        v.insert("cpu_us_per_connection", cpu_per_second * 1e6 / (connects as f64 / seconds));
    }
    let megabytes = results.iter().map(|(_, r)| r.received + r.sent).sum::<u64>() as f64 / 1e6;
    if megabytes > 0.0 && plan.main.contains(&"megabytes_per_cpu_second") {
        v.insert("cpu_ms_per_megabyte", cpu_per_second * 1e3 / (megabytes / seconds));
        if cpu_per_second > 0.0 {
            v.insert("megabytes_per_cpu_second", megabytes / seconds / cpu_per_second);
        }
    }
}

/// Warnings about the measurement itself.
pub fn doubts(plan: &Plan, values: &BTreeMap<String, f64>) -> Vec<String> {
    let mut all = Vec::new();
    let value = |name: &str| values.get(name).copied().unwrap_or(0.0);
    let open = plan.open_loop();
    let load = value("load_cpu_percent");
    if load > 85.0 {
        all.push(if open {
            format!("clients and origin used {load:.0} % of their cores: latencies hold the client's own queue")
        } else {
            format!("clients and origin used {load:.0} % of their cores: the rate is what they can do, not what the target can")
        });
    }
    let lag = value("schedule_lag_p99_us");
    if open && lag > 1_000.0 {
        all.push(format!(
            "1 % of the requests left {:.1} ms or more behind their schedule: the client was late",
            lag / 1e3
        ));
    }
    let others = value("others_percent");
    if others > 10.0 {
        all.push(format!("something else used {others:.0} % of the target's cores"));
    }
    all
}

/// All answers the load processes have had since their start.
pub(super) fn total(results: &[(usize, PhaseResult)]) -> u64 {
    results.iter().map(|(_, r)| r.answers_ever).sum()
}
