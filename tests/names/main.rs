//! Names of servers that are looked up while running (manual 5.3): one script of a name server's answers for haproxy and for
//! Ringmain in both I/O modes. Addresses, states, weights, ports and what is said must be equal.

#[path = "../common/mod.rs"]
mod common;
mod destinations;
mod dns;
mod renamed;
mod resolved;

use std::io::{Read, Write};
use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use common::client;
use common::ground::{Ground, scratch};
use common::proxy::{Io, Program, Proxy};
use dns::{A, AAAA, Dns, SRV, Say, records};

const ALL: [Program; 3] = [Program::Haproxy, Program::Ringmain(Io::Epoll), Program::Ringmain(Io::Uring)];

/// Defaults most tests want.
const DEFAULTS: &str = "defaults\n    mode http\n    timeout connect 2s\n    timeout client 10s\n    timeout server 10s\n    retries 0\n";

const PATIENCE: Duration = Duration::from_secs(15);

/// A proxy with a name server and the servers of one test.
struct Stand {
    dns: Dns,
    proxy: Proxy,
    socket: PathBuf,
    ground: Ground,
}

impl Stand {
    fn new(program: Program, holds: &str, backends: &str) -> Stand {
        let (ground, dns) = (Ground::new(), Dns::start([127, 0, 10, 53]));
        let socket = scratch("sock", "");
        let _ = std::fs::remove_file(&socket);
        let config = format!(
            "global\n    nbthread 1\n    stats socket {} mode 600 level admin\nresolvers dns\n    nameserver n1 @DNS@\n    \
             timeout resolve 200ms\n    timeout retry 200ms\n{holds}\ndefaults\n    mode http\n    timeout connect 2s\n    \
             timeout client 10s\n    timeout server 10s\n    retries 0\nfrontend site\n    \
             bind \"127.0.10.1:${{F1}}\"\n    default_backend b\n{backends}\n",
            socket.display()
        );
        let config = config.replace("@DNS@", &format!("{}@{}", "udp", dns.addr));
        let config = config.replace("@TCP@", &format!("{}@{}", "tcp", dns.addr));
        let config = config.replace("@PORT@", &ground.back("A").port().to_string());
        let proxy = ground.serve(program, 1, &config);
        let end = Instant::now() + PATIENCE;
        while UnixStream::connect(&socket).is_err() {
            assert!(Instant::now() < end, "{}: {}", program.name(), proxy.errors());
            std::thread::sleep(Duration::from_millis(10));
        }
        Stand { dns, proxy, socket, ground }
    }

    fn ask(&self, question: &str) -> String {
        let mut stream = UnixStream::connect(&self.socket).expect("the statistics socket");
        stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
        stream.write_all(format!("{question}\n").as_bytes()).expect("ask");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the answer");
        answer
    }

    /// `server address port operational admin weight name srvrecord` of each server.
    fn servers(&self) -> Vec<String> {
        let text = self.ask("show servers state");
        let lines = text.lines().filter(|l| l.starts_with(|c: char| c.is_ascii_digit()) && l.contains(' '));
        lines
            .map(|l| {
                let w: Vec<&str> = l.split(' ').collect();
                [3, 4, 18, 5, 6, 7, 17, 19].map(|i| w[i]).join(" ")
            })
            .collect()
    }

    /// Waits until the servers are as given.
    fn await_servers(&self, program: Program, wanted: &[&str]) {
        let end = Instant::now() + PATIENCE;
        loop {
            let now = self.servers();
            if now == wanted {
                return;
            }
            assert!(
                Instant::now() < end,
                "{}: {now:#?}, not {wanted:#?}\n{}",
                program.name(),
                self.proxy.errors()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What was said about servers, without the process's number.
    fn said(&self) -> Vec<String> {
        let text = self.proxy.errors();
        let lines = text
            .lines()
            .filter(|l| l.contains("/READY") || l.contains("changed its IP") || l.contains("maintenance"));
        lines.map(|l| l.split_once(" : ").map_or(l, |(_, said)| said).to_owned()).collect()
    }

    /// A figure of the name server in `show resolvers`.
    fn figure(&self, name: &str) -> u64 {
        let text = self.ask("show resolvers dns");
        let line = text.lines().find_map(|l| l.trim().strip_prefix(&format!("{name}:")));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).trim().parse().expect("a number")
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.socket);
    }
}

const SHORT: &str =
    "    hold nx 0s\n    hold refused 0s\n    hold timeout 0s\n    hold other 0s\n    hold obsolete 0s";

/// An address that comes, changes, is not there, comes back in the other family; servers of one name do not share one.
#[test]
fn addresses_come_change_and_go() {
    let run = |program: Program| {
        let s = Stand::new(
            program,
            SHORT,
            "backend b\n    server s1 app.test:80 resolvers dns init-addr none\n    server s2 app.test:81 resolvers dns init-addr none",
        );
        let none = |n: u8, port: u16| format!("s{n} - {port} 0 32 1 app.test -");
        s.await_servers(program, &[&none(1, 80), &none(2, 81)]);
        s.dns.script(&[("app.test", A, records(&["127.0.0.11"]))]);
        s.await_servers(program, &["s1 127.0.0.11 80 2 0 1 app.test -", &none(2, 81)]);
        s.dns.script(&[("app.test", A, records(&["127.0.0.11", "127.0.0.12"]))]);
        s.await_servers(program, &["s1 127.0.0.11 80 2 0 1 app.test -", "s2 127.0.0.12 81 2 0 1 app.test -"]);
        s.dns.script(&[("app.test", A, records(&["127.0.0.13", "127.0.0.12"]))]);
        s.await_servers(program, &["s1 127.0.0.13 80 2 0 1 app.test -", "s2 127.0.0.12 81 2 0 1 app.test -"]);
        s.dns.script(&[("app.test", A, records(&["127.0.0.12"]))]);
        s.await_servers(program, &[&none(1, 80), "s2 127.0.0.12 81 2 0 1 app.test -"]);
        s.dns.script(&[("app.test", A, Say::Code(3)), ("app.test", AAAA, Say::Code(3))]);
        s.await_servers(program, &[&none(1, 80), &none(2, 81)]);
        s.dns.script(&[("app.test", A, records(&["127.0.0.11"])), ("app.test", AAAA, records(&["::1"]))]);
        s.await_servers(program, &["s1 ::1 80 2 0 1 app.test -", &none(2, 81)]);
        for (say, figure) in [(Say::Code(5), "refused"), (Say::Garbage, "invalid"), (Say::Code(2), "other")] {
            s.dns.script(&[("app.test", A, say.clone()), ("app.test", AAAA, say)]);
            s.await_servers(program, &[&none(1, 80), &none(2, 81)]);
            assert!(s.figure(figure) > 0, "{}: {figure}", program.name());
            s.dns.script(&[("app.test", A, records(&["127.0.0.11"]))]);
            s.await_servers(program, &["s1 127.0.0.11 80 2 0 1 app.test -", &none(2, 81)]);
        }
        s.dns.script(&[("app.test", A, Say::Nothing), ("app.test", AAAA, Say::Nothing)]);
        s.await_servers(program, &[&none(1, 80), &none(2, 81)]);
        let csv = s.ask("show stat");
        assert_eq!(csv.matches(",MAINT (resolution),").count(), 2, "{}: {csv}", program.name());
        s.said()
    };
    let wanted = run(Program::Haproxy);
    assert!(wanted.iter().any(|l| l.contains("(No IP for server )")), "{wanted:#?}");
    for program in &ALL[1..] {
        assert_eq!(run(*program), wanted, "{}", program.name());
    }
}

/// SRV records: order, ports, weights, addresses beside them, and servers that lose their records.
#[test]
fn services_are_shared_out_as_haproxy_does() {
    let run = |program: Program| {
        let s = Stand::new(
            program,
            SHORT,
            "backend b\n    server v1 _web._tcp.test resolvers dns\n    server v2 _web._tcp.test resolvers dns\n    \
             server v3 _web._tcp.test resolvers dns resolve-opts ignore-weight",
        );
        let targets = [
            ("w1.test", A, records(&["127.0.0.21"])),
            ("w2.test", A, records(&["127.0.0.22"])),
            ("w3.test", A, records(&["127.0.0.23"])),
        ];
        let with = |say: Say| {
            let mut all = targets.to_vec();
            all.push(("_web._tcp.test", SRV, say));
            s.dns.script(&all);
        };
        let free = |n: u8, admin: u8| format!("v{n} - 0 0 {admin} 1 - _web._tcp.test");
        s.await_servers(program, &[&free(1, 32), &free(2, 32), &free(3, 32)]);
        with(records(&["SRV 10 8001 w1.test", "SRV 600 8002 w2.test"]));
        s.await_servers(
            program,
            &[
                "v1 127.0.0.21 8001 2 64 1 w1.test _web._tcp.test",
                "v2 127.0.0.22 8002 2 64 3 w2.test _web._tcp.test",
                &free(3, 32),
            ],
        );
        // w2 moves to another port: that is another record, and another server's.
        with(records(&["SRV 65535 8001 w1.test", "SRV 600 8003 w2.test"]));
        let lost = "v2 - 0 0 96 3 - _web._tcp.test";
        s.await_servers(
            program,
            &[
                "v1 127.0.0.21 8001 2 64 256 w1.test _web._tcp.test",
                lost,
                "v3 127.0.0.22 8003 2 64 1 w2.test _web._tcp.test",
            ],
        );
        with(Say::Code(3));
        s.await_servers(
            program,
            &["v1 - 0 0 96 256 - _web._tcp.test", lost, "v3 - 0 0 96 1 - _web._tcp.test"],
        );
        s.said()
    };
    let wanted = run(Program::Haproxy);
    assert!(wanted.iter().any(|l| l.contains("(entry removed from SRV record)")), "{wanted:#?}");
    let sorted = |mut lines: Vec<String>| {
        // Answers for two targets arrive in either order.
        lines.sort();
        lines
    };
    let wanted = sorted(wanted);
    for program in &ALL[1..] {
        assert_eq!(sorted(run(*program)), wanted, "{}", program.name());
    }
}

/// The addresses that come along with SRV records are taken from there, and nobody asks for the targets.
#[test]
fn addresses_beside_srv_records_are_enough() {
    let run = |program: Program| {
        let s = Stand::new(program, SHORT, "backend b\n    server v1 _web._tcp.test resolvers dns");
        let beside = |ip: &str| {
            let near = format!("NEAR w1.test {ip}");
            s.dns.script(&[("_web._tcp.test", SRV, records(&["SRV 10 8001 w1.test", &near]))]);
            s.await_servers(program, &[&format!("v1 {ip} 8001 2 64 1 w1.test _web._tcp.test")]);
        };
        beside("127.0.0.41");
        beside("127.0.0.42");
        let asked = s.dns.asked();
        // haproxy asks for a target once nevertheless.
        let only = asked.iter().all(|(name, _)| name == "_web._tcp.test");
        assert!(only || program == Program::Haproxy, "{}: {asked:?}", program.name());
        s.said()
    };
    let wanted = run(Program::Haproxy);
    for program in &ALL[1..] {
        assert_eq!(run(*program), wanted, "{}", program.name());
    }
}

/// Requests follow the address, also over connections that are kept; what a name server does wrong changes nothing while
/// `hold` lasts, and no request waits for it.
#[test]
fn traffic_follows_the_address_and_waits_for_no_nameserver() {
    for program in ALL {
        let s = Stand::new(
            program,
            "    hold timeout 60s\n    hold other 60s\n    hold nx 60s\n    hold refused 60s",
            // haproxy goes on using idle connections to the old address.
            &format!(
                "backend b\n    http-reuse {}\n    server s1 app.test:@PORT@ resolvers dns init-addr 127.0.10.11 resolve-prefer ipv4",
                if program == Program::Haproxy { "never" } else { "always" }
            ),
        );
        let port = s.ground.back("A").port();
        let log = common::origin::Log::default();
        let _other =
            common::origin::Origin::start_at("MOVED", (IpAddr::from([127, 0, 10, 12]), port).into(), &log);
        let line = |ip: &str| format!("s1 {ip} {port} 2 0 1 app.test -");
        let origin = || {
            let began = Instant::now();
            let outcome =
                client::get(s.ground.front(1), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            assert!(began.elapsed() < Duration::from_secs(8), "{}: a request waited", program.name());
            outcome.answers.last().and_then(|a| a.head.field("x-origin")).unwrap_or("none").to_owned()
        };
        s.dns.script(&[("app.test", A, records(&["127.0.10.11"]))]);
        s.await_servers(program, &[&line("127.0.10.11")]);
        assert_eq!((origin(), origin()), ("A".to_owned(), "A".to_owned()), "{}", program.name());
        s.dns.script(&[("app.test", A, records(&["127.0.10.12"]))]);
        s.await_servers(program, &[&line("127.0.10.12")]);
        assert_eq!((origin(), origin()), ("MOVED".to_owned(), "MOVED".to_owned()), "{}", program.name());
        let elsewhere = vec!["127.0.10.11".to_owned()];
        for (say, figure) in [
            (Say::Nothing, "sent"),
            (Say::Forged(elsewhere), "outdated"),
            (Say::Garbage, "invalid"),
            (Say::Code(3), "nx"),
        ] {
            s.dns.script(&[("app.test", A, say.clone()), ("app.test", AAAA, say)]);
            let before = s.figure(figure);
            let end = Instant::now() + PATIENCE;
            while s.figure(figure) < before + 3 {
                assert!(Instant::now() < end, "{}: no {figure}", program.name());
                assert_eq!(origin(), "MOVED", "{}", program.name());
            }
            assert_eq!(s.servers(), [line("127.0.10.12")], "{}", program.name());
        }
    }
}

/// A check that finds nobody at the address has the name looked up long before its time.
#[test]
fn a_check_without_a_connection_asks_for_the_name() {
    for program in ALL {
        let mut s = Stand::new(
            program,
            "    timeout resolve 5m\n    hold valid 500ms",
            "backend b\n    server s1 app.test:@PORT@ check inter 200ms fall 1 rise 1 resolvers dns init-addr 127.0.10.11 \
             resolve-prefer ipv4",
        );
        let port = s.ground.back("A").port();
        let line = |ip: &str| format!("s1 {ip} {port} 2 0 1 app.test -");
        s.dns.script(&[("app.test", A, records(&["127.0.10.11"]))]);
        let log = common::origin::Log::default();
        let _other =
            common::origin::Origin::start_at("MOVED", (IpAddr::from([127, 0, 10, 12]), port).into(), &log);
        let end = Instant::now() + PATIENCE;
        while s.figure("valid") == 0 {
            assert!(Instant::now() < end, "{}: no answer", program.name());
            std::thread::sleep(Duration::from_millis(20));
        }
        s.await_servers(program, &[&line("127.0.10.11")]);
        s.dns.script(&[("app.test", A, records(&["127.0.10.12"]))]);
        std::thread::sleep(Duration::from_millis(1200));
        assert_eq!(s.servers(), [line("127.0.10.11")], "{}: nothing is wrong", program.name());
        s.ground.stop("A");
        s.await_servers(program, &[&line("127.0.10.12")]);
    }
}

/// `tcp@`: questions over a connection, which is made again after it has ended.
#[test]
fn a_nameserver_over_connections() {
    for program in ALL {
        let s = Stand::new(
            program,
            &format!(
                "{SHORT}\nresolvers stream\n    nameserver n1 @TCP@\n    timeout resolve 200ms\n    timeout retry 200ms"
            ),
            "backend b\n    server s1 app.test:80 resolvers stream init-addr none resolve-prefer ipv4",
        );
        s.dns.script(&[("app.test", A, records(&["127.0.0.11"]))]);
        s.await_servers(program, &["s1 127.0.0.11 80 2 0 1 app.test -"]);
        s.dns.script(&[("app.test", A, records(&["127.0.0.12"]))]);
        s.await_servers(program, &["s1 127.0.0.12 80 2 0 1 app.test -"]);
    }
}

/// `show resolvers` has haproxy's lines.
#[test]
fn show_resolvers_has_haproxys_form() {
    let run = |program: Program| {
        let s = Stand::new(program, SHORT, "backend b\n    server s1 127.0.0.1:80");
        ["show resolvers", "show resolvers dns", "show resolvers nowhere"].map(|question| s.ask(question))
    };
    let wanted = run(Program::Haproxy);
    for program in &ALL[1..] {
        assert_eq!(run(*program), wanted, "{}", program.name());
    }
}
