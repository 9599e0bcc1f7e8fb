//! Log lines: haproxy and Ringmain (on io_uring and on epoll) get the same connections and log to a socket of the test; what
//! they write must be the same. Dates, process numbers and ports are masked; timers and byte counts are compared as numbers.
//!
//! `ROW=part cargo test --test logs` runs the rows whose ids hold this part and prints haproxy's lines.

mod by_operator;
#[path = "../common/mod.rs"]
mod common;
mod ends;
mod events;
mod exhausted;
mod formats;
mod halog;
mod line;
mod receivers;
mod stage;
mod talk;
mod variables;

use common::proxy::{Io, Program};
use line::Line;
use stage::Stage;
use std::fmt::Write;
use talk::Row;

/// A configuration and what is done to it.
pub struct Case {
    pub config: &'static str,
    /// Its listeners.
    pub fronts: usize,
    pub rows: Vec<Row>,
}

/// Runs the rows of a case on all three programs.
fn compare(case: &Case) {
    let filter = std::env::var("ROW").unwrap_or_default();
    let rows: Vec<&Row> = case.rows.iter().filter(|r| r.id.contains(&filter)).collect();
    if rows.is_empty() {
        return;
    }
    let haproxy = Stage::start(Program::Haproxy, case);
    let wanted: Vec<Vec<Line>> = rows.iter().map(|row| haproxy.run(row, None)).collect();
    drop(haproxy);
    if !filter.is_empty() {
        for (row, lines) in rows.iter().zip(&wanted) {
            println!("{} by haproxy:", row.id);
            lines.iter().for_each(|l| println!("  {}", l.text));
        }
    }
    let mut failures = String::new();
    for io in [Io::Epoll, Io::Uring] {
        let stage = Stage::start(Program::Ringmain(io), case);
        for (row, wanted) in rows.iter().zip(&wanted) {
            let got = stage.run(row, Some(wanted.len()));
            if let Some(difference) = difference(row, wanted, &got) {
                let _ = writeln!(failures, "{} ({io:?}):\n{difference}", row.id);
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// What differs between two programs' lines of a row, where it does not say that it differs.
fn difference(row: &Row, wanted: &[Line], got: &[Line]) -> Option<String> {
    let same = wanted.len() == got.len() && wanted.iter().zip(got).all(|(a, b)| a.is_like(b));
    let found = |list: &[Line]| list.iter().fold(String::new(), |t, l| t + "\n    " + &l.text);
    match &row.differs {
        None if same => None,
        None if wanted.len() == got.len() => {
            let pairs = wanted.iter().zip(got).filter(|(a, b)| !a.is_like(b));
            Some(pairs.fold(String::new(), |t, (a, b)| format!("{t}  - {}\n  + {}\n", a.text, b.text)))
        }
        None => Some(format!("  haproxy:{}\n  ringmain:{}", found(wanted), found(got))),
        Some(_) if same && !Program::is_understudied() => {
            Some("  says that it differs, but it is the same".to_owned())
        }
        Some(differs) => {
            let as_said = got.iter().any(|line| line.text.contains(differs.shows));
            (!as_said && !Program::is_understudied())
                .then(|| format!("  should show {:?} because {}:{}", differs.shows, differs.why, found(got)))
        }
    }
}

fn cases() -> Vec<Case> {
    let mut all = ends::cases();
    all.extend(formats::cases());
    all.extend(variables::cases());
    all
}

#[test]
fn ids_are_unique_and_there_are_enough_rows() {
    let cases = cases();
    let mut ids: Vec<&str> = cases.iter().flat_map(|c| c.rows.iter().map(|r| r.id)).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "two rows have one id");
    assert!(count >= 60, "there are {count} rows");
}

/// `docs/compat.md` lists exactly the rows that differ.
#[test]
fn deliberate_differences_are_documented() {
    let cases = cases();
    let differing: std::collections::BTreeSet<&str> =
        cases.iter().flat_map(|c| &c.rows).filter(|r| r.differs.is_some()).map(|r| r.id).collect();
    assert_eq!(
        common::documented("Log lines"),
        differing,
        "left: docs/compat.md; right: rows with `differs`"
    );
}
