//! The differential test: Debian's haproxy and Ringmain get the same files and the same requests, and must do the
//! same to the client and to the origins. A row in which Ringmain deliberately differs says why and what it does; the
//! same rows stand in `docs/compat.md`.
//!
//! `ROW=part cargo test --test differential` runs the rows whose ids hold this part and prints them in full.
//! `RINGMAIN_TEST_BINARY=/usr/sbin/haproxy` puts haproxy in Ringmain's place, to test the test.

#[path = "../common/mod.rs"]
mod common;
mod stand;
mod table;

mod bodies;
mod broken;
mod conditions;
mod connections;
mod cookies;
mod fetches;
mod forwarded;
mod inspection;
mod lines;
mod manners;
mod random;
mod routing;
mod rules;
mod sticky;
mod tcp;
mod troubled;
mod variables;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use common::client::End;
use common::proxy::{Io, Program};
use stand::{Stand, Trace};
use table::Row;

type Rows = fn() -> Vec<Row>;

/// Every file of `tests/cfg` with its rows.
const FILES: [(&str, Rows); 16] = [
    ("bodies", bodies::rows),
    ("broken", broken::rows),
    ("conditions", conditions::rows),
    ("connections", connections::rows),
    ("cookies", cookies::rows),
    ("fetches", fetches::rows),
    ("forwarded", forwarded::rows),
    ("inspection", inspection::rows),
    ("lines", lines::rows),
    ("manners", manners::rows),
    ("routing", routing::rows),
    ("rules", rules::rows),
    ("sticky", sticky::rows),
    ("tcp", tcp::rows),
    ("troubled", troubled::rows),
    ("variables", variables::rows),
];

macro_rules! one_test_a_file {
    ($($name:ident)*) => { $(#[test] fn $name() { compare_file(stringify!($name)); })* };
}
mod same_as_haproxy {
    use super::compare_file;
    one_test_a_file! {
        bodies broken conditions connections cookies fetches forwarded inspection lines manners routing rules sticky tcp troubled variables
    }
}

/// An open connection that stays silent so long counts as kept.
const LINGER: Duration = Duration::from_millis(60);
/// How long Ringmain may take to close where haproxy closed.
const LINGER_LONG: Duration = Duration::from_secs(2);

fn compare_file(file: &str) {
    let filter = std::env::var("ROW").unwrap_or_default();
    let rows = FILES.iter().find(|(name, _)| *name == file).expect("a file of the table").1;
    let rows: Vec<Row> = rows().into_iter().filter(|r| r.id.contains(&filter)).collect();
    if rows.is_empty() {
        return;
    }
    let fronts = rows.iter().map(|r| r.front).max().unwrap_or(1);
    let haproxy = Stand::start(Program::Haproxy, file, fronts);
    let wanted: Vec<Trace> = rows.iter().map(|row| haproxy.run(row, LINGER)).collect();
    if !filter.is_empty() {
        for (row, trace) in rows.iter().zip(&wanted) {
            println!("{} ({file}.cfg) by haproxy:\n  {}", row.id, trace.lines.join("\n  "));
        }
    }
    let failures: String = std::thread::scope(|scope| {
        let runs = [Io::Epoll, Io::Uring].map(|io| {
            let (rows, wanted) = (&rows, &wanted);
            scope.spawn(move || compare_program(Program::Ringmain(io), file, fronts, rows, wanted))
        });
        runs.map(|run| run.join().unwrap_or_else(|panic| format!("{}\n", message(&*panic)))).concat()
    });
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn random_requests_are_treated_the_same() {
    let files = [("conditions", 6), ("fetches", 3), ("forwarded", 7), ("routing", 5), ("rules", 5)];
    compare_random(&files, 150, random::request, |_| false);
}

#[test]
fn random_conversations_are_treated_the_same() {
    // About one in 5,000 times haproxy 2.6.12 answers 400 to a sound chunked body behind other requests, or cuts off
    // its answer by a reset because the client has sent more than was read.
    let mistaken = |haproxy: &Trace| {
        let answers = &haproxy.outcome.answers;
        answers.iter().any(|a| a.head.status() == 400 || !a.body.complete)
    };
    compare_random(&[("bodies", 1), ("connections", 7)], 150, random::conversation, mistaken);
}

/// Compares rows made at random. The seed is fixed, so that a run can be repeated; `SEED=n` tries another one and
/// `COUNT=n` more rows a file. What haproxy does to a row is no measure where `mistaken` says so.
fn compare_random(
    files: &[(&str, usize)],
    count: u64,
    make: fn(&mut random::Rng, usize) -> Row,
    mistaken: fn(&Trace) -> bool,
) {
    let number = |name: &str, or: u64| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(or);
    let (seed, count) = (number("SEED", 1), number("COUNT", count));
    let mut failures = String::new();
    for (file, fronts) in files {
        let mut rng = random::Rng(seed);
        let rows: Vec<Row> = (0..count).map(|_| make(&mut rng, *fronts)).collect();
        let stands = [Program::Haproxy, Program::Ringmain(Io::Epoll), Program::Ringmain(Io::Uring)];
        let [wanted, epoll, uring] = stands.map(|program| {
            let stand = Stand::start(program, file, *fronts);
            rows.iter().map(|row| stand.run(row, Duration::ZERO)).collect::<Vec<Trace>>()
        });
        for (n, row) in rows.iter().enumerate() {
            for (got, io) in [(&epoll[n], "epoll"), (&uring[n], "uring")] {
                if let Some(difference) = difference(&wanted[n], got).filter(|_| !mistaken(&wanted[n])) {
                    let _ =
                        writeln!(failures, "SEED={seed}, row {n} of {file}.cfg, {io}, {row}:\n{difference}");
                }
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "the stand panicked".to_owned())
}

fn compare_program(program: Program, file: &str, fronts: usize, rows: &[Row], wanted: &[Trace]) -> String {
    let stand = Stand::start(program, file, fronts);
    let mut failures = String::new();
    for (row, wanted) in rows.iter().zip(wanted) {
        let linger = if wanted.outcome.end == End::Kept { LINGER } else { LINGER_LONG };
        let got = stand.run(row, linger);
        let failure = match &row.differs {
            Some(_) if Program::is_understudied() => difference(wanted, &got),
            Some(differs) => {
                let same = wanted.lines == got.lines;
                let stale =
                    same.then(|| "  says that it differs, but it is the same as haproxy\n".to_owned());
                stale.or_else(|| unexpected(differs, &got))
            }
            None => difference(wanted, &got),
        };
        if let Some(failure) = failure {
            let _ = writeln!(failures, "{} ({file}.cfg, {}):\n{failure}", row.id, program.name());
        }
    }
    failures
}

/// The lines of one trace beside the other's where they are not equal.
fn difference(wanted: &Trace, got: &Trace) -> Option<String> {
    if wanted.lines == got.lines {
        return None;
    }
    let (a, b) = (&wanted.lines, &got.lines);
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    let mut out = String::new();
    for line in &a[..head] {
        let _ = writeln!(out, "    {line}");
    }
    for line in &a[head..a.len() - tail] {
        let _ = writeln!(out, "  - {line}");
    }
    for line in &b[head..b.len() - tail] {
        let _ = writeln!(out, "  + {line}");
    }
    for line in &a[a.len() - tail..] {
        let _ = writeln!(out, "    {line}");
    }
    Some(out)
}

/// What is wrong with a deliberate difference.
fn unexpected(differs: &table::Differs, got: &Trace) -> Option<String> {
    let end = if got.outcome.end == End::Reset { End::Closed } else { got.outcome.end };
    let as_said =
        got.outcome.statuses() == differs.statuses && end == differs.end && got.passed == differs.passed;
    (!as_said).then(|| {
        format!(
            "  should be {:?}, {:?}, {} passed on, because: {}\n  is:\n    {}\n",
            differs.statuses,
            differs.end,
            differs.passed,
            differs.why,
            got.lines.join("\n    ")
        )
    })
}

#[test]
fn ids_are_unique_and_there_are_enough_rows() {
    let rows: Vec<Row> = FILES.iter().flat_map(|(_, rows)| rows()).collect();
    let ids: BTreeSet<&str> = rows.iter().map(|r| r.id).collect();
    assert_eq!(ids.len(), rows.len(), "two rows have the same id");
    assert!(rows.len() >= 150, "the table has {} rows", rows.len());
}

/// `docs/compat.md` lists exactly the rows that differ, each with its reason.
#[test]
fn deliberate_differences_are_documented() {
    let documented = common::documented("Requests");
    let rows: Vec<Row> = FILES.iter().flat_map(|(_, rows)| rows()).collect();
    let differing: BTreeSet<&str> = rows.iter().filter(|r| r.differs.is_some()).map(|r| r.id).collect();
    assert_eq!(documented, differing, "left: docs/compat.md; right: the rows with `differs`");
}
