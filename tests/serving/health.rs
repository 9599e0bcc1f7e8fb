//! Servers that die and come back.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::common::ground::Ground;
use crate::{BOTH, DEFAULTS, get, origin, status};

/// Time over `fall × inter` that a loaded test machine may need.
const SLACK: Duration = crate::common::PATIENCE;

/// A server that takes the port of its clients has none to be checked at: the check's steps name it.
#[test]
fn a_server_without_a_port_is_checked_at_that_of_the_steps() {
    for program in BOTH {
        let mut ground = Ground::new();
        let (a, b) = (ground.back("A"), ground.back("B"));
        let config = format!(
            "{DEFAULTS}
listen site
    bind \"127.0.10.1:${{F1}}\"
    option tcp-check
    tcp-check connect port {}
    tcp-check connect addr {b}
    server s {}: check inter 100ms fall 2
",
            a.port(),
            a.ip()
        );
        let proxy = ground.serve(program, 1, &config);
        std::thread::sleep(Duration::from_millis(500));
        assert!(!proxy.errors().contains("DOWN"), "{}: {}", program.name(), proxy.errors());
        ground.stop("B");
        proxy.await_said("Server site/s is DOWN");
    }
}

#[test]
fn a_dead_server_is_out_after_fall_checks_and_back_after_rise() {
    let config = format!(
        "{DEFAULTS}
listen site
    bind \"127.0.10.1:${{F1}}\"
    balance roundrobin
    server a \"${{A}}\" check inter 100ms fall 3 rise 2
    server b \"${{B}}\" check inter 100ms fall 3 rise 2
"
    );
    for program in BOTH {
        let mut ground = Ground::new();
        let proxy = ground.serve(program, 1, &config);
        let (to, name) = (ground.front(1), program.name());
        assert!(until(to, SLACK, |seen| seen.contains("AB") || seen.contains("BA")), "{name}: both serve");

        ground.stop("A");
        let took = Instant::now();
        assert!(
            until(to, Duration::from_millis(300) + SLACK, |seen| seen.ends_with("BBBBBBBB")),
            "{name}: A is out"
        );
        println!("{name}: a dead server was out after {:?}", took.elapsed());

        ground.stop("B");
        assert!(until(to, Duration::from_millis(300) + SLACK, |seen| seen.ends_with("----")), "{name}: 503");
        std::thread::sleep(Duration::from_millis(400));
        let times = [(); 3].map(|()| {
            let began = Instant::now();
            assert_eq!(status(&get(to, "/")), 503, "{name}: no server is left");
            began.elapsed()
        });
        // At once: no timeout was waited for, of which the shortest has two seconds. The fastest of three: a busy machine
        // can only add.
        assert!(
            times.iter().any(|t| *t < Duration::from_millis(1_000)),
            "{name}: 503 comes at once: {times:?}"
        );

        ground.restart("A");
        assert!(
            until(to, Duration::from_millis(300) + SLACK, |seen| seen.ends_with("AAAA")),
            "{name}: A is back"
        );
        for line in ["Server site/a is DOWN", "Server site/b is DOWN", "Server site/a is UP"] {
            proxy.await_said(line);
        }
    }
}

/// Sends requests until `seen` (the origins' names, `-` for 503) is as wanted.
fn until(to: SocketAddr, limit: Duration, wanted: impl Fn(&str) -> bool) -> bool {
    let until = Instant::now() + limit;
    let mut seen = String::new();
    while Instant::now() < until {
        let outcome = get(to, "/");
        seen.push_str(if status(&outcome) == 503 { "-" } else { "" });
        if status(&outcome) == 200 {
            seen.push_str(&origin(&outcome));
        }
        if wanted(&seen) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    println!("seen: {seen}");
    false
}

#[test]
fn httpchk_reads_the_status() {
    let config = format!(
        "{DEFAULTS}
listen good
    bind \"127.0.10.1:${{F1}}\"
    option httpchk GET /status/204
    server a \"${{A}}\" check inter 50ms
listen bad
    bind \"127.0.10.1:${{F2}}\"
    option httpchk GET /status/500
    server b \"${{B}}\" check inter 50ms fall 2
listen other_port
    bind \"127.0.10.1:${{F3}}\"
    server c \"${{C}}\" check inter 50ms fall 2 addr 127.0.10.11 port 1
"
    );
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 3, &config);
        for n in [2, 3] {
            let down = until(ground.front(n), SLACK, |seen| seen.ends_with('-'));
            assert!(down, "{}: server {n} is down", program.name());
        }
        // By then the good one has been checked as often.
        assert!(until(ground.front(1), SLACK, |seen| seen.ends_with('A')), "{}", program.name());
    }
}

/// A backup serves only while no other server is up, and stops when one is back.
#[test]
fn a_backup_steps_in_and_steps_back() {
    let config = format!(
        "{DEFAULTS}
listen site
    bind \"127.0.10.1:${{F1}}\"
    server a \"${{A}}\" check inter 50ms fall 2 rise 2
    server b \"${{B}}\" backup
"
    );
    for program in BOTH {
        let mut ground = Ground::new();
        let _proxy = ground.serve(program, 1, &config);
        let (to, name) = (ground.front(1), program.name());
        assert!(until(to, SLACK, |seen| seen.ends_with("AAA")), "{name}: the server");
        ground.stop("A");
        assert!(
            until(to, Duration::from_millis(100) + SLACK, |seen| seen.ends_with("BBB")),
            "{name}: the backup"
        );
        ground.restart("A");
        assert!(
            until(to, Duration::from_millis(100) + SLACK, |seen| seen.ends_with("AAA")),
            "{name}: the server again"
        );
    }
}

/// With `option redispatch` a request that meets a dead server before its checks do goes to another one.
#[test]
fn redispatch_hides_a_death() {
    let config = format!(
        "{DEFAULTS}
listen site
    bind \"127.0.10.1:${{F1}}\"
    balance roundrobin
    retries 2
    option redispatch 1
    server a \"${{A}}\" check inter 10s
    server b \"${{B}}\" check inter 10s
"
    );
    for program in BOTH {
        let mut ground = Ground::new();
        let _proxy = ground.serve(program, 1, &config);
        ground.stop("A");
        for _ in 0..6 {
            let outcome = get(ground.front(1), "/");
            assert_eq!((status(&outcome), origin(&outcome).as_str()), (200, "B"), "{}", program.name());
        }
    }
}
