//! Figures as people read them, and the report on the terminal.

use super::{Report, TargetResult};
use crate::metric;
use crate::stats::Value;

/// Three significant digits, thousands apart.
pub fn number(v: f64) -> String {
    let a = v.abs();
    match a {
        _ if !v.is_finite() => "–".into(),
        _ if a >= 1000.0 => thousands(v),
        _ if a >= 100.0 => format!("{v:.0}"),
        _ if a >= 10.0 => format!("{v:.1}"),
        _ if a == 0.0 => "0".into(),
        _ if a >= 0.1 => format!("{v:.2}"),
        _ => format!("{v:.3}"),
    }
}

pub fn thousands(v: f64) -> String {
    let digits = format!("{:.0}", v.abs());
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    if v < 0.0 { format!("-{out}") } else { out }
}

/// With its unit; long times in milliseconds.
pub fn amount(name: &str, v: f64) -> String {
    let unit = metric::find(name).map_or("", |m| m.unit);
    if unit == "µs" && v >= 10_000.0 {
        return format!("{} ms", number(v / 1000.0));
    }
    if name == "memory_before" {
        return format!("{} MB", number(v / 1e6));
    }
    if unit == "1/s" {
        return format!("{}/s", number(v));
    }
    format!("{} {unit}", number(v)).trim_end().to_owned()
}

/// A ratio: what is far above one is a multiple, the rest a fraction.
pub fn times(ratio: f64) -> String {
    if ratio >= 10.0 { format!("{ratio:.0} ×") } else { format!("{ratio:.2} ×") }
}

pub fn capital(name: &str) -> String {
    match name {
        "ringmain" => "Ringmain".into(),
        "haproxy" => "HAProxy".into(),
        "envoy" => "Envoy".into(),
        other => other.into(),
    }
}

pub fn errors(of: &std::collections::BTreeMap<String, u64>) -> String {
    of.iter().map(|(kind, n)| format!("{n} × {kind}")).collect::<Vec<_>>().join(", ")
}

fn cell(name: &str, value: Option<&Value>) -> String {
    match value {
        None => "–".into(),
        Some(v) if v.runs.len() < 2 => amount(name, v.median),
        Some(v) => {
            // Only times change their unit.
            let times = metric::find(name).is_some_and(|m| m.unit == "µs");
            let end = |v| if times { amount(name, v) } else { number(v) };
            format!("{}  ({} to {})", amount(name, v.median), end(v.min), end(v.max))
        }
    }
}

/// The report as text.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    let mut add = |line: String| {
        out.push_str(line.trim_end());
        out.push('\n');
    };
    for s in &report.scenarios {
        add(format!("\n{}: {}", s.name, s.about));
        s.basis.iter().for_each(|basis| add(format!("  {basis}")));
        for r in &s.results {
            add(format!("  {}{}", r.target, runs(r)));
            let names: Vec<&String> = s.main.iter().filter(|n| r.value(n).is_some()).collect();
            for name in names {
                let title = metric::find(name).map_or(name.as_str(), |m| m.title);
                add(format!("    {title:<28} {}", cell(name, r.value(name))));
            }
            if r.steps.len() > 1 {
                for step in &r.steps {
                    let cpu = step.values.get("cpu_percent_of_core");
                    let p99 = step.values.get("p99_us");
                    let with = |name: &str, v: Option<&Value>| {
                        v.map(|v| amount(name, v.median)).unwrap_or("–".into())
                    };
                    add(format!(
                        "    {:<28} CPU {:<20} p99 {}",
                        format!("at {}", step.label),
                        with("cpu_percent_of_core", cpu),
                        with("p99_us", p99)
                    ));
                }
            }
            for note in &r.notes {
                add(format!("    {note}"));
            }
            if !r.errors.is_empty() {
                add(format!("    ERRORS: {}", errors(&r.errors)));
            }
            for warning in &r.warnings {
                add(format!("    warning: {warning}"));
            }
            if let Some(failure) = &r.failure {
                add(format!("    FAILED: {failure}"));
            }
        }
    }
    add(String::new());
    add(report.headline.clone());
    for also in &report.also {
        add(also.clone());
    }
    out
}

fn runs(r: &TargetResult) -> String {
    let several =
        |n: usize, what: &str| if n > 1 { format!(", {n} {what} processes") } else { String::new() };
    let plural = if r.runs == 1 { "" } else { "s" };
    format!(
        "  [{} run{plural}{}{}]",
        r.runs,
        several(r.proxy_processes, "proxy"),
        several(r.client_processes, "client")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(1234567.8), "1,234,568");
        assert_eq!(number(123.4), "123");
        assert_eq!(number(12.34), "12.3");
        assert_eq!(number(1.234), "1.23");
        assert_eq!(number(0.0123), "0.012");
        assert_eq!(number(0.0), "0");
        assert_eq!(thousands(-1000.0), "-1,000");
        assert_eq!(amount("p99_us", 12_500.0), "12.5 ms");
        assert_eq!(times(0.456), "0.46 ×");
    }
}
