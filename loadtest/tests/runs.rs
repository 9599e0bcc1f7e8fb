//! Runs against real targets, for what they do.

mod common;

use common::{Dir, SHORT, Said, figure, result, run};
use serde_json::Value;

/// A short comparison and its report.
fn compare(name: &str, targets: &str, more: &[&str]) -> (Said, Value, Dir) {
    let dir = Dir::new(name);
    let out = dir.path("");
    let mut line = vec!["compare", "--targets", targets, "--out", &out];
    line.extend(SHORT);
    line.extend(more);
    let said = run(&line);
    let report = dir.report();
    (said, report, dir)
}

#[test]
fn a_comparison_writes_a_page_and_a_report() {
    let targets = ["ringmain", "direct", "floor", "floor-epoll"];
    let scenarios = ["small-keepalive", "churn", "tcp-stream"];
    let (said, report, dir) = compare("whole", &targets.join(","), &scenarios);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(!said.err.contains(['\r', '\x1b']), "not on a terminal: plain lines\n{}", said.err);
    assert!(said.err.contains("about"), "how long it takes: {}", said.err);
    assert_eq!(report["complete"], true);
    for scenario in scenarios {
        for target in targets {
            let r = result(&report, scenario, target);
            assert_eq!((&r["runs"], &r["failure"]), (&1.into(), &Value::Null), "{scenario} {target}");
            assert_eq!(r["errors"], serde_json::json!({}), "{scenario} {target}");
            let rate = if scenario == "tcp-stream" { "megabytes_per_second" } else { "requests_per_second" };
            assert!(figure(r, rate).unwrap() > 0.0, "{scenario} {target}");
            let cpu = figure(r, "cpu_percent_of_core");
            assert_eq!(cpu.is_some(), target != "direct", "{scenario} {target}: {cpu:?}");
            assert!(cpu.is_none_or(|c| c > 0.0 && c < 400.0), "{scenario} {target}: {cpu:?}");
            assert_eq!(figure(r, "wakeups_per_second").is_some(), target != "direct");
        }
    }
    assert!(figure(result(&report, "churn", "floor"), "cpu_us_per_connection").unwrap() > 0.0);
    let headline = report["headline"].as_str().unwrap();
    assert!(headline.contains("Ringmain") && said.out.contains(headline), "{headline}");
    let page = dir.text("report.html");
    assert!(
        page.contains("<svg") && page.contains("prefers-color-scheme:dark") && page.contains("@media print")
    );
    for outside in ["src=", "href=", "url(", "@import", "<script", "http-equiv", "fetch("] {
        assert!(!page.contains(outside), "the page refers to something outside: {outside}");
    }
    for target in targets {
        assert!(page.contains(&format!("</i>{target} ")), "{target} is in the legend");
    }
}

#[test]
fn the_other_scenarios_bring_their_figures() {
    let scenarios = ["idle-20k", "large-download", "upload", "slow-clients", "mixed", "pipeline"];
    let (said, report, _dir) = compare("others", "ringmain", &scenarios);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    for (scenario, name) in [
        ("idle-20k", "memory_bytes_per_connection"),
        ("idle-20k", "kernel_bytes_per_connection"),
        ("idle-20k", "cpu_us_per_request"),
        ("large-download", "megabytes_per_cpu_second"),
        ("upload", "megabytes_per_cpu_second"),
        ("slow-clients", "cpu_percent_of_core"),
        ("pipeline", "cpu_us_per_request"),
        ("mixed", "requests_per_second"),
    ] {
        let r = result(&report, scenario, "ringmain");
        assert_eq!(r["errors"], serde_json::json!({}), "{scenario}");
        assert!(figure(r, name).is_some_and(|v| v >= 0.0), "{scenario}: no {name} in {r}");
    }
    let labels: Vec<&Value> = result(&report, "idle-20k", "ringmain")["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["label"])
        .collect();
    assert_eq!(labels, ["idle", "100/s", "300/s", "1000/s"]);
}

#[test]
fn saturation_goes_by_the_reference_and_threads_by_the_name() {
    let (said, report, _dir) = compare(
        "saturation",
        "ringmain@2,floor-epoll",
        &["saturation", "--share", "0.3", "--reference", "floor-epoll"],
    );
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let basis = report["scenarios"][0]["basis"].as_str().expect("a basis");
    assert!(basis.starts_with("floor-epoll answers") && basis.contains("30 % of it"), "{basis}");
    let offered =
        |target| result(&report, "saturation", target)["steps"][0]["offered_per_second"].as_f64().unwrap();
    assert!(offered("ringmain@2") > 0.0);
    assert_eq!(offered("ringmain@2"), offered("floor-epoll"));
    let two = &report["targets"][0];
    assert!(two["about"].as_str().unwrap().contains("2 threads"), "{two}");
}

#[test]
fn a_ramp_ends_at_a_rate() {
    let (said, report, _dir) = compare("ramp", "floor-epoll", &["ramp", "--rate", "200"]);
    let r = result(&report, "ramp", "floor-epoll");
    let steps = r["steps"].as_array().unwrap();
    let rates: Vec<f64> = steps.iter().map(|s| s["offered_per_second"].as_f64().unwrap()).collect();
    assert!(rates.is_sorted(), "{rates:?}");
    match figure(r, "capacity_per_second") {
        Some(capacity) => assert!(capacity >= 200.0 && rates.contains(&capacity), "{capacity} of {rates:?}"),
        None => assert!(said.out.contains("beyond its limit at 200/s"), "{}", said.out),
    }
}

#[test]
fn a_class_bounds_the_target_or_says_why_not() {
    let (said, report, _dir) = compare(
        "class",
        "floor-epoll",
        &["--class", "m1.small", "--class-share", "0.3", "--seconds", "0.6", "small-keepalive"],
    );
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert_eq!(report["class"]["share"], 0.3);
    let r = result(&report, "small-keepalive", "floor-epoll");
    let cpu = figure(r, "cpu_percent_of_core").unwrap();
    if !said.out.contains("the class was not applied:") {
        // A quota may be overrun by what one period of 20 ms holds.
        assert!(cpu < 40.0, "{cpu} % of a core in a class that has 30 %");
        let of_class = figure(r, "class_percent").unwrap();
        assert!((of_class - cpu / 0.3).abs() < 0.1, "{of_class} % of its CPU, {cpu} % of a core");
    }
}

#[test]
fn system_calls_are_counted_or_it_says_why_not() {
    let (said, report, _dir) = compare("syscalls", "floor-epoll", &["--syscalls", "small-keepalive"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let r = result(&report, "small-keepalive", "floor-epoll");
    match figure(r, "syscalls_per_request") {
        // It receives and sends twice a request, and waits now and then.
        Some(calls) => {
            assert!((3.5..8.0).contains(&calls), "{calls} of a relay");
            assert!(said.out.contains("counted by"), "{}", said.out);
        }
        None => assert!(said.out.contains("system calls were not counted: perf: "), "{}", said.out),
    }
}
