//! Servers that come and go over the statistics socket: the same commands to haproxy and to Ringmain, and traffic that goes on
//! while they do.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::agents::compare;
use crate::common::client::{self, Exchange, Step};
use crate::common::ground::Ground;
use crate::runtime_edits::{ask, await_socket, socket_path};
use crate::{BOTH, DEFAULTS, get, origin, status};

const FILE: &str = "
listen site
    bind \"127.0.10.1:${F1}\"
    server z 127.0.31.9:9
backend farm
    server s1 127.0.31.2:18411 check inter 60s
    server s2 127.0.31.2:18412 id 4
    server s3 127.0.31.2:18413 disabled
    server s4 127.0.31.2:18414 track s1
    server s5 127.0.31.2:18415
    use-server s2 if { path /x }
    use-server s3 if { srv_is_up(farm/s5) }
backend turns
    balance static-rr
    server s1 127.0.31.2:18411
backend table
    balance source
    server s1 127.0.31.2:18411
backend ring
    balance source
    hash-type consistent
backend least
    balance leastconn
backend first
    balance first
backend off
    disabled
    server s1 127.0.31.2:18411
backend raw
    mode tcp
backend http
    default-server inter 7s weight 77
    option httpchk
";

#[test]
fn who_may_come() {
    let commands = [
        "add server",
        "add server farm",
        "add server farm/",
        "add server farm/n1",
        "add server nope/n1 127.0.31.3:80",
        "add server site/s 127.0.31.3:80",
        "add server farm/s1 127.0.31.3:80",
        "add server farm/n1 127.0.31.3",
        "add server farm/n2 127.0.31.3:80",
        "add server farm/n3 127.0.31.3:80 foo",
        "add server farm/n3 127.0.31.3:80 chek",
        "add server farm/n3 127.0.31.3:80 weight 999",
        "add server farm/n3 127.0.31.3:99999",
        "add server farm/n3 127.0.31.3:80 init-addr none",
        "add server farm/n3 127.0.31.3:80 resolvers x",
        "add server farm/n3 127.0.31.3:80 redir http://x",
        "add server farm/n3 127.0.31.3:80 non-stick",
        "add server farm/n3 127.0.31.3:80 id 0",
        "add server farm/n3 127.0.31.3:80 id 77",
        "add server farm/n3 127.0.31.3:80 id 78",
        "add server farm/n4 127.0.31.3:+80",
        "add server farm/n5 /tmp/nobody.sock",
        "add server farm/n6 [::1]:80 backup disabled",
        "add server farm/n7 127.0.31.3:80 check inter 60s rise 1",
        "add server farm/n8 127.0.31.3:+5 check",
        "add server farm/n8 127.0.31.3:80 check port 81 track s1",
        "add server farm/n8 127.0.31.3:80 track n7",
        "add server farm/n8 127.0.31.3:80 track nope",
        "add server farm/n8 127.0.31.3:80 track nope/x",
        "add server farm/n8 127.0.31.3:80 track s2",
        "add server farm/n8 127.0.31.3:80 track farm/s1",
        "add server farm/n9 127.0.31.3:80 agent-check",
        "add server farm/n9 127.0.31.3:80 agent-check agent-inter 60s agent-port 99",
        "add server farm/n10 127.0.31.3:80 maxconn 5 minconn 2 maxqueue 3",
        "add server farm/n11 127.0.31.3:80 rise x",
        "add server farm/n11 127.0.31.3:80 addr 127.0.31.4",
        "add server farm/a/b 127.0.31.3:80",
        "add server farm/a,b 127.0.31.3:80",
        "add server turns/n1 127.0.31.3:80",
        "add server table/n1 127.0.31.3:80",
        "add server off/n1 127.0.31.3:80",
        "add server ring/n1 127.0.31.3:80",
        "add server least/n1 127.0.31.3:80",
        "add server first/n1 127.0.31.3:80",
        "add server raw/n1 127.0.31.3:80 send-proxy slowstart 10s tfo observe layer4",
        "add server raw/n2 127.0.31.3:80 observe layer7",
        "add server http/n1 127.0.31.3:80 check",
        "show servers state",
        "show stat",
        "set server farm/n9 agent up",
        "enable agent farm/n9",
        "set server farm/n9 agent up",
        "enable server farm/n9",
        "enable health farm/n2",
        "enable server farm/n2",
        "enable server farm/n8",
        "set server farm/n2 weight 50%",
        "set server farm/n2 addr 127.0.31.5 port 85",
        "set server farm/n2 fqdn foo",
        "set server farm/n2 check-port 9",
        "set maxconn server farm/n2 5",
        "get weight farm/n2",
        "show servers state farm",
    ];
    compare("", FILE, ("L4CON", 1), &commands);
}

#[test]
fn who_may_go() {
    let commands = [
        "del server",
        "del server farm",
        "del server farm/nope",
        "del server nope/x",
        "del server farm/s1",
        "del server farm/s2",
        "del server farm/s5",
        "del server farm/s3",
        "del server farm/s3",
        "del server farm/s4",
        "add server farm/n1 127.0.31.3:80",
        "add server farm/n2 127.0.31.3:80 track s1",
        "enable server farm/n1",
        "enable server farm/n2",
        "del server farm/n1",
        "set server farm/n1 state maint",
        "show stat",
        "del server farm/n1",
        "set server farm/n1 state ready",
        "add server farm/n1 127.0.31.3:81",
        "show servers state farm",
        "set server farm/s1 state maint",
        "show stat",
        "set server farm/s4 state maint",
        "show stat",
        "del server farm/s4",
        "del server farm/s1",
        "del server farm/n2",
        "set server farm/s2 state maint",
        "del server farm/s2",
        "set server turns/s1 state maint",
        "del server turns/s1",
        "del server table/s1",
        "del server off/s1",
        "show servers state",
        "show stat",
    ];
    compare("", FILE, ("L4CON", 1), &commands);
}

const TRAFFIC: &str = "
listen site
    bind \"127.0.10.1:${F1}\"
    balance BALANCE
    http-reuse always
    server a \"${A}\"
";

fn answered(socket: &Path, command: &str) {
    let answer = ask(socket, command);
    assert!(answer.trim().is_empty() || answer.starts_with("New server"), "{command}: {answer}");
}

/// Brings a server that was put into maintenance away; requests that were on their way may end first.
fn away(socket: &Path, name: &str) {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let answer = ask(socket, &format!("del server {name}"));
        if answer.starts_with("Server deleted.") {
            return;
        }
        assert!(
            answer.starts_with("Server still has connections") && Instant::now() < until,
            "{name}: {answer}"
        );
        thread::sleep(Duration::from_millis(5));
    }
}

/// Clients that ask over and over, one connection for several requests; gives how many answers there were.
fn asking(to: std::net::SocketAddr, over: &AtomicBool, lost: &AtomicUsize) -> usize {
    let mut answers = 0;
    while !over.load(Ordering::Relaxed) {
        let request = b"GET /x HTTP/1.1\r\nHost: example.test\r\n\r\n".to_vec();
        let exchange = Exchange {
            steps: (1..=5).flat_map(|n| [Step::Send(request.clone()), Step::AwaitHeads(n)]).collect(),
            methods: vec!["GET".to_owned(); 5],
            answers: 5,
            linger: Duration::ZERO,
            ..Exchange::default()
        };
        let outcome = client::run(to, &exchange);
        let good = outcome.answers.iter().filter(|a| a.head.status() == 200).count();
        lost.fetch_add(5 - good, Ordering::Relaxed);
        answers += good;
    }
    answers
}

#[test]
fn no_request_is_lost_while_servers_come_and_go() {
    for (program, balance) in BOTH.into_iter().zip(["roundrobin", "leastconn"]) {
        let ground = Ground::new();
        let socket = socket_path();
        let config = format!(
            "global\n    nbthread 2\n    stats socket {} level admin\n{DEFAULTS}{}",
            socket.display(),
            TRAFFIC.replace("BALANCE", balance)
        );
        let proxy = ground.serve(program, 1, &config);
        await_socket(&socket);
        let (over, lost) = (AtomicBool::new(false), AtomicUsize::new(0));
        let (b, c) = (ground.back("B"), ground.back("C"));
        let to = ground.front(1);
        let answers: usize = thread::scope(|scope| {
            let clients: Vec<_> = (0..4).map(|_| scope.spawn(|| asking(to, &over, &lost))).collect();
            for round in 0..15 {
                answered(&socket, &format!("add server site/b {b} weight 2"));
                answered(&socket, "enable server site/b");
                answered(&socket, &format!("add server site/c{round} {c} maxconn 2"));
                answered(&socket, &format!("enable server site/c{round}"));
                thread::sleep(Duration::from_millis(10));
                answered(&socket, "set server site/b state maint");
                away(&socket, "site/b");
                answered(&socket, &format!("set server site/c{round} state maint"));
                away(&socket, &format!("site/c{round}"));
            }
            over.store(true, Ordering::Relaxed);
            clients.into_iter().map(|c| c.join().expect("a client")).sum()
        });
        let name = program.name();
        assert_eq!(lost.load(Ordering::Relaxed), 0, "{name}: of {answers}\n{}", proxy.errors());
        let log = ground.log.take(Duration::from_secs(1));
        let seen = |who: &str| log.iter().filter(|s| s.origin == who).count();
        assert!(seen("B") > 0 && seen("C") > 0, "{name}: {} {} {}", seen("A"), seen("B"), seen("C"));
        // Nothing of those that came is left.
        let state = ask(&socket, "show servers state");
        assert_eq!(state.lines().filter(|l| l.contains(" site ")).count(), 1, "{state}");
        assert_eq!(origin(&get(to, "/")), "A");
    }
}

#[test]
fn a_server_that_came_takes_its_turns_and_is_checked() {
    for program in BOTH {
        let ground = Ground::new();
        let socket = socket_path();
        let config = format!(
            "global\n    nbthread 1\n    stats socket {} level admin\n{DEFAULTS}{}",
            socket.display(),
            TRAFFIC.replace("BALANCE", "roundrobin")
        );
        let _proxy = ground.serve(program, 1, &config);
        await_socket(&socket);
        let to = ground.front(1);
        answered(&socket, &format!("add server site/b {} check inter 50ms", ground.back("B")));
        assert_eq!([origin(&get(to, "/")), origin(&get(to, "/"))], ["A", "A"]);
        answered(&socket, "enable health site/b");
        answered(&socket, "enable server site/b");
        let mut both = [origin(&get(to, "/")), origin(&get(to, "/"))];
        both.sort();
        assert_eq!(both, ["A", "B"]);
        // One that nobody answers for is found out.
        answered(&socket, &format!("add server site/d {} check inter 20ms", ground.back("DEAD")));
        answered(&socket, "enable health site/d; enable server site/d");
        let until = Instant::now() + Duration::from_secs(5);
        while !ask(&socket, "show stat").contains("L4CON") {
            assert!(Instant::now() < until, "{}", ask(&socket, "show stat"));
            thread::sleep(Duration::from_millis(10));
        }
        while ask(&socket, "show servers state").lines().any(|l| l.contains(" d ") && l.contains(" 2 0 1 1 "))
        {
            assert!(Instant::now() < until, "{}", ask(&socket, "show servers state"));
            thread::sleep(Duration::from_millis(10));
        }
        let all: Vec<u16> = (0..10).map(|_| status(&get(to, "/"))).collect();
        assert!(all.iter().all(|s| *s == 200), "{}: {all:?}", program.name());
    }
}
