//! Compared with what HAProxy 2.6.12 printed, 2.5 s after three requests to each frontend of the same configuration. The files
//! in `golden/` are its answers as they were.
use super::columns::{self, NAMES};
use super::stat::View;
use super::typed::Rows;
use super::*;
use crate::base::ids::ServerId;
use crate::base::time::Tick;
use crate::plan::fixture::check_every;
use crate::plan::{Mode, Plan, ServerAddr};
use crate::share::Shared;
use crate::share::{CheckResult, CheckStatus};
use crate::world::{Health, World};
use std::net::SocketAddr;
use std::time::SystemTime;

const STAT: &str = include_str!("golden/show-stat.csv");
const STATE: &str = include_str!("golden/show-servers-state.txt");
const INFO: &str = include_str!("golden/show-info-names.txt");

/// The whole answer to `show stat`, which goes out in pieces.
pub(super) fn stat_csv(world: &World, shared: &Shared, process: &ProcessInfo, filter: &StatFilter) -> String {
    let trends = shared.trends().clone();
    let view = View { world, shared, process, trends: &trends };
    let units = stat_pieces::units(world, filter);
    let mut rows = Rows::new(filter.form());
    let mut out = String::new();
    if filter.is_csv() {
        columns::write_head(&mut out);
    }
    for unit in units {
        view.unit(unit, filter, &mut |object, row| match filter.is_csv() {
            true => row.write(&mut out),
            false => rows.add(object, &row),
        });
    }
    out + &if filter.is_csv() { String::new() } else { rows.finish() } + "\n"
}

/// Figures that we do not have: empty in our lines. HAProxy's `h1_*` count its health checks too.
const NOT_OURS: [&str; 11] = [
    "idle_conn_cur",
    "safe_conn_cur",
    "need_conn_est",
    "h1_open_connections",
    "h1_open_streams",
    "h1_total_connections",
    "h1_total_streams",
    "h1_bytes_in",
    "h1_bytes_out",
    "h1_spliced_bytes_in",
    "h1_spliced_bytes_out",
];

fn s(n: f64) -> Tick {
    Tick((n * 1e9) as u64)
}

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// The configuration behind the golden files.
fn plan() -> Plan {
    let mut plan = Plan::default();
    let site = plan.add_frontend("site");
    (site.maxconn, site.uuid, site.at.line) = (Some(100), 2, 1);
    let raw = plan.add_frontend("raw");
    (raw.maxconn, raw.uuid, raw.at.line, raw.mode) = (Some(5_000), 3, 2, Mode::Tcp);
    let farm = plan.add_backend("farm");
    (farm.fullconn, farm.uuid, farm.at.line) = (Some(20), 4, 3);
    let every = |ms| Some(check_every(Duration::from_millis(ms)));
    let a = plan.add_server("a", addr("127.0.40.1:24010"));
    (a.weight, a.check, a.maxconn, a.maxqueue) = (2, every(600), Some(7), Some(9));
    plan.add_server("b", addr("127.0.40.1:24011")).disabled = true;
    let c = plan.add_server("c", addr("127.0.40.1:24012"));
    (c.backup, c.check) = (true, every(600));
    let d = plan.add_server("d", addr("127.0.40.1:24013"));
    d.check = Some(crate::plan::Check { rise: 3, ..every(500).unwrap() });
    let raw = plan.add_backend("rawfarm");
    (raw.uuid, raw.at.line, raw.mode) = (5, 4, Mode::Tcp);
    let s1 = plan.add_server("s1", addr("[::1]:24010"));
    (s1.uuid, s1.id_given, s1.cookie) = (77, true, Some("xyz".to_owned()));
    let u = plan.add_server("u", addr("127.0.0.1:1"));
    (u.addr, u.check, u.disabled) = (ServerAddr::Unix("/tmp/sock".into()), every(2_000), true);
    plan.add_server("v", addr("127.0.40.1:24010")).weight = 0;
    let empty = plan.add_backend("empty");
    (empty.uuid, empty.at.line) = (6, 5);
    plan.frontends[0].default_backend = Some(crate::base::ids::BackendId(0));
    plan.frontends[1].default_backend = Some(crate::base::ids::BackendId(1));
    plan
}

/// The World and the counters as they were then.
fn stand() -> (World, Shared, ProcessInfo) {
    let mut world = World::new(Arc::new(plan()));
    let shared = Shared::new(1, 2, 3, 7);
    for i in 0..7 {
        let mut record = shared.checks.server(ServerId(i));
        record.life.last_change = s(10.0);
        let maint = world.server(ServerId(i)).admin.maint;
        (record.check.status, record.check.health) = (CheckStatus::Initializing, if maint { 0 } else { 2 });
    }
    for i in 0..3 {
        shared.checks.backend(crate::base::ids::BackendId(i)).last_change = s(10.0);
    }
    let mut found = |i, status: CheckStatus, code, info: &str, health| {
        let mut record = shared.checks.server(ServerId(i));
        let check = &mut record.check;
        (check.status, check.code, check.info, check.health) = (status, code, info.to_owned(), health);
        (check.result, check.duration) = (status.result(), Some(Duration::ZERO));
        if check.result == CheckResult::Failed {
            check.failed = 1;
            record.life.changed(s(11.0), true, false);
            world = world.with_server(ServerId(i), |state| state.health = Health::Down);
        }
    };
    found(0, CheckStatus::L7Ok, 200, "", 4);
    found(2, CheckStatus::L4Connection, 0, "Connection refused", 0);
    found(3, CheckStatus::L7Status, 503, "Say \"hi\", bye", 0);
    shared.sample(s(11.0));
    let shard = &shared.shards[0];
    for (fe, be, server, bytes_in, bytes_out) in [(0, 0, 0, 114, 153), (1, 1, 4, 138, 21)] {
        let (fe, be, server) = (&shard.frontends[fe], &shard.backends[be], &shard.servers[server]);
        for _ in 0..3 {
            for gauge in [&fe.conn_cur, &be.sess_cur, &server.sess_cur] {
                gauge.add(1);
                gauge.add(-1);
            }
            for counter in [
                &fe.conn_tot,
                &fe.sess_tot,
                &be.sess_tot,
                &server.sess_tot,
                &be.lb_total,
                &server.lb_total,
                &be.connect,
                &server.connect,
            ] {
                counter.inc();
            }
        }
        for counter in [&fe.bytes_in, &be.bytes_in, &server.bytes_in] {
            counter.add(bytes_in);
        }
        for counter in [&fe.bytes_out, &be.bytes_out, &server.bytes_out] {
            counter.add(bytes_out);
        }
    }
    for cells in [&shard.frontends[0].status, &shard.backends[0].status, &shard.servers[0].status] {
        cells[2].add(3);
    }
    for counter in [&shard.frontends[0].req_tot, &shard.backends[0].req_tot, &shard.servers[0].req_tot] {
        counter.add(3);
    }
    for times in
        [&shard.backends[0].times, &shard.backends[1].times, &shard.servers[0].times, &shard.servers[4].times]
    {
        for average in [&times.queue, &times.connect, &times.response, &times.total] {
            average.note(0);
        }
    }
    for second in [12.0, 13.0, 14.0] {
        shared.sample(s(second));
    }
    let process = ProcessInfo {
        name: "HAProxy".to_owned(),
        version: "2.6.12".to_owned(),
        release_date: "2026/10/17".to_owned(),
        pid: 4711,
        nbthread: 1,
        started: SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_464_743),
        up: Duration::from_secs(93_784),
        now: s(14.6),
        maxconn: 9_984,
        ulimit_n: 20_000,
        node: "vm".to_owned(),
        description: None,
        stopping: false,
        jobs: 6,
        listeners: 5,
        tasks: 20,
        dropped_logs: 0,
        memory: 0,
    };
    (world, shared, process)
}

/// One CSV line as `name=value`, without the columns that are not ours.
fn fields(line: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => values.push(String::new()),
            _ => values.last_mut().unwrap().push(c),
        }
    }
    let kept = NAMES.iter().zip(values).filter(|(name, _)| !NOT_OURS.contains(name));
    kept.map(|(name, value)| format!("{name}={value}")).collect()
}

#[test]
fn show_stat_is_haproxys_line_for_line() {
    let (world, shared, process) = stand();
    let ours = stat_csv(&world, &shared, &process, &StatFilter::default());
    assert!(ours.ends_with(",\n\n"));
    assert_eq!(ours.lines().next(), STAT.lines().next());
    let rows = |text: &str| -> Vec<Vec<String>> {
        text.lines().skip(1).filter(|l| !l.is_empty()).map(fields).collect()
    };
    let (ours, theirs) = (rows(&ours), rows(STAT));
    for (ours, theirs) in ours.iter().zip(&theirs) {
        let differing: Vec<_> = ours.iter().zip(theirs).filter(|(a, b)| a != b).collect();
        assert!(differing.is_empty(), "{} {}: {differing:?}", theirs[0], theirs[1]);
    }
    assert_eq!(ours.len(), theirs.len());
}

#[test]
fn a_server_on_its_way_up_shows_how_far() {
    let (world, shared, process) = stand();
    shared.checks.server(ServerId(3)).check.health = 1;
    shared.checks.server(ServerId(0)).check.health = 3;
    shared.checks.server(ServerId(0)).check.running = true;
    let csv = stat_csv(&world, &shared, &process, &StatFilter::default());
    let d = csv.lines().find(|l| l.starts_with("farm,d,")).unwrap();
    assert!(d.contains(",DOWN 1/3,"), "{d}");
    let a = csv.lines().find(|l| l.starts_with("farm,a,")).unwrap();
    assert!(a.contains(",UP 2/3,") && a.contains(",* L7OK,"), "{a}");
}

#[test]
fn filters_choose_rows_as_haproxy() {
    let (world, shared, process) = stand();
    let rows = |args: &[&str]| -> Vec<String> {
        let filter = StatFilter::parse(&world, args).unwrap();
        let csv = stat_csv(&world, &shared, &process, &filter);
        let rows = csv.lines().skip(1).filter(|l| !l.is_empty());
        rows.map(|l| l.splitn(3, ',').take(2).collect::<Vec<_>>().join("/")).collect()
    };
    assert_eq!(rows(&["farm", "4", "1"]), ["farm/a"]);
    assert_eq!(rows(&["4", "15", "2"]), ["farm/b", "farm/BACKEND"]);
    assert_eq!(rows(&["-1", "2", "-1"]), ["farm/BACKEND", "rawfarm/BACKEND", "empty/BACKEND"]);
    assert_eq!(rows(&["-1", "1", "-1"]), ["site/FRONTEND", "raw/FRONTEND"]);
    assert_eq!(
        rows(&["-1", "4", "-1", "no-maint"]),
        ["farm/a", "farm/c", "farm/d", "rawfarm/s1", "rawfarm/v"]
    );
    assert_eq!(rows(&["-1", "4", "-1", "up"]), ["farm/a", "rawfarm/s1", "rawfarm/v"]);
    assert_eq!(rows(&["ignored"]).len(), 12);
    assert_eq!(StatFilter::parse(&world, &["nosuch", "1", "1"]), Err("No such proxy.\n".to_owned()));
    let up = StatFilter::parse(&world, &["up"]).unwrap();
    let csv = stat_csv(&world, &shared, &process, &up);
    assert!(csv.contains(",UP (1/4),") && csv.contains(",UP (2/3),") && csv.contains(",UP (0/0),"));
}

#[test]
fn show_servers_state_is_haproxys() {
    let (world, shared, process) = stand();
    assert_eq!(servers_state(&world, &shared, process.now, None).unwrap().trim_end(), STATE.trim_end());
    let one = servers_state(&world, &shared, process.now, Some("rawfarm")).unwrap();
    assert_eq!(one.lines().filter(|l| l.starts_with("5 rawfarm ")).count(), 3);
    assert!(!one.contains("4 farm"));
    assert_eq!(
        servers_state(&world, &shared, process.now, Some("x")),
        Err("Can't find backend.\n".to_owned())
    );
}

#[test]
fn show_info_has_haproxys_names() {
    let (_, shared, process) = stand();
    let text = info_text(&shared, &process, Form::default());
    let names: Vec<&str> = text.lines().filter_map(|l| l.split_once(':')).map(|(n, _)| n).collect();
    assert_eq!(names, INFO.lines().collect::<Vec<_>>());
    for line in
        ["Uptime: 1d 2h03m04s", "Uptime_sec: 93784", "TotalBytesOut: 174", "BytesOutRate: 0", "Idle_pct: 100"]
    {
        assert!(text.contains(&format!("{line}\n")), "{line} in\n{text}");
    }
}

#[test]
fn a_sighup_dumps_servers_and_proxies() {
    let (world, shared, _) = stand();
    let said = sighup_dump(&world, &shared);
    let none = "Conn: act(FE+BE): 0+0, 0 pend (0 unass), tot(FE+BE)";
    for line in [
        "SIGHUP received, dumping servers states.".to_owned(),
        format!("SIGHUP: Proxy site has no servers. {none}: 3+0."),
        "SIGHUP: Server farm/a is UP. Conn: 0 act, 0 pend, 3 tot.".to_owned(),
        "SIGHUP: Server farm/c is DOWN. Conn: 0 act, 0 pend, 0 tot.".to_owned(),
        format!("SIGHUP: Proxy farm has 1 active servers and 0 backup servers available. {none}: 0+3."),
    ] {
        assert!(said.iter().any(|(_, text)| *text == line), "{line}\nin {said:#?}");
    }
}
