//! `http-request use-service prometheus-exporter` beside Debian's haproxy: after the same traffic the same metrics, words,
//! labels and counts. The client library of Prometheus and its exporter for HAProxy read ours. Both I/O modes.

#[path = "../common/mod.rs"]
mod common;
mod haproxystats;
mod pipes;
mod tools;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use common::client::{self, Outcome};
use common::ground::{Ground, file, scratch};
use common::proxy::{Io, Program, Proxy};

const BOTH: [Program; 2] = [Program::Ringmain(Io::Epoll), Program::Ringmain(Io::Uring)];

const FILE: &str = "global
    stats socket SOCKET mode 600 level admin
    nbthread 1
    maxconn 500
defaults
    mode http
    timeout connect 2s
    timeout client 5s
    timeout server 5s
frontend web
    bind 127.0.10.1:${F1}
    maxconn 100
    http-request use-service prometheus-exporter if { path /metrics }
    http-request deny if { path /never }
    default_backend app
listen both
    bind 127.0.10.1:${F2}
    stick-table type ip size 10k expire 1m
    stick on src
    server b1 ${B}
    server b2 ${DEAD} disabled
backend app
    server good ${A} check inter 100ms weight 3 maxconn 20 maxqueue 9
    server bad ${DEAD} check inter 100ms fall 1
    server spare ${B} backup
    server away ${C} check disabled
    server drained ${D} weight 0
backend metrics
    http-request use-service prometheus-exporter
listen bytes
    mode tcp
    bind 127.0.10.1:${F3}
    stick-table type string len 9 size 100
    server t1 ${A}
frontend other
    bind 127.0.10.1:${F4}
    stats uri /s
    default_backend metrics
";

struct Stand {
    _proxy: Proxy,
    ground: Ground,
    socket: PathBuf,
}

fn start(program: Program) -> Stand {
    let ground = Ground::new();
    let ready = [ground.front(1), ground.front(2), ground.front(3), ground.front(4)];
    let socket = scratch("sock", "");
    let _ = std::fs::remove_file(&socket);
    let config = file(&FILE.replace("SOCKET", &socket.display().to_string()));
    let proxy = Proxy::start(program, &config, &ground.env, &ready);
    let stand = Stand { _proxy: proxy, ground, socket };
    // Both checked servers have been looked at, and the one that is not there is down.
    let until = Instant::now() + Duration::from_secs(10);
    let seen = |page: &str| {
        page.contains("haproxy_server_check_status{proxy=\"app\",server=\"good\",state=\"L4OK\"} 1")
            && page.contains("haproxy_server_check_status{proxy=\"app\",server=\"bad\",state=\"L4CON\"} 1")
    };
    while !seen(&metrics(&stand, "?scope=server")) {
        assert!(Instant::now() < until, "no check has ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    stand
}

fn ask(to: SocketAddr, method: &str, target: &str, body: &str) -> Outcome {
    let len = match body.len() {
        0 => String::new(),
        n => format!("Content-Length: {n}\r\n"),
    };
    client::get(to, format!("{method} {target} HTTP/1.1\r\nHost: h\r\n{len}Connection: close\r\n\r\n{body}"))
}

fn body(outcome: &Outcome) -> String {
    let bytes = &outcome.answers.last().expect("an answer").body.bytes;
    String::from_utf8(bytes.clone()).expect("text")
}

/// From the frontend whose figures nobody compares.
fn metrics(stand: &Stand, query: &str) -> String {
    body(&ask(stand.ground.front(4), "GET", &format!("/{query}"), ""))
}

/// The same requests to each program.
fn traffic(stand: &Stand) {
    let to = |n, path: &str| ask(stand.ground.front(n), "GET", path, "");
    for path in ["/len/100", "/len/5", "/status/404", "/status/503", "/never", "/len/7"] {
        to(1, path);
    }
    for _ in 0..3 {
        to(2, "/len/9");
        to(3, "/len/11");
    }
    ask(stand.ground.front(1), "POST", "/echo", "some body");
    client::get(stand.ground.front(1), "NONSENSE\r\n\r\n");
    assert_eq!(to(1, "/metrics?scope=global").statuses(), [200]);
    assert_eq!(to(1, "/metrics?scope=bogus").statuses(), [400]);
    std::thread::sleep(Duration::from_millis(300));
}

/// Figures of the clock, of the machine and of the program itself, and those that are not counted here (`docs/compat.md`).
fn is_compared(series: &str) -> bool {
    const NOT: [&str; 17] = [
        // One connection may still be ending while the next begins.
        "_max_sessions",
        "_seconds",
        "_seconds_total",
        "_rate",
        "_rate_max",
        "_build_info",
        "_process_current_tasks",
        "_process_idle_time_percent",
        "_process_jobs",
        "_process_pool_allocated_bytes",
        "_process_pool_used_bytes",
        "_process_max_fds",
        "_process_max_sockets",
        "_unsafe_idle_connections_current",
        "_safe_idle_connections_current",
        "_need_connections_current",
        "_idle_connections_current",
    ];
    let name = series.split('{').next().unwrap_or(series);
    // How often was asked while the checks were waited for is a matter of chance.
    let of_the_asker = series.contains("proxy=\"other\"")
        || series.contains("proxy=\"metrics\"")
        || name.starts_with("haproxy_process_")
            && (name.ends_with("_total") || name.contains("_connections"));
    // A page of its own that tells its version.
    let of_the_page = name == "haproxy_frontend_bytes_out_total" && series.contains("proxy=\"web\"");
    let limit = name.starts_with("haproxy_process_") && name.contains("max");
    !NOT.iter().any(|end| name.ends_with(end)) && !of_the_page && (limit || !of_the_asker)
}

/// A page with its figures, and with a mark in place of those that are not compared.
fn comparable(page: &str) -> Vec<String> {
    let lines = page.lines().filter(|l| !l.contains("ringmain_"));
    lines
        .map(|line| match line.rsplit_once(' ') {
            Some((series, _)) if !line.starts_with('#') && !is_compared(series) => {
                let series =
                    if series.contains("_build_info") { "haproxy_process_build_info" } else { series };
                format!("{series} …")
            }
            _ => line.to_owned(),
        })
        .collect()
}

/// The lines in which two pages differ.
fn differences(wanted: &[String], got: &[String]) -> Vec<String> {
    let mut all: Vec<String> = wanted.iter().filter(|l| !got.contains(l)).map(|l| format!("- {l}")).collect();
    all.extend(got.iter().filter(|l| !wanted.contains(l)).map(|l| format!("+ {l}")));
    all
}

#[test]
fn metrics_are_haproxys_after_the_same_traffic() {
    let page = |program| {
        let stand = start(program);
        traffic(&stand);
        metrics(&stand, "")
    };
    let wanted = comparable(&page(Program::Haproxy));
    // 5 answers of servers and metrics; 5 refusals, one of them for the connection by which the start was seen.
    for (class, count) in [("2xx", 5), ("4xx", 5), ("5xx", 1)] {
        let line = format!("haproxy_frontend_http_responses_total{{proxy=\"web\",code=\"{class}\"}} {count}");
        assert!(wanted.contains(&line), "no {line}");
    }
    assert!(wanted.len() > 900, "{}", wanted.len());
    for program in BOTH {
        let got = comparable(&page(program));
        let differences = differences(&wanted, &got);
        assert!(differences.is_empty(), "{}:\n{}", program.name(), differences.join("\n"));
        let moved = wanted.iter().zip(&got).find(|(wanted, got)| wanted != got);
        assert!(
            moved.is_none() && wanted.len() == got.len(),
            "{}: the order differs: {moved:?}",
            program.name()
        );
    }
}

/// Queries and methods: the same status, fields and series. `metrics` and `extra-counters` are of 3.x: 2.6.12 ignores them.
#[test]
fn queries_and_methods_are_taken_as_haproxy_takes_them() {
    const QUERIES: [&str; 18] = [
        "",
        "?",
        "?scope=global",
        "?scope=frontend&scope=sticktable",
        "?scope=listener",
        "?scope=backend&no-maint",
        "?scope=server&no-maint",
        "?scope=s%65rver",
        "?scope=*",
        "?scope=",
        "?scope",
        "?scope=global&scope=",
        "?scope=bogus",
        "?scope=global+",
        "?scope=%zz",
        "?x%=1",
        "?foo&bar=1",
        "?no-maint=anything",
    ];
    let rows = |program| -> Vec<String> {
        let stand = start(program);
        let (rules, backend) = (stand.ground.front(1), stand.ground.front(4));
        let mut rows = Vec::new();
        let mut row = |what: String, outcome: &Outcome| {
            let answer = outcome.answers.last().unwrap_or_else(|| panic!("{what}: no answer"));
            let fields =
                ["content-type", "cache-control", "connection", "content-length", "transfer-encoding"];
            let fields: Vec<_> = fields.iter().map(|f| answer.head.field(f)).collect();
            let text = String::from_utf8_lossy(&answer.body.bytes).into_owned();
            let series: BTreeSet<&str> = if answer.head.status() == 200 {
                let own = text.lines().filter(|l| !l.contains("ringmain_") && !l.contains("build_info{"));
                own.map(|l| if l.starts_with('#') { l } else { l.rsplit_once(' ').map_or(l, |(s, _)| s) })
                    .collect()
            } else {
                BTreeSet::from([text.as_str()])
            };
            rows.push(format!("{what}: {} {fields:?} {series:#?}", answer.head.line));
        };
        for query in QUERIES {
            row(query.to_owned(), &ask(rules, "GET", &format!("/metrics{query}"), ""));
        }
        for (method, sent) in
            [("HEAD", ""), ("POST", ""), ("POST", "some=form"), ("PUT", "bytes"), ("OPTIONS", "")]
        {
            row(method.to_owned(), &ask(backend, method, "/?scope=global", sent));
        }
        let kept = "GET /?scope=sticktable HTTP/1.1\r\nHost: h\r\n\r\n".repeat(2);
        let outcome = client::get(backend, kept + "GET /?scope=frontend HTTP/1.0\r\n\r\n");
        row(format!("HTTP/1.0 after {:?}", outcome.statuses()), &outcome);
        rows
    };
    let wanted = rows(Program::Haproxy);
    for program in BOTH {
        for (got, wanted) in rows(program).iter().zip(&wanted) {
            let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
            assert!(
                got == wanted,
                "{}:\n{}",
                program.name(),
                differences(&lines(wanted), &lines(got)).join("\n")
            );
        }
    }
}
