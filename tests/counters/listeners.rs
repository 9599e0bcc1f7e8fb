//! `option socket-stats`: rows of listeners in the CSV, in typed lines and JSON, on the page and for Prometheus, beside haproxy.

use crate::common::client::{self, Outcome};
use crate::common::proxy::Program;
use crate::common::{self, FRONT};
use crate::{BOTH, Rows, Stand, number};

const FILE: &str = "global
    nbthread 2
    stats socket SOCKET level admin
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend web
    option socket-stats
    bind 127.0.10.1:${F1} name alpha maxconn 50
    bind 127.0.10.1:${F2},127.0.10.1:${F3}
    bind 127.0.10.1:${F4} id 9
    bind unix@UNIX
    stats uri /stats
    stats show-legends
    http-request use-service prometheus-exporter if { path /metrics }
    http-request deny if { path /never }
    default_backend app
listen bytes
    mode tcp
    option socket-stats
    bind 127.0.10.1:${F5} name alpha
    server t ${A}
frontend plain
    bind 127.0.10.1:${F6}
    default_backend app
backend app
    server alpha ${A}
";

const FRONTS: usize = 6;

fn start(program: Program) -> Stand {
    let unix = crate::no_file("unix");
    Stand::start(program, FRONTS, &FILE.replace("UNIX", &unix.display().to_string()))
}

fn get(stand: &Stand, front: usize, target: &str) -> Outcome {
    let request = format!("GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    client::get(stand.ground.front(front), request)
}

/// The same for each program: what came by its listeners. The figures of the start are cleared first.
fn traffic(stand: &Stand) -> Rows {
    // Whoever looked whether the listeners are there has been counted, each once, and is over.
    let began = || {
        let rows = stand.rows();
        let of =
            |field: &str| -> u64 { rows.values().map(|row| row[field].parse::<u64>().unwrap_or(0)).sum() };
        of("conn_tot") == FRONTS as u64 && of("scur") == 0
    };
    assert!(common::eventually(began), "{:?}", stand.rows());
    const COUNTS: [&str; 5] = ["stot", "scur", "ereq", "req_tot", "hrsp_4xx"];
    let cleared = || {
        stand.ask("clear counters all");
        let nothing = |row: &std::collections::BTreeMap<String, String>| {
            COUNTS.iter().all(|field| row[*field].parse().unwrap_or(0) == 0)
        };
        stand.rows().values().all(nothing)
    };
    assert!(common::eventually(cleared), "the counters are not cleared: {:?}", stand.rows());
    for (front, target) in
        [(1, "/len/100"), (1, "/never"), (2, "/len/5"), (4, "/len/7"), (5, "/connclose/9"), (6, "/len/3")]
    {
        get(stand, front, target);
    }
    client::get(stand.ground.front(3), "NONSENSE\r\n\r\n");
    let mut rows = Rows::new();
    let over = common::eventually(|| {
        rows = stand.rows();
        let sum = |field: &str, kind: &str| -> u64 {
            let of_kind = rows.values().filter(|row| row["type"] == kind);
            of_kind.map(|row| row[field].parse::<u64>().unwrap_or(0)).sum()
        };
        sum("stot", "3") == 6 && sum("scur", "3") == 0 && sum("stot", "0") == 7 && sum("scur", "0") == 0
    });
    assert!(over, "{}: {rows:#?}", stand.proxy.program.name());
    rows
}

/// A listener's fields that both programs count alike.
fn shown(rows: &Rows) -> Vec<String> {
    let listeners = rows.iter().filter(|(_, row)| row["type"] == "3");
    let line = |row: &std::collections::BTreeMap<String, String>| {
        let fields = row
            .iter()
            .filter(|(field, value)| !value.is_empty() && !matches!(field.as_str(), "addr" | "smax"));
        fields.map(|(field, value)| format!("{field}={value}")).collect::<Vec<_>>().join(" ")
    };
    listeners.map(|(_, row)| line(row)).collect()
}

#[test]
fn rows_of_listeners_are_haproxys() {
    let wanted = shown(&traffic(&start(Program::Haproxy)));
    assert_eq!(wanted.len(), 6, "{wanted:#?}");
    assert!(
        wanted.iter().any(|l| l.contains("svname=sock-9") && l.contains("sid=9 ") && l.contains("stot=1 "))
    );
    for program in BOTH {
        let stand = start(program);
        let rows = traffic(&stand);
        assert_eq!(shown(&rows), wanted, "{}", program.name());
        // A frontend is the sum of its listeners.
        for field in ["stot", "bin", "bout", "dreq", "ereq"] {
            let all: u64 = ["alpha", "sock-2", "sock-3", "sock-9", "sock-5"]
                .iter()
                .map(|name| number(&rows, "web", name, field))
                .sum();
            let of = if field == "stot" { "conn_tot" } else { field };
            assert_eq!(all, number(&rows, "web", "FRONTEND", of), "{}: {field}", program.name());
        }
        assert!(number(&rows, "web", "alpha", "bin") > 60 && number(&rows, "web", "alpha", "bout") > 200);
        let address = &rows[&("web".to_owned(), "alpha".to_owned())]["addr"];
        assert_eq!(*address, format!("{FRONT}:{}", stand.ground.front(1).port()));
        stand.ask("clear counters all");
        let left = || number(&stand.rows(), "web", "alpha", "stot");
        assert!(common::eventually(|| left() == 0), "{}: not cleared", program.name());
    }
}

#[test]
fn they_are_chosen_and_ordered_as_haproxy_does() {
    let names = |stand: &Stand, question: &str| -> Vec<String> {
        let csv = stand.ask(question);
        let lines = csv.lines().skip(1).filter(|line| !line.is_empty());
        lines.map(|line| line.split(',').take(2).collect::<Vec<_>>().join("/")).collect()
    };
    let questions = [
        "show stat",
        "show stat -1 8 -1",
        "show stat web 8 9",
        "show stat -1 9 -1",
        "show stat bytes 12 1",
        "show stat up",
    ];
    let seen = |program: Program| -> Vec<Vec<String>> {
        let stand = start(program);
        questions.iter().map(|question| names(&stand, question)).collect()
    };
    let wanted = seen(Program::Haproxy);
    assert_eq!(wanted[2], ["web/sock-9"]);
    for program in BOTH {
        assert_eq!(seen(program), wanted, "{}", program.name());
    }
}

/// Names, tags, types and words of a listener's typed lines, and its metrics without their values.
fn forms(stand: &Stand) -> Vec<String> {
    let typed = stand.ask("show stat -1 8 -1 typed desc");
    let mut all: Vec<String> = typed
        .lines()
        .filter(|line| line.starts_with('L'))
        .map(|line| {
            let mut parts = line.splitn(4, ':');
            let shape: Vec<&str> = parts.by_ref().take(3).collect();
            format!("{} {}", shape.join(":"), line.rsplit_once(":\"").map_or("", |(_, d)| d))
        })
        .collect();
    let answer = get(stand, 1, "/metrics?scope=listener");
    let page = String::from_utf8(answer.answers[0].body.bytes.clone()).expect("text");
    let moves = |line: &str| {
        line.contains("_bytes_") || line.contains("current_sessions") || line.contains("max_sessions")
    };
    all.extend(page.lines().map(|line| match line.rsplit_once(' ') {
        Some((series, _)) if !line.starts_with('#') && moves(line) => series.to_owned(),
        _ => line.to_owned(),
    }));
    all
}

#[test]
fn typed_lines_and_metrics_of_listeners_are_haproxys() {
    let seen = |program| {
        let stand = start(program);
        traffic(&stand);
        forms(&stand)
    };
    let wanted = seen(Program::Haproxy);
    assert!(
        wanted.iter().any(|l| l == "haproxy_listener_sessions_total{proxy=\"web\",listener=\"sock-9\"} 1")
    );
    assert!(wanted.len() > 250, "{}", wanted.len());
    for program in BOTH {
        assert_eq!(seen(program), wanted, "{}", program.name());
    }
}

#[test]
fn the_page_has_a_row_for_each() {
    for program in BOTH {
        let stand = start(program);
        let answer = get(&stand, 1, "/stats");
        let page = String::from_utf8(answer.answers[0].body.bytes.clone()).expect("text");
        let row = |id: &str| {
            let line = page.lines().find(|line| line.contains(&format!("<tr id=\"{id}\"")));
            line.unwrap_or_else(|| panic!("{}: no row {id}", program.name()))
        };
        // A server of the same name has another one.
        assert!(
            row("web/+alpha").contains("class=\"socket\"")
                && row("bytes/+alpha").contains("class=\"socket\"")
        );
        assert!(row("web/+sock-9").contains(", id: 9\""), "{}", row("web/+sock-9"));
        assert!(row("app/alpha").contains("active_no_check"));
        let (front, listener) = (page.find("id=\"web/FRONTEND\""), page.find("id=\"web/+alpha\""));
        assert!(front < listener && front.is_some());
        assert!(!page.contains("id=\"plain/+"), "nobody asked for these");
        let csv = get(&stand, 1, "/stats;csv");
        let csv = crate::rows(&String::from_utf8_lossy(&csv.answers[0].body.bytes));
        assert_eq!(csv.keys().collect::<Vec<_>>(), stand.rows().keys().collect::<Vec<_>>());
        let cells = |row: &str| row.matches("<td").count();
        assert_eq!(cells(row("web/+alpha")), cells(row("web/FRONTEND")));
    }
}
