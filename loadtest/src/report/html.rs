//! report.html: one page that loads nothing, made from the report alone.

use super::svg::{Chart, Line, Scale, chart};
use super::{Report, ScenarioReport, TargetResult, pair, say};
use crate::metric::{self, Better};
use std::fmt::Write;

const CSS: &str = include_str!("page.css");

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A sentence, whose figures keep their units on their line.
fn prose(text: &str) -> String {
    let mut text = escape(text);
    for unit in ["%", "×", "µs", "ms", "MB/s", "bytes"] {
        text = text.replace(&format!(" {unit}"), &format!("\u{a0}{unit}"));
    }
    text
}

/// Colour of a target: its place in the report.
fn colour(report: &Report, target: &str) -> usize {
    report.targets.iter().position(|t| t.name == target).unwrap_or(0) % 8
}

pub fn page(report: &Report) -> String {
    let mut s = String::new();
    let _ = write!(
        s,
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width,initial-scale=1\">\
         <title>{}</title><style>{CSS}</style></head><body><main>",
        escape(&report.headline)
    );
    let m = &report.machine;
    let mut facts = vec![
        report.date.clone(),
        format!("{} cores of {}", m.cores, m.cpu),
        format!("Linux {}", m.kernel),
        format!("{:.0} s", report.seconds),
    ];
    if report.quick {
        facts.push("quick".into());
    }
    if let Some(class) = &report.class {
        facts.push(format!("class {}", class.name));
    }
    let _ = write!(s, "<p class=kicker>{}</p>", escape(&facts.join(" · ")));
    let _ = write!(s, "<h1>{}</h1>", prose(&report.headline));
    if !report.complete {
        s.push_str("<div class=\"said bad\"><p>Ended by Ctrl-C: some runs are missing.</p></div>");
    }
    if !report.also.is_empty() {
        s.push_str("<ul class=also>");
        for also in &report.also {
            let _ = write!(s, "<li>{}</li>", prose(also));
        }
        s.push_str("</ul>");
    }
    s.push_str("<div class=legend>");
    for t in &report.targets {
        let what = if t.version.is_empty() { &t.about } else { &t.version };
        let _ = write!(
            s,
            "<span><i class=\"dot b{}\"></i>{} <small>{}</small></span>",
            colour(report, &t.name),
            escape(&t.name),
            escape(what)
        );
    }
    s.push_str("</div>");
    for scenario in &report.scenarios {
        section(&mut s, report, scenario);
    }
    made_how(&mut s, report);
    s.push_str("</main></body></html>\n");
    s
}

fn section(s: &mut String, report: &Report, scenario: &ScenarioReport) {
    let _ = write!(
        s,
        "<section id=\"{}\"><h2>{}</h2><p class=about>{}</p><p class=reason>{}</p>",
        escape(&scenario.name),
        escape(&scenario.name),
        prose(&scenario.about),
        prose(&scenario.reason)
    );
    if let Some(basis) = &scenario.basis {
        let _ = write!(s, "<p class=basis>{}</p>", prose(basis));
    }
    s.push_str("<div class=panels>");
    for name in &scenario.main {
        panel(s, report, scenario, name);
    }
    s.push_str("</div><div class=charts>");
    charts(s, report, scenario);
    s.push_str("</div>");
    if scenario.results.iter().any(|r| r.steps.len() > 1) {
        steps(s, report, scenario);
    }
    said(s, scenario);
    details(s, scenario);
    s.push_str("</section>");
}

/// A figure of all targets as bars, the spread of the runs on them.
fn panel(s: &mut String, report: &Report, scenario: &ScenarioReport, name: &str) {
    let Some(metric) = metric::find(name) else { return };
    let values: Vec<_> = scenario.results.iter().filter_map(|r| Some((r, r.value(name)?))).collect();
    let top = values.iter().map(|(_, v)| v.max).fold(0.0, f64::max);
    if values.is_empty() || top <= 0.0 {
        return;
    }
    let names: Vec<String> = report.targets.iter().map(|t| t.name.clone()).collect();
    let base = pair(&names).1.and_then(|other| values.iter().find(|(r, _)| r.target == other));
    let way = match metric.better {
        Better::Lower => "lower is better",
        Better::Higher => "higher is better",
        Better::Neither => "",
    };
    let several = scenario.results.iter().any(|r| r.steps.len() > 1);
    let in_step = several && values.iter().all(|(r, _)| !r.values.contains_key(name));
    let step = values.iter().find_map(|(r, _)| r.steps.last()).map(|s| s.label.as_str()).unwrap_or("");
    let at = if in_step { format!(" at {}", escape(step)) } else { String::new() };
    let dash = if way.is_empty() { "" } else { " · " };
    let _ = write!(
        s,
        "<div class=panel><h4 title=\"{}\">{}{at}</h4><p>{}{dash}{way}</p>",
        escape(metric.text),
        escape(metric.title),
        escape(metric.unit)
    );
    for (r, v) in &values {
        let ratio = match base {
            Some((b, w)) if b.target != r.target && w.median > 0.0 => say::times(v.median / w.median),
            _ => String::new(),
        };
        let part = |x: f64| (100.0 * x / top).clamp(0.0, 100.0);
        let spread = if v.runs.len() > 1 {
            format!("<u style=\"left:{:.2}%;width:{:.2}%\"></u>", part(v.min), part(v.max) - part(v.min))
        } else {
            String::new()
        };
        let c = colour(report, &r.target);
        let _ = write!(
            s,
            "<div class=row title=\"{} runs: {} to {}\"><span class=who>{}</span>\
             <span class=what><em>{ratio}</em><b>{}</b></span>\
             <span class=bar><i class=b{c} style=\"width:{:.2}%\"></i>{spread}</span></div>",
            v.runs.len(),
            say::amount(name, v.min),
            say::amount(name, v.max),
            escape(&r.target),
            escape(&say::amount(name, v.median)),
            part(v.median)
        );
    }
    s.push_str("</div>");
}

/// Steps one after the other: their points, and where each begins.
fn along(r: &TargetResult, pick: impl Fn(&super::StepResult) -> &Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let (mut points, mut offset) = (Vec::new(), 0.0);
    for step in &r.steps {
        points.extend(pick(step).iter().map(|(t, v)| (t + offset, *v)));
        offset += duration(step);
    }
    points
}

fn duration(step: &super::StepResult) -> f64 {
    let last = |s: &[(f64, f64)]| s.last().map_or(0.0, |p| p.0);
    last(&step.flow_series).max(last(&step.cpu_series))
}

fn charts(s: &mut String, report: &Report, scenario: &ScenarioReport) {
    let line = |r: &'_ TargetResult, points| (colour(report, &r.target), points);
    let draw = |s: &mut String,
                title: &str,
                y_unit: &str,
                y: Scale,
                x: Scale,
                marks,
                data: Vec<(usize, Vec<(f64, f64)>)>| {
        let lines: Vec<Line> = data
            .into_iter()
            .map(|(target, points)| Line { target, name: &report.targets[target].name, points })
            .collect();
        let x_unit = if x == Scale::Nines { "%" } else { "s" };
        s.push_str(&chart(&Chart { title, x, y, x_unit, y_unit, lines, marks }));
    };
    let ramp = scenario.main.iter().any(|m| m == "capacity_per_second");
    // A ramp's last step is the one that broke.
    let pick = |r: &TargetResult| {
        let best = r.value("capacity_per_second").map(|v| v.median);
        let fits = |s: &&super::StepResult| !ramp || best.is_some_and(|b| s.offered_per_second <= b * 1.001);
        r.steps.iter().rev().find(fits).map(|s| (s.label.clone(), s.latency.clone()))
    };
    let latency = scenario.results.iter().filter_map(|r| Some(line(r, pick(r)?.1))).collect();
    let label = scenario.results.iter().find_map(|r| (r.steps.len() > 1).then(|| pick(r)).flatten());
    let title = match label {
        Some(_) if ramp => "Latency by percentile at capacity".to_owned(),
        Some((label, _)) => format!("Latency by percentile at {label}"),
        None => "Latency by percentile".into(),
    };
    draw(s, &title, "µs", Scale::Log, Scale::Nines, Vec::new(), latency);
    if ramp {
        let by_rate = |name: &'static str| {
            move |r: &TargetResult| {
                let point = |s: &super::StepResult| Some((s.offered_per_second, s.values.get(name)?.median));
                r.steps.iter().filter_map(point).collect::<Vec<_>>()
            }
        };
        for (title, name, unit, scale) in [
            ("p99 by offered rate", "p99_us", "µs", Scale::Log),
            ("CPU by offered rate, % of a core", "cpu_percent_of_core", "%", Scale::Linear),
        ] {
            let curve = by_rate(name);
            let lines: Vec<Line> = scenario
                .results
                .iter()
                .map(|r| Line { target: colour(report, &r.target), name: &r.target, points: curve(r) })
                .collect();
            let (x, y_unit) = (Scale::Linear, unit);
            s.push_str(&chart(&Chart { title, x, y: scale, x_unit: "", y_unit, lines, marks: Vec::new() }));
        }
        return;
    }
    let longest = scenario.results.iter().max_by_key(|r| r.steps.len());
    let marks = || {
        let (mut marks, mut offset) = (Vec::new(), 0.0);
        if let Some(r) = longest.filter(|r| r.steps.len() > 1) {
            for step in &r.steps {
                marks.push((offset, step.label.clone()));
                offset += duration(step);
            }
        }
        marks
    };
    let cpu = scenario.results.iter().map(|r| line(r, along(r, |s| &s.cpu_series))).collect();
    draw(s, "CPU over time, % of a core", "%", Scale::Linear, Scale::Linear, marks(), cpu);
    let unit = scenario.results.iter().find_map(|r| r.steps.first()).map_or("", |s| s.flow_unit.as_str());
    let flow = scenario.results.iter().map(|r| line(r, along(r, |s| &s.flow_series))).collect();
    draw(s, &format!("Rate over time, {unit}"), unit, Scale::Linear, Scale::Linear, marks(), flow);
}

/// What each step brought.
fn steps(s: &mut String, _report: &Report, scenario: &ScenarioReport) {
    let columns = [
        "requests_per_second",
        "cpu_percent_of_core",
        "cpu_us_per_request",
        "wakeups_per_second",
        "p50_us",
        "p99_us",
        "p999_us",
    ];
    s.push_str("<h3>Step by step</h3><div class=scroll><table class=steps><tr><th>step</th><th>target</th>");
    for name in columns {
        let _ = write!(s, "<th>{}</th>", metric::find(name).map_or(name, |m| m.title));
    }
    s.push_str("<th>errors</th></tr>");
    let mut labels: Vec<&str> = Vec::new();
    for r in &scenario.results {
        for step in &r.steps {
            if !labels.contains(&step.label.as_str()) {
                labels.push(&step.label);
            }
        }
    }
    for label in labels {
        for r in &scenario.results {
            let Some(step) = r.steps.iter().find(|x| x.label == label) else { continue };
            let _ = write!(s, "<tr><td>{}</td><td>{}</td>", escape(label), escape(&r.target));
            for name in columns {
                let text = step.values.get(name).map_or("–".into(), |v| say::amount(name, v.median));
                let text = text.replace(" % of a core", " %");
                let _ = write!(s, "<td>{}</td>", escape(&text));
            }
            let errors: u64 = step.errors.values().sum();
            let _ = write!(s, "<td>{errors}</td></tr>");
        }
    }
    s.push_str("</table></div>");
}

/// Failures, errors, warnings and notes, each in its colour.
fn said(s: &mut String, scenario: &ScenarioReport) {
    let mut block = |class: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = write!(s, "<div class=\"said {class}\">");
            for line in lines {
                let _ = write!(s, "<p>{}</p>", prose(&line));
            }
            s.push_str("</div>");
        }
    };
    let each = |pick: &dyn Fn(&TargetResult) -> Vec<String>| {
        let lines =
            |r: &TargetResult| pick(r).into_iter().map(|t| format!("{}: {t}", r.target)).collect::<Vec<_>>();
        scenario.results.iter().flat_map(lines).collect::<Vec<_>>()
    };
    block(
        "bad",
        each(&|r| {
            let mut all: Vec<String> = r.failure.iter().cloned().collect();
            if !r.errors.is_empty() {
                all.push(format!("errors: {}", say::errors(&r.errors)));
            }
            all
        }),
    );
    block("warn", each(&|r| r.warnings.clone()));
    block(
        "note",
        each(&|r| {
            let mut all = r.notes.clone();
            if r.proxy_processes > 1 {
                all.push(format!(
                    "{} processes shared the connections, their CPU and memory are summed (one may not hold enough descriptors here)",
                    r.proxy_processes
                ));
            }
            all
        }),
    );
}

/// Every figure of every target.
fn details(s: &mut String, scenario: &ScenarioReport) {
    s.push_str(
        "<details><summary>All figures</summary><div class=scroll><table><tr><th>median (least to most)</th>",
    );
    for r in &scenario.results {
        let _ = write!(s, "<th>{}</th>", escape(&r.target));
    }
    s.push_str("</tr>");
    for m in metric::ALL {
        if !scenario.results.iter().any(|r| r.value(m.name).is_some()) {
            continue;
        }
        let _ = write!(
            s,
            "<tr><td title=\"{}\">{} <small>{}</small></td>",
            escape(m.text),
            escape(m.title),
            escape(m.text)
        );
        for r in &scenario.results {
            match r.value(m.name) {
                None => s.push_str("<td>–</td>"),
                Some(v) => {
                    let (a, b) = (say::amount(m.name, v.min), say::amount(m.name, v.max));
                    let _ = write!(
                        s,
                        "<td>{}<small>{a} to {b}</small></td>",
                        escape(&say::amount(m.name, v.median))
                    );
                }
            }
        }
        s.push_str("</tr>");
    }
    s.push_str("<tr><td>Runs</td>");
    for r in &scenario.results {
        let _ = write!(s, "<td>{}</td>", r.runs);
    }
    s.push_str("</tr><tr><td>Errors</td>");
    for r in &scenario.results {
        let _ = write!(s, "<td>{}</td>", r.errors.values().sum::<u64>());
    }
    s.push_str("</tr></table></div></details>");
}

fn made_how(s: &mut String, report: &Report) {
    let m = &report.machine;
    let list = |cores: &[usize]| cores.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    s.push_str("<section><h2>How it was measured</h2><dl>");
    let mut item = |name: &str, value: String| {
        let _ = write!(s, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(&value));
    };
    item("Command", report.command.clone());
    item("Processor", format!("{}, {} cores, {:.0} MHz", m.cpu, m.cores, m.mhz));
    item("Memory", format!("{} MB", say::thousands(m.memory_mb as f64)));
    item("Kernel", format!("Linux {}", m.kernel));
    item("Descriptors a process", say::thousands(m.descriptors as f64));
    item(
        "Target on cores",
        format!(
            "{} ({} thread{})",
            list(&report.proxy_cores),
            report.threads,
            if report.threads == 1 { "" } else { "s" }
        ),
    );
    item("Clients and origin on", list(&report.load_cores));
    if let Some(class) = &report.class {
        item("Class", format!("{}: {}; {} MB", class.name, class.how, class.memory_bytes / 1_000_000));
    }
    for (name, value) in &m.settings {
        item(name, value.clone());
    }
    s.push_str("</dl>");
    for t in report.targets.iter().filter(|t| !t.config.is_empty()) {
        let _ = write!(
            s,
            "<details><summary>Configuration of {}</summary><pre>{}</pre></details>",
            escape(&t.name),
            escape(&t.config)
        );
    }
    s.push_str(
        "<footer>Runs of the targets are interleaved (A B, B A, …). Bars are medians, the lines on them reach from the least \
         to the most of the runs. CPU is the time of all threads of the target from the scheduler \
         (<code>/proc/PID/task/*/schedstat</code>). In an open loop latency counts from the time a request was due; in a \
         closed loop the next request waits for the last answer, so latency says how long the queue is. Latencies are HDR \
         histograms of three digits over all runs. Errors are counted beside the figures and are part of none. Everything \
         ran on one machine over loopback: ratios travel, absolute figures do not.</footer></section>",
    );
}
