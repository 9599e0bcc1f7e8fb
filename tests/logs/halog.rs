//! `halog`, as HAProxy's package has it, over the lines of haproxy and of Ringmain of the same requests, filed as a syslog server
//! does it: what it counts must be the same, bytes included.

use crate::Case;
use crate::common::ground::scratch;
use crate::common::proxy::{Io, Program};
use crate::stage::Stage;
use crate::talk::{Row, row};
use std::path::Path;
use std::process::Command;

const CONFIG: &str = "
global
    nbthread 1
defaults
    mode http
    log ${LOG} local0
    option httplog
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend site
    bind \"127.0.10.1:${F1}\"
    http-request deny if { path /deny }
    use_backend dead if { path /dead }
    default_backend pages
backend pages
    server a ${A}
backend dead
    retries 0
    server d ${DEAD}
";

fn rows() -> Vec<Row> {
    vec![
        row("halog-1", "GET /len/5"),
        row("halog-2", "GET /len/70000"),
        row("halog-3", "GET /len/5"),
        row("halog-4", "GET /status/404"),
        row("halog-5", "GET /deny"),
        row("halog-6", "GET /dead"),
        row("halog-7", "BAD||"),
    ]
}

/// `F` is the file. Times are cut off.
const LINES: [&str; 12] = [
    "halog -q -st F",
    "halog -q -tc F",
    "halog -q -srv F | awk '{ print $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 }' | sort",
    "halog -q -uc F | awk '{ print $1, $2, $7, $8, $9 }' | sort",
    "halog -q -ubt F | awk '{ print $1, $2, $7, $8, $9 }' | sort",
    "halog -q -ic F",
    "halog -q -c -e F",
    "halog -q -c -hs 200:299 F",
    "halog -q -c -HS 200:299 F",
    "halog -q -c -tcn -- F",
    "halog -q -c -TCN -- F",
    "grep -c ' 503 ' F",
];

fn printed(file: &Path, line: &str) -> String {
    let line = line.replace('F', &file.display().to_string());
    let out = Command::new("sh").args(["-c", &format!("PATH=$PATH:/usr/sbin; {line}")]).output().expect("sh");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(out.stderr.is_empty(), "{line}: {}", text(&out.stderr));
    text(&out.stdout)
}

fn all(program: Program) -> Vec<String> {
    let case = Case { config: CONFIG, fronts: 1, rows: rows() };
    let stage = Stage::start(program, &case);
    let mut text = String::new();
    for row in &case.rows {
        let lines = stage.run(row, Some(1));
        assert_eq!(lines.len(), 1, "{}: {lines:?}", row.id);
        // A syslog server puts the host's name behind the date.
        let line = lines[0].text.trim_start_matches("<134>").trim_end_matches("\\n");
        let (date, rest) = line.split_at("Nov 29 10:27:49".len());
        text.push_str(&format!("{date} lb{rest}\n"));
    }
    let file = scratch("log", &text);
    let all = LINES.iter().map(|line| printed(&file, line)).collect();
    std::fs::remove_file(file).expect("the file goes again");
    all
}

#[test]
fn halog_counts_what_it_counts_of_haproxy() {
    let wanted = all(Program::Haproxy);
    for (line, wanted) in LINES.iter().zip(&wanted) {
        assert!(!wanted.trim().is_empty(), "{line} prints nothing");
    }
    for io in [Io::Epoll, Io::Uring] {
        for ((line, wanted), got) in LINES.iter().zip(&wanted).zip(all(Program::Ringmain(io))) {
            assert_eq!(got, *wanted, "{io:?}: {line}");
        }
    }
}
