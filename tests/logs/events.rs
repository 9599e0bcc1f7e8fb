//! Events of servers and proxies arrive in the logs of their proxies, with haproxy's words and levels; targets other than UDP.

use crate::Case;
use crate::common::client;
use crate::common::proxy::{Io, Program};
use crate::line::Line;
use crate::stage::Stage;
use crate::talk::{row, talk};
use std::io::{Read, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::time::Duration;

const CONFIG: &str = "
global
    nbthread 1
    stats socket ${DIR}/stats level admin
    log ${LOG} local7
defaults
    mode http
    log ${LOG} local0
    log ${LOG} local1 notice alert
    log-tag events
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend f
    bind \"127.0.10.1:${F1}\"
    default_backend b
backend b
    option log-health-checks
    server a ${A} check inter 100ms fall 1 rise 1
    server off ${B} disabled
backend other
    no log
    server x ${B}
";

/// What a program says in its log while a server goes down, comes up, is drained and the process stops.
fn story(program: Program) -> Vec<String> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!(
        "events-{}-{}",
        std::process::id(),
        program.name()
    ));
    let _ = std::fs::create_dir_all(&dir);
    let case = Case { config: CONFIG, fronts: 1, rows: Vec::new() };
    let mut stage = Stage::start_in(program, &case, &dir);
    let say = |command: &str| {
        let mut socket = UnixStream::connect(dir.join("stats")).expect("the statistics socket");
        socket.write_all(format!("{command}\n").as_bytes()).expect("write");
        let _ = socket.read_to_string(&mut String::new());
    };
    let mut all = Vec::new();
    stage.ground.stop("A");
    all.extend(stage.log.until("has no server available"));
    stage.ground.restart("A");
    all.extend(stage.log.until("Server b/a is UP"));
    say("disable server b/a");
    all.extend(stage.log.until("maintenance"));
    say("enable server b/a");
    all.extend(stage.log.until("is UP/READY"));
    say("set server b/a state drain");
    all.extend(stage.log.until("enters drain state"));
    say("disable server other/x");
    stage.proxy.signal(nix::sys::signal::Signal::SIGHUP);
    all.extend(stage.log.until("SIGHUP: Proxy b"));
    stage.proxy.signal(nix::sys::signal::Signal::SIGUSR1);
    all.extend(stage.log.until("Proxy b stopped"));
    while let Some(line) = stage.log.next(Duration::from_millis(200)) {
        all.push(crate::common::text(&line));
    }
    let _ = std::fs::remove_dir_all(&dir);
    // How a check of a server that goes away fails depends on the moment.
    let masked = all.iter().map(|l| Line::new(l.as_bytes(), &[]).masked());
    let mut told: Vec<String> = masked
        .filter(|l| {
            !l.contains("Connect from") && !l.contains(" failed, reason") && !l.contains("<HTTPCLIENT>")
        })
        .collect();
    told.sort();
    told.dedup();
    told
}

#[test]
fn events_are_told_as_haproxy_tells_them() {
    let wanted = story(Program::Haproxy);
    assert!(wanted.iter().any(|l| l.contains("<133>DATE TAG[PID]: Server b/a is UP.")), "{wanted:#?}");
    assert!(!wanted.iter().any(|l| l.contains("other")), "{wanted:#?}");
    for io in [Io::Epoll, Io::Uring] {
        let got = story(Program::Ringmain(io));
        let missing: Vec<&String> = wanted.iter().filter(|l| !got.contains(l)).collect();
        let surplus: Vec<&String> = got.iter().filter(|l| !wanted.contains(l)).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "{io:?}: missing {missing:#?}, surplus {surplus:#?}"
        );
    }
}

const TARGETS: &str = "
global
    nbthread 2
    stats socket ${DIR}/stats level admin
defaults
    mode http
    option httplog
    log ${DIR}/gone local0
    log ${DIR}/socket local0
    log stderr format raw local0
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend f
    bind \"127.0.10.1:${F1}\"
    default_backend b
backend b
    server a ${A}
";

/// Unix sockets and descriptors get the lines; those that nobody takes are counted and delay nobody.
#[test]
fn other_targets_and_lost_lines() {
    for io in [Io::Epoll, Io::Uring] {
        let dir =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("targets-{}-{io:?}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).expect("a directory");
        let socket = UnixDatagram::bind(dir.join("socket")).expect("bind");
        socket.set_read_timeout(Some(Duration::from_secs(5))).expect("set");
        let case = Case { config: TARGETS, fronts: 1, rows: Vec::new() };
        let stage = Stage::start_in(Program::Ringmain(io), &case, &dir);
        let front = stage.ground.front(1);
        talk(front, &row("one", "GET /one").acts);
        let mut room = [0; 2_000];
        loop {
            let n = socket.recv(&mut room).expect("a line");
            if crate::common::text(&room[..n]).contains("\"GET /one HTTP/1.1\"") {
                break;
            }
        }
        stage.proxy.await_said("\"GET /one HTTP/1.1\"");
        // Nobody reads the socket from here on: it fills up, and requests pass as before.
        for n in 0..600 {
            let outcome = client::get(front, format!("GET /n{n} HTTP/1.0\r\nHost: a\r\n\r\n"));
            assert_eq!(outcome.statuses(), [200], "request {n}");
        }
        let mut stats = UnixStream::connect(dir.join("stats")).expect("the statistics socket");
        stats.write_all(b"show info\n").expect("write");
        let mut info = String::new();
        stats.read_to_string(&mut info).expect("read");
        let dropped = info.lines().find_map(|l| l.strip_prefix("DroppedLogs: ")).expect("the line");
        let dropped: u64 = dropped.parse().expect("a number");
        // Each line to the socket that is not there is lost, and most of those to the one that nobody reads.
        assert!((602..=1_300).contains(&dropped), "{dropped} lines are counted as lost");
        let _ = std::fs::remove_dir_all(&dir);
    }
}
