//! Targets that fail, and Ctrl-C.

mod common;

use common::{Dir, SHORT, Said, command, result, run, signal, wait};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::time::Duration;

fn with_target(name: &str, target: &str, more: &[&str]) -> (Said, Value) {
    let dir = Dir::new(name);
    let out = dir.path("");
    let mut line = vec!["run", "small-keepalive", "--target", target, "--out", &out];
    line.extend(SHORT);
    line.extend(more);
    let said = run(&line);
    (said, dir.report())
}

#[test]
fn a_target_that_cannot_start_is_told_with_its_own_words() {
    let (said, report) = with_target("start", "bad=sh -c 'echo no port {port} for me >&2; exit 3'", &[]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    let failure = report["scenarios"][0]["results"][0]["failure"].as_str().expect("a failure");
    assert!(failure.contains("bad ended with exit status: 3") && failure.contains("for me"), "{failure}");
    assert!(
        said.out.contains("FAILED: bad ended") && said.out.contains("Nothing was measured."),
        "{}",
        said.out
    );
}

#[test]
fn a_target_that_dies_under_load_keeps_its_errors() {
    let dies = format!(
        "dies=timeout 1.5 {} __floor {{port}} {{origin}} requests epoll",
        env!("CARGO_BIN_EXE_loadtest")
    );
    let (said, report) = with_target("dies", &dies, &["--seconds", "4"]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    let r = result(&report, "small-keepalive", "dies");
    assert_eq!(r["runs"], 0);
    assert!(r["failure"].as_str().expect("a failure").contains("a process of the target ended"), "{r}");
    let errors = r["errors"].as_object().expect("errors");
    let lost: u64 = errors.values().filter_map(Value::as_u64).sum();
    assert!(lost > 0 && errors.contains_key("connect: refused"), "{errors:?}");
    assert!(said.out.contains("ERRORS:"), "{}", said.out);
}

/// A server on a thread per connection; ends with the test.
fn serve(answer: fn(TcpStream)) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream));
        }
    });
    address
}

fn against(name: &str, address: SocketAddr, more: &[&str]) -> (Said, Value) {
    let dir = Dir::new(name);
    let (address, out) = (address.to_string(), dir.path(""));
    let mut line = vec!["against", &address, "--out", &out];
    line.extend(SHORT);
    line.extend(more);
    let said = run(&line);
    (said, dir.report())
}

#[test]
fn latency_counts_from_the_schedule_and_a_slow_service_is_not_the_clients_fault() {
    const WORK: Duration = Duration::from_millis(50);
    let address = serve(|mut stream| {
        let mut piece = [0; 4096];
        while stream.read(&mut piece).is_ok_and(|n| n > 0) {
            std::thread::sleep(WORK);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    });
    // Two connections take 40 requests a second at most.
    let (said, report) = against("slow", address, &["--rate", "200", "--connections", "2"]);
    let r = &report["scenarios"][0]["results"][0];
    let (p50, p99) = (common::figure(r, "p50_us").unwrap(), common::figure(r, "p99_us").unwrap());
    assert!(p50 > 2.0 * WORK.as_micros() as f64, "the wait for a connection counts: p50 {p50} µs");
    let lag = common::figure(r, "schedule_lag_p99_us").unwrap();
    assert!(lag < p99 / 2.0, "lag {lag} µs, p99 {p99} µs");
    let unsent = r["errors"]["never sent: no connection was free"].as_u64();
    assert!(unsent.is_some_and(|n| n > 0), "what was never sent is counted: {}", said.out);
}

#[test]
fn a_service_that_refuses_everybody_is_told_at_once() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    for (name, address, error) in [
        ("refuses", port, "× connect: refused"),
        ("closes", serve(drop), "0 of 8 connections had a first answer"),
    ] {
        let (said, report) = against(name, address, &[]);
        assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
        let failure = report["scenarios"][0]["results"][0]["failure"].as_str().expect("a failure");
        assert!(failure.contains("the clients gave up") && failure.contains(error), "{failure}");
    }
}

#[test]
fn bad_answers_are_errors_and_no_part_of_the_rate() {
    let address = serve(|mut stream| {
        let mut piece = [0; 4096];
        while stream.read(&mut piece).is_ok_and(|n| n > 0) {
            let _ = stream.write_all(b"HTTP/1.1 503 Not now\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let (said, report) = against("status", address, &[]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let r = &report["scenarios"][0]["results"][0];
    assert!(r["errors"]["status 503"].as_u64().is_some_and(|n| n > 0), "{r}");
    assert_eq!(common::figure(r, "requests_per_second"), Some(0.0));
    assert_eq!(common::figure(r, "p99_us"), None, "what failed has no latency");
    assert!(said.out.contains("status 503"), "{}", said.out);
}

#[test]
fn ctrl_c_ends_with_what_there_is() {
    let dir = Dir::new("stop");
    let out = dir.path("");
    let mut line = vec!["compare", "--targets", "floor-epoll", "small-keepalive", "--out", &out];
    line.extend(SHORT);
    line.extend(["--runs", "100"]);
    let mark = format!("LOADTEST_TEST={}", std::process::id());
    let mut asked = command(&line);
    asked.env("LOADTEST_TEST", std::process::id().to_string());
    let mut child = asked.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("loadtest starts");
    let mut lines = BufReader::new(child.stderr.take().expect("its errors")).lines();
    let second = lines.by_ref().map_while(Result::ok).find(|l| l.contains("run 2/100"));
    assert!(second.is_some(), "a second run");
    signal(child.id(), "INT");
    let pid = child.id();
    let status = wait(&mut child, Duration::from_secs(20)).expect("it ends");
    assert_eq!(status.code(), Some(0), "what was asked for until then was measured");
    let report = dir.report();
    assert_eq!(report["complete"], false);
    let runs = result(&report, "small-keepalive", "floor-epoll")["runs"].as_u64().unwrap();
    assert!((2..100).contains(&runs), "{runs} runs");
    assert!(dir.text("report.html").contains("Ended by Ctrl-C"));
    assert!(!std::env::temp_dir().join(format!("loadtest-{pid}")).exists(), "its directory is gone");
    assert_eq!(marked(&mark), Vec::<String>::new(), "nothing it started is left");
}

/// Commands of the processes that have this in their environment, but for tests.
fn marked(mark: &str) -> Vec<String> {
    let mut left = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
        let read = |name: &str| std::fs::read(entry.path().join(name)).unwrap_or_default();
        if read("environ").split(|b| *b == 0).any(|v| v == mark.as_bytes()) {
            left.push(String::from_utf8_lossy(&read("cmdline")).replace('\0', " "));
        }
    }
    left
}
