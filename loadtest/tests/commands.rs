//! What is said about the command line, and what is done with reports that are there.

mod common;

use common::{Dir, SHORT, command, ended, run};
use serde_json::Value;

#[test]
fn list_names_every_scenario_and_target() {
    let said = run(&["list"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let names = [
        "idle-20k",
        "small-keepalive",
        "churn",
        "pipeline",
        "large-download",
        "upload",
        "tcp-stream",
        "slow-clients",
        "ramp",
        "mixed",
        "saturation",
        "steady",
        "ringmain",
        "ringmain-epoll",
        "haproxy",
        "nginx",
        "envoy",
        "direct",
        "floor",
        "floor-epoll",
    ];
    for name in names {
        let line = said.out.lines().find(|l| l.split_whitespace().next() == Some(name));
        let line = line.unwrap_or_else(|| panic!("no {name} in\n{}", said.out));
        assert!(line.split_whitespace().count() > 3, "{name} without a reason: {line}");
    }
}

#[test]
fn wrong_words_are_answered_with_the_right_ones() {
    for (line, meant) in [
        (vec!["compare", "smal-keepalive"], "is 'small-keepalive' meant?"),
        (vec!["compare", "--targets", "ringmian", "churn"], "is 'ringmain' meant?"),
        (vec!["compare", "--targets", "flor@2", "churn"], "is 'floor' meant?"),
        (vec!["compair", "churn"], "is 'compare' meant?"),
        (vec!["compare", "--quik", "churn"], "is --quick meant?"),
        (vec!["run", "churn"], "run wants --target"),
        (vec!["compare", "--targets", "direct", "--reference", "haproxy", "churn"], "none of the targets"),
        (vec!["run", "churn", "--target", "direct", "--class", "m9.huge"], "no class 'm9.huge'"),
        (vec!["run", "churn", "--target", "direct", "--proxy-cores", "999"], "core 999 is not ours"),
        (vec!["diff", "a.json"], "diff wants two"),
        (vec!["against", "nowhere"], "an address is HOST:PORT"),
        (vec!["against", "127.0.0.1:1", "--class", "m1.small"], "can't be put in a class"),
    ] {
        let said = run(&line);
        assert_eq!(said.code, Some(2), "{line:?}: {}", said.out);
        assert!(said.err.contains(meant), "{line:?}: {}", said.err);
    }
}

#[test]
fn a_target_that_is_not_there_is_named_before_anything_runs() {
    let mut asked = command(&["run", "churn", "--target", "ringmain"]);
    asked.env("RINGMAIN", "/nowhere/ringmain");
    let said = ended(asked);
    assert_eq!(said.code, Some(2), "{}", said.out);
    assert!(said.err.contains("target ringmain: RINGMAIN=/nowhere/ringmain: no such file"), "{}", said.err);
}

#[test]
fn diff_tells_what_changed_and_render_makes_the_page_again() {
    let dir = Dir::new("diff");
    let mut line = vec!["run", "small-keepalive", "--target", "floor-epoll", "--out"];
    let out = dir.path("");
    line.push(&out);
    line.extend(SHORT);
    line.extend(["--runs", "3"]);
    let said = run(&line);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let before = dir.path("report.json");

    let same = run(&["diff", &before, &before, "--gate"]);
    assert_eq!(same.code, Some(0), "{}", same.out);
    assert!(same.out.contains("figures within the noise") && !same.out.contains("WORSE"), "{}", same.out);

    let mut report = dir.report();
    let cpu = &mut report["scenarios"][0]["results"][0]["steps"][0]["values"]["cpu_us_per_request"];
    multiply(cpu, 100.0);
    let after = dir.path("after.json");
    std::fs::write(&after, report.to_string()).unwrap();
    let worse = run(&["diff", &before, &after, "--gate"]);
    let line = worse.out.lines().find(|l| l.contains("CPU per request")).expect("the line that changed");
    assert!(line.contains("WORSE") && line.contains("small-keepalive floor-epoll"), "{line}");
    assert_eq!(worse.code, Some(1), "--gate");
    let better = run(&["diff", &after, &before, "--gate"]);
    assert_eq!(better.code, Some(0), "{}", better.out);
    assert!(better.out.contains("better"), "{}", better.out);

    let page = dir.path("again.html");
    assert_eq!(run(&["render", &before, &page]).code, Some(0));
    assert_eq!(dir.text("again.html"), dir.text("report.html"));
}

fn multiply(figure: &mut Value, by: f64) {
    for key in ["median", "min", "max", "mad"] {
        figure[key] = (figure[key].as_f64().expect("a number") * by).into();
    }
    for run in figure["runs"].as_array_mut().expect("runs") {
        *run = (run.as_f64().expect("a number") * by).into();
    }
}

#[test]
fn a_report_of_another_schema_is_refused() {
    let dir = Dir::new("schema-number");
    let said = run(&["run", "churn", "--target", "direct", "--out", &dir.path("")]
        .into_iter()
        .chain(SHORT)
        .collect::<Vec<_>>());
    assert_eq!(said.code, Some(0), "{}", said.err);
    let mut report = dir.report();
    report["schema"] = 999.into();
    std::fs::write(dir.path("other.json"), report.to_string()).unwrap();
    let said = run(&["diff", &dir.path("report.json"), &dir.path("other.json")]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("schema 999"), "{}", said.err);
}
