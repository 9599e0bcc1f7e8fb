use super::*;
use crate::base::time::Tick;
use crate::plan::Plan;
use crate::plan::fixture::check_every;
use crate::share::CheckStatus;
use crate::world::Health;
use std::collections::HashSet;
use std::time::{Duration, SystemTime};

pub fn process() -> ProcessInfo {
    ProcessInfo {
        name: "Ringmain".into(),
        version: "1 \"x\"".into(),
        release_date: String::new(),
        pid: 1,
        nbthread: 2,
        started: SystemTime::UNIX_EPOCH,
        up: Duration::from_secs(5),
        now: Tick(9_000_000_000),
        maxconn: 100,
        ulimit_n: 1_000,
        node: String::new(),
        description: None,
        stopping: false,
        jobs: 0,
        listeners: 1,
        tasks: 0,
        dropped_logs: 0,
        memory: 0,
    }
}

/// A frontend, a backend with so many servers, one of them in maintenance, and a TCP backend.
fn made(servers: usize, query: &str, change: impl FnOnce(&Shared)) -> Vec<Vec<u8>> {
    let mut plan = Plan::default();
    plan.add_frontend("site").at.line = 1;
    plan.add_backend("farm").at.line = 2;
    for n in 0..servers {
        let server = plan.add_server(&format!("s{n}"), "127.0.0.1:80".parse().unwrap());
        server.check = check_every(Duration::from_secs(1)).into();
    }
    let raw = plan.add_backend("raw");
    (raw.at.line, raw.mode) = (3, Mode::Tcp);
    let shared = Shared::new(2, 1, 2, servers);
    change(&shared);
    let world = World::new(Arc::new(plan))
        .with_server(crate::base::ids::ServerId(0), |s| s.admin.maint = true)
        .with_server(crate::base::ids::ServerId(1), |s| s.health = Health::Down);
    answer(Arc::new(world), Arc::new(shared), process(), format!("/m{query}").as_bytes()).collect()
}

fn text(pieces: &[Vec<u8>]) -> String {
    String::from_utf8(pieces[1..].concat()).unwrap()
}

fn names(text: &str) -> Vec<String> {
    let heads = text.lines().filter_map(|l| l.strip_prefix("# TYPE "));
    heads.map(|l| l.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn each_metric_stands_once_with_all_its_lines() {
    let text = text(&made(3, "", |_| ()));
    let names = names(&text);
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "a metric comes twice");
    let mut current = "";
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("# TYPE ") {
            current = name.split(' ').next().unwrap();
        } else if !line.starts_with('#') {
            let name = line.split(['{', ' ']).next().unwrap();
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            assert!(name == current || base == Some(current), "{line} stands below {current}");
        }
    }
    let built = text.lines().find(|l| l.starts_with("haproxy_process_build_info{version=\"")).unwrap();
    assert!(built.ends_with("1 \\\"x\\\"\"} 1"), "{built}");
    assert!(text.contains("haproxy_process_current_zlib_memory NaN\n"));
    assert!(!text.contains("http_requests_total{proxy=\"raw\"}"), "a metric of HTTP alone");
}

#[test]
fn states_are_lines_of_their_own() {
    let checked = |shared: &Shared| {
        let record = &mut shared.checks.server(crate::base::ids::ServerId(1)).check;
        (record.status, record.code, record.duration) =
            (CheckStatus::L7Status, 503, Some(Duration::from_millis(1_234)));
    };
    let text = text(&made(3, "", checked));
    for line in [
        "haproxy_server_status{proxy=\"farm\",server=\"s0\",state=\"MAINT\"} 1",
        "haproxy_server_status{proxy=\"farm\",server=\"s1\",state=\"DOWN\"} 1",
        "haproxy_server_status{proxy=\"farm\",server=\"s2\",state=\"UP\"} 1",
        "haproxy_server_status{proxy=\"farm\",server=\"s2\",state=\"DOWN\"} 0",
        "haproxy_server_check_status{proxy=\"farm\",server=\"s1\",state=\"L7STS\"} 1",
        "haproxy_server_check_code{proxy=\"farm\",server=\"s1\"} 503",
        "haproxy_server_check_duration_seconds{proxy=\"farm\",server=\"s1\"} 1.234000",
        "haproxy_backend_agg_server_status{proxy=\"farm\",state=\"MAINT\"} 1",
        "haproxy_backend_agg_check_status{proxy=\"farm\",state=\"L7STS\"} 1",
        "haproxy_server_limit_sessions{proxy=\"farm\",server=\"s2\"} NaN",
    ] {
        assert!(text.lines().any(|l| l == line), "no {line}");
    }
    assert!(!text.contains("check_status{proxy=\"farm\",server=\"s0\""), "nobody checks it now");
}

#[test]
fn the_query_chooses() {
    let some = text(&made(3, "?metrics=haproxy_server_status,haproxy_process_jobs&no-maint", |_| ()));
    assert_eq!(names(&some), ["haproxy_process_jobs", "haproxy_server_status"]);
    assert!(!some.contains("s0") && some.contains("s1"));
    let most = text(&made(3, "?scope=frontend&metrics=-haproxy_frontend_status", |_| ()));
    assert!(!most.contains("frontend_status") && most.contains("haproxy_frontend_bytes_in_total"));
    let extra = text(&made(3, "?scope=frontend&extra-counters", |_| ()));
    assert!(extra.contains("# TYPE haproxy_frontend_h1_total_streams counter\n"), "{extra}");
    assert!(extra.contains("haproxy_frontend_h1_total_streams{proxy=\"site\",mod=\"h1\"} 0\n"));
    let wrong = made(3, "?scope=bogus", |_| ());
    assert!(wrong[0].starts_with(b"HTTP/1.1 400 Bad request\r\ncontent-length: 90\r\n"));
    assert_eq!(wrong[1].len(), 90);
}

#[test]
fn latencies_are_histograms() {
    let shared = |shared: &Shared| {
        shared.shards[0].backends[0].latency.note(1_500_000);
        shared.shards[1].backends[0].latency.note(3_000_000_000);
    };
    let text = text(&made(2, "?scope=backend", shared));
    for line in [
        "# TYPE ringmain_backend_response_time_seconds histogram",
        "ringmain_backend_response_time_seconds_bucket{proxy=\"farm\",le=\"0.001048576\"} 0",
        "ringmain_backend_response_time_seconds_bucket{proxy=\"farm\",le=\"0.002097152\"} 1",
        "ringmain_backend_response_time_seconds_bucket{proxy=\"farm\",le=\"+Inf\"} 2",
        "ringmain_backend_response_time_seconds_sum{proxy=\"farm\"} 3.001500000",
        "ringmain_backend_response_time_seconds_count{proxy=\"farm\"} 2",
    ] {
        assert!(text.lines().any(|l| l == line), "no {line} in {text}");
    }
    assert!(!text.contains("seconds_count{proxy=\"raw\"}"), "bytes have no answers");
}

#[test]
fn thousands_of_servers_come_in_pieces() {
    let pieces = made(3_000, "", |_| ());
    assert!(pieces.len() > 500, "{}", pieces.len());
    assert!(pieces.iter().all(|p| !p.is_empty() && p.len() < 2 * PIECE));
    let text = text(&pieces);
    assert_eq!(text.lines().filter(|l| l.starts_with("haproxy_server_sessions_total{")).count(), 3_000);
}
