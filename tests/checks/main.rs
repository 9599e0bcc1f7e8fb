//! Health checks side by side: Debian's haproxy and Ringmain (on io_uring and on epoll) check servers that do exactly what a
//! script says. What the statistics show of each check, what is said on stderr and what the servers got must be equal.
//! `ROW=mysql cargo test --test checks` runs and prints the rows whose names hold `mysql`.

#[path = "../common/mod.rs"]
mod common;

mod csv;
mod life;
mod programs;
mod real;
mod script;
mod slowstart;
mod table;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

use common::ground::{file, scratch};
use common::proxy::{Io, Program, Proxy};
use common::socket::try_ask as ask;
use script::Scripted;
use table::{ROWS, Row};

/// What one program shows of one row.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    /// The columns of `show stat`.
    columns: String,
    /// The first line on stderr about the server.
    said: String,
    /// What the server got over its first connection.
    got: String,
}

/// A check is over when its columns have been seen this late at the latest.
const LIMIT: Duration = common::PATIENCE;

#[test]
fn every_kind_of_check_ends_as_haproxys() {
    let only = std::env::var("ROW").ok();
    let rows: Vec<&Row> =
        ROWS.iter().copied().flatten().filter(|r| only.as_ref().is_none_or(|o| r.name.contains(o))).collect();
    // Some rows end one way or the other by which of two things a program learns first (a server that sends and closes): on a
    // machine that is busy with something else the programs may see them apart. A difference that is one comes each time.
    let mut wrong = differences(&rows, only.is_some());
    for _ in 0..2 {
        let again: Vec<&Row> = rows.iter().copied().filter(|r| wrong.contains_key(r.name)).collect();
        if again.is_empty() {
            break;
        }
        wrong = differences(&again, only.is_some());
    }
    let wrong: String = wrong.into_values().collect();
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What 3.2.26 says and does, where 2.6 knows no such word of an agent or takes what is none.
#[test]
fn checks_that_end_as_those_of_3_2() {
    let rows: Vec<&Row> = table::NEWER.iter().map(|(row, _)| row).collect();
    for io in [Io::Epoll, Io::Uring] {
        let seen = run(Program::Ringmain(io), &rows);
        for (row, columns) in table::NEWER {
            let got = &seen[row.name].columns;
            assert!(got.starts_with(columns), "{}: {got}, not {columns}", row.name);
        }
    }
}

/// The rows that do not end alike under all programs, and in what.
fn differences(rows: &[&Row], show: bool) -> BTreeMap<&'static str, String> {
    let programs = [Program::Haproxy, Program::Ringmain(Io::Epoll), Program::Ringmain(Io::Uring)];
    let seen: Vec<BTreeMap<&str, Seen>> = std::thread::scope(|scope| {
        let runs = programs.map(|program| scope.spawn(move || run(program, rows)));
        runs.into_iter().map(|r| r.join().expect("a run")).collect()
    });
    let mut wrong: BTreeMap<&str, String> = BTreeMap::new();
    for row in rows {
        let wanted = &seen[0][row.name];
        if show {
            println!("{}: {wanted:#?}", row.name);
        }
        for (program, seen) in programs.iter().zip(&seen).skip(1) {
            let got = &seen[row.name];
            if got != wanted {
                let text = wrong.entry(row.name).or_default();
                let _ = writeln!(
                    text,
                    "{}: {}\n  haproxy  {wanted:?}\n  ringmain {got:?}",
                    row.name,
                    program.name()
                );
            }
        }
    }
    wrong
}

/// Lets a program check the servers of all rows.
fn run(program: Program, rows: &[&Row]) -> BTreeMap<&'static str, Seen> {
    let servers: Vec<Scripted> = rows.iter().map(|r| Scripted::start(r.script)).collect();
    let socket = scratch("sock", "");
    let _ = std::fs::remove_file(&socket);
    let mut config = format!(
        "global\n    stats socket {} mode 600 level admin\n    max-spread-checks 100ms\n\
         defaults\n    mode http\n    timeout connect 2s\n    timeout client 5s\n    timeout server 5s\n",
        socket.display()
    );
    for (row, server) in rows.iter().zip(&servers) {
        let port = server.addr.port();
        let _ = writeln!(config, "backend {}", row.name);
        for line in row.lines {
            let _ = writeln!(config, "    {}", line.replace("PORT", &port.to_string()));
        }
        let parameters = row.server.replace("PORT", &port.to_string());
        let _ = writeln!(config, "    server s 127.0.10.11:{port} {parameters}");
    }
    let proxy = Proxy::start_with(program, &file(&config), &[], &["-db"], &[]);
    let mut seen: BTreeMap<&'static str, Seen> = BTreeMap::new();
    // A check's end and what it does to its server may be published one after the other: what stands still is believed.
    let mut last: BTreeMap<&'static str, String> = BTreeMap::new();
    let until = Instant::now() + LIMIT;
    while seen.len() < rows.len() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(15));
        let Some(stat) = ask(&socket, "show stat") else { continue };
        let lines = csv::rows(&stat);
        for row in rows {
            if seen.contains_key(row.name) {
                continue;
            }
            let line = lines.iter().find(|l| l["pxname"] == row.name && l["svname"] == "s");
            if let Some(columns) = line.and_then(|l| finished(row, l))
                && let Some(before) = last.insert(row.name, columns.clone())
                && before == columns
            {
                seen.insert(row.name, Seen { columns, ..Seen::default() });
            }
        }
    }
    let missing: Vec<&str> = rows.iter().map(|r| r.name).filter(|n| !seen.contains_key(n)).collect();
    let errors = if seen.is_empty() { proxy.errors() } else { String::new() };
    assert!(missing.is_empty(), "{}: never over: {missing:?}\n{errors}", program.name());
    for (row, server) in rows.iter().zip(&servers) {
        let name = row.name;
        let entry = seen.get_mut(name).expect("seen");
        entry.said = said(&proxy, name);
        entry.got = server.first();
    }
    let _ = std::fs::remove_file(&socket);
    seen
}

/// The columns of a check that is over, `None` while one runs.
fn finished(row: &Row, line: &BTreeMap<String, String>) -> Option<String> {
    let status = &line[if row.agent { "agent_status" } else { "check_status" }];
    if status.starts_with('*') || status == "INI" || status.is_empty() {
        return None;
    }
    let columns: &[&str] = match row.agent {
        true => &[
            "status",
            "agent_status",
            "agent_code",
            "last_agt",
            "agent_desc",
            "weight",
            "agent_rise",
            "agent_fall",
            "slim",
        ],
        false => &[
            "status",
            "check_status",
            "check_code",
            "last_chk",
            "check_desc",
            "chkfail",
            "check_rise",
            "check_fall",
        ],
    };
    Some(columns.iter().map(|c| format!("{c}={}", line[*c])).collect::<Vec<_>>().join(" "))
}

/// The first line about the row's server, without the process id and how long the check took.
fn said(proxy: &Proxy, name: &str) -> String {
    let about = format!("erver {name}/s ");
    let errors = proxy.errors();
    let Some(line) = errors.lines().find(|l| l.contains(&about)) else { return String::new() };
    let mut line = match line.split_once(") : ") {
        Some((level, text)) => format!("{} {text}", level.split(' ').next().unwrap_or_default()),
        None => line.to_owned(),
    };
    if let Some(at) = line.find("check duration: ") {
        let digits = at + "check duration: ".len();
        let end = line[digits..].find("ms").map_or(line.len(), |n| digits + n);
        line.replace_range(digits..end, "N");
    }
    line
}
