//! What changed between two reports beyond the noise.

use super::{Report, say};
use crate::metric::{self, Better};
use crate::stats::{Change, Value, change};

#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub place: String,
    pub metric: String,
    pub before: f64,
    pub after: f64,
    pub change: Change,
    pub better: Better,
}

impl Row {
    pub fn worse(&self) -> bool {
        matches!(
            (self.change, self.better),
            (Change::Higher, Better::Lower) | (Change::Lower, Better::Higher)
        )
    }
}

/// Every figure both reports have.
pub fn rows(a: &Report, b: &Report) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut push = |place: String, name: &String, before: &Value, after: &Value| {
        let better = metric::find(name).map_or(Better::Neither, |m| m.better);
        let (x, y) = (before.median, after.median);
        rows.push(Row {
            place,
            metric: name.clone(),
            before: x,
            after: y,
            change: change(before, after),
            better,
        });
    };
    for sa in &a.scenarios {
        let Some(sb) = b.scenarios.iter().find(|s| s.name == sa.name) else { continue };
        for ra in &sa.results {
            let Some(rb) = sb.results.iter().find(|r| r.target == ra.target) else { continue };
            for (name, before) in &ra.values {
                if let Some(after) = rb.values.get(name) {
                    push(format!("{} {}", sa.name, ra.target), name, before, after);
                }
            }
            for step in &ra.steps {
                let Some(other) = rb.steps.iter().find(|s| s.label == step.label) else { continue };
                let place = if ra.steps.len() > 1 {
                    format!("{} {} {}", sa.name, ra.target, step.label)
                } else {
                    format!("{} {}", sa.name, ra.target)
                };
                for (name, before) in &step.values {
                    if let Some(after) = other.values.get(name) {
                        push(place.clone(), name, before, after);
                    }
                }
            }
        }
    }
    rows
}

/// What is different about how the two were made: such reports compare machines, not programs.
pub fn differences(a: &Report, b: &Report) -> Vec<String> {
    let mut all = Vec::new();
    let mut look = |what: &str, x: String, y: String| {
        if x != y {
            all.push(format!("{what}: {x} → {y}"));
        }
    };
    look("processor", a.machine.cpu.clone(), b.machine.cpu.clone());
    look("kernel", a.machine.kernel.clone(), b.machine.kernel.clone());
    look("quick", a.quick.to_string(), b.quick.to_string());
    look("threads", a.threads.to_string(), b.threads.to_string());
    let class =
        |r: &Report| r.class.as_ref().map_or("none".to_owned(), |c| format!("{} ({:.3})", c.name, c.share));
    look("class", class(a), class(b));
    let both = || a.targets.iter().filter_map(|t| Some((t, b.targets.iter().find(|u| u.name == t.name)?)));
    for (t, u) in both() {
        look(&format!("version of {}", t.name), t.version.clone(), u.version.clone());
    }
    for (t, _) in both().filter(|(t, u)| t.config != u.config) {
        all.push(format!("the configuration of {} changed", t.name));
    }
    all
}

/// As text; `every`: also what stayed within the noise.
pub fn text(a: &Report, b: &Report, every: bool) -> (String, bool) {
    let all = rows(a, b);
    let mut out = String::new();
    for line in differences(a, b) {
        out += &format!("note: {line}\n");
    }
    let judged = |r: &&Row| r.better != Better::Neither;
    let shown =
        all.iter().filter(judged).filter(|r| every || matches!(r.change, Change::Lower | Change::Higher));
    let mut worse = false;
    for r in shown {
        let percent =
            if r.before == 0.0 { "".into() } else { format!("{:+.1} %", (r.after / r.before - 1.0) * 100.0) };
        let word = match (r.change, r.worse()) {
            (Change::Same, _) => "within the noise",
            (Change::Unknown, _) => "too few runs",
            (_, true) => "WORSE",
            _ => "better",
        };
        worse |= r.worse();
        let title = metric::find(&r.metric).map_or(r.metric.as_str(), |m| m.title);
        out += &format!(
            "{:<34} {:<28} {:>14} → {:<14} {percent:>9}  {word}\n",
            r.place,
            title,
            say::amount(&r.metric, r.before),
            say::amount(&r.metric, r.after)
        );
    }
    let same = all.iter().filter(judged).filter(|r| r.change == Change::Same).count();
    let unknown = all.iter().filter(judged).filter(|r| r.change == Change::Unknown).count();
    if all.is_empty() {
        out += "the reports have no scenario and target in common\n";
    } else {
        out += &format!("{same} figures within the noise");
        if unknown > 0 {
            out += &format!(", {unknown} with too few runs to tell (3 are needed)");
        }
        out += ".\n";
    }
    (out, worse)
}
