//! SCHEMA.md says what report.json holds: no key more, no key less.

mod common;

use common::{Dir, SHORT, run};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Objects whose names are not fixed.
const OPEN: [&str; 4] = ["settings", "metrics", "values", "errors"];

fn keys(path: &str, value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) if OPEN.iter().any(|o| path.rsplit('.').next() == Some(o)) => {
            let path = format!("{path}{{}}");
            into.insert(path.clone());
            entries.values().filter(|v| v.is_object()).for_each(|v| keys(&path, v, into));
        }
        Value::Object(entries) => {
            let under = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            entries.iter().for_each(|(key, v)| keys(&under(key), v, into));
        }
        Value::Array(list) if !list.is_empty() => {
            list.iter().for_each(|v| keys(&format!("{path}[]"), v, into))
        }
        Value::Array(_) => drop(into.insert(format!("{path}[]"))),
        _ => drop(into.insert(path.to_owned())),
    }
}

/// Key and unit of every row.
fn documented() -> BTreeMap<String, String> {
    let rows = include_str!("../SCHEMA.md").lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.splitn(3, " | ");
        let key = cells.next()?.trim_end_matches('`').to_owned();
        let unit = cells.next()?.to_owned();
        assert!(cells.next().is_some_and(|m| m.len() > 4), "{key} without a meaning");
        Some((key, unit))
    });
    let all: Vec<_> = rows.collect();
    let by_key: BTreeMap<String, String> = all.iter().cloned().collect();
    assert_eq!(all.len(), by_key.len(), "a key is documented twice");
    by_key
}

#[test]
fn the_documented_keys_are_those_of_a_report() {
    let dir = Dir::new("schema");
    let out = dir.path("");
    // With a class, so that its keys are there; whether it can be applied here is all the same.
    let asked = ["run", "idle-20k", "--target", "floor-epoll", "--class", "m1.small", "--class-share", "0.9"];
    let said = run(&asked.into_iter().chain(["--out", &out]).chain(SHORT).collect::<Vec<_>>());
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let report = dir.report();
    let (names, plain): (BTreeMap<_, _>, BTreeMap<_, _>) =
        documented().into_iter().partition(|(key, _)| key.starts_with("metrics."));

    let mut real = BTreeSet::new();
    keys("", &report, &mut real);
    // A list of pairs that is empty somewhere looks like one of texts there.
    let pairs: Vec<String> = real.iter().filter_map(|k| Some(k.strip_suffix("[][]")?.to_owned())).collect();
    real.retain(|k| !k.strip_suffix("[]").is_some_and(|k| pairs.contains(&k.to_owned())));
    let told: BTreeSet<String> = plain.into_keys().collect();
    assert_eq!(
        told.difference(&real).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "documented, not in the report"
    );
    assert_eq!(
        real.difference(&told).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "in the report, not documented"
    );

    let metrics = report["metrics"].as_object().expect("metrics");
    let real: BTreeMap<String, String> = metrics
        .iter()
        .map(|(name, m)| (format!("metrics.{name}"), m["unit"].as_str().expect("a unit").to_owned()))
        .collect();
    assert_eq!(names, real, "names of figures and their units");
    let step = &report["scenarios"][0]["results"][0]["steps"][0];
    for name in step["values"].as_object().expect("figures").keys() {
        assert!(metrics.contains_key(name), "{name} is not explained");
    }
}
