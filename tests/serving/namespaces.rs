//! `bind` and `server` lines in network namespaces of their own, and what only such a one lets us see: TCP Fast Open on both
//! sides, and listeners at addresses that the host does not have.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::common::ground::{Ground, file};
use crate::common::proxy::{Program, Proxy};
use crate::{BOTH, DEFAULTS, get, status};

/// A namespace of `ip netns`, gone with this value.
struct Namespace(String);

impl Namespace {
    /// `None`, with a line that says so, where this machine lets nobody have one.
    fn new() -> Option<Namespace> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let space = Namespace(format!("ringmain-{}-{number}", std::process::id()));
        let made = run("ip", &["netns", "add", &space.0]);
        if !made || !space.run(&["ip", "link", "set", "lo", "up"]) {
            println!("skipped: no network namespace may be made here");
            return None;
        }
        Some(space)
    }

    fn run(&self, words: &[&str]) -> bool {
        run("ip", &[&["netns", "exec", &self.0], words].concat())
    }

    /// Does something on a thread that is in the namespace.
    fn within<T: Send + 'static>(&self, act: impl FnOnce() -> T + Send + 'static) -> T {
        let path = format!("/var/run/netns/{}", self.0);
        let there = thread::spawn(move || {
            let file = File::open(path).expect("the namespace");
            nix::sched::setns(file, nix::sched::CloneFlags::CLONE_NEWNET).expect("enter it");
            act()
        });
        there.join().expect("nothing fails in the namespace")
    }

    /// A counter of the namespace's TCP.
    fn counter(&self, name: &'static str) -> u64 {
        self.within(move || {
            let text = std::fs::read_to_string("/proc/thread-self/net/netstat").expect("counters");
            let mut lines = text.lines();
            while let (Some(names), Some(values)) = (lines.next(), lines.next()) {
                let at = names.split(' ').position(|n| n == name);
                if let Some(value) = at.and_then(|at| values.split(' ').nth(at)) {
                    return value.parse().expect("a number");
                }
            }
            panic!("no counter {name}")
        })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        run("ip", &["netns", "del", &self.0]);
    }
}

fn run(program: &str, words: &[&str]) -> bool {
    Command::new(program).args(words).output().is_ok_and(|out| out.status.success())
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

/// The status of one request's answer.
fn ask(mut stream: TcpStream) -> u16 {
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
    stream.write_all(REQUEST).expect("send");
    read_status(&mut stream)
}

fn read_status(stream: &mut impl Read) -> u16 {
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    text.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0)
}

/// Serves connections for as long as the process lives: 200 to whatever comes.
fn origin(listener: TcpListener) {
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 4_096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
            let _ = stream.shutdown(Shutdown::Write);
        }
    });
}

fn await_port(space: &Namespace, to: SocketAddr) {
    let until = Instant::now() + Duration::from_secs(5);
    while space.within(move || TcpStream::connect(to).is_err()) {
        assert!(Instant::now() < until, "nobody listens at {to}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_listener_and_a_server_live_in_their_namespaces() {
    let (Some(inner), Some(other)) = (Namespace::new(), Namespace::new()) else { return };
    let there: SocketAddr = "127.0.0.1:8081".parse().unwrap();
    let at: SocketAddr = "127.0.0.1:8082".parse().unwrap();
    let listener = inner.within(move || TcpListener::bind(there).expect("bind"));
    origin(listener);
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let config = format!(
            "{DEFAULTS}
frontend f
    bind \"127.0.10.1:${{F1}}\"
    bind {at} namespace {}
    use_backend outside if {{ path /outside }}
    default_backend inside
backend inside
    server s {there} namespace {}
backend outside
    server s {there}
",
            other.0, inner.0
        );
        let _proxy = ground.serve(program, 1, &config);
        assert_eq!(status(&get(ground.front(1), "/")), 200, "{name}: the server is in its namespace");
        assert_eq!(status(&get(ground.front(1), "/outside")), 503, "{name}: and nowhere else");
        await_port(&other, at);
        let answer = other.within(move || ask(TcpStream::connect(at).expect("connect")));
        assert_eq!(answer, 200, "{name}: so is the listener");
        assert!(TcpStream::connect(at).is_err(), "{name}: which is not here");
    }
}

#[test]
fn fast_open_on_both_sides() {
    let Some(space) = Namespace::new() else { return };
    if !space.run(&["sysctl", "-w", "net.ipv4.tcp_fastopen=3"]) {
        println!("skipped: TCP Fast Open cannot be switched on");
        return;
    }
    let there: SocketAddr = "127.0.0.1:8081".parse().unwrap();
    let at: SocketAddr = "127.0.0.1:8082".parse().unwrap();
    let listener = space.within(move || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("socket");
        ringmain::net::ring::dress::set(&socket, libc::IPPROTO_TCP, libc::TCP_FASTOPEN, 16)
            .expect("fast open");
        socket.bind(&there.into()).expect("bind");
        socket.listen(16).expect("listen");
        TcpListener::from(socket)
    });
    origin(listener);
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let config = format!(
            "{DEFAULTS}
frontend f
    bind \"127.0.10.1:${{F1}}\"
    bind {at} tfo namespace {0}
    default_backend b
backend b
    http-reuse never
    server s {there} tfo namespace {0}
",
            space.0
        );
        let _proxy = ground.serve(program, 1, &config);
        await_port(&space, at);
        let before = (space.counter("TCPFastOpenActive"), space.counter("TCPFastOpenPassive"));
        for _ in 0..4 {
            assert_eq!(status(&get(ground.front(1), "/")), 200, "{name}");
        }
        let active = space.counter("TCPFastOpenActive") - before.0;
        assert!(active >= 2, "{name}: requests go with the SYN, {active} of them");
        let passive = space.counter("TCPFastOpenPassive");
        for _ in 0..4 {
            let answer = space.within(move || {
                let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("socket");
                socket.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
                socket.send_to_with_flags(REQUEST, &at.into(), libc::MSG_FASTOPEN).expect("send");
                read_status(&mut TcpStream::from(socket))
            });
            assert_eq!(answer, 200, "{name}");
        }
        // Both the client's and the server's connections end here.
        let came = space.counter("TCPFastOpenPassive") - passive;
        assert!(came >= 4, "{name}: requests come with the SYN, {came} of them");
    }
}

/// An address that nobody has may be listened at with `transparent`, and with nothing else.
#[test]
fn transparent_listeners_need_no_address_of_the_host() {
    let Some(space) = Namespace::new() else { return };
    let config = |word: &str| {
        format!(
            "{DEFAULTS}listen l\n    bind 192.0.2.7:8083 {word} namespace {}\n    server s 127.0.0.1:1\n",
            space.0
        )
    };
    for program in [Program::Haproxy].into_iter().chain(BOTH) {
        let name = program.name();
        let proxy = Proxy::start(program, &file(&config("transparent")), &[], &[]);
        let until = Instant::now() + Duration::from_secs(5);
        let listens = || {
            // The address as the kernel writes it: 192.0.2.7:8083.
            let text =
                space.within(|| std::fs::read_to_string("/proc/thread-self/net/tcp").expect("sockets"));
            text.contains("070200C0:1F93")
        };
        while !listens() {
            assert!(Instant::now() < until, "{name} does not listen: {}", proxy.errors());
            thread::sleep(Duration::from_millis(10));
        }
        drop(proxy);
        let out = program.command().args(["-db", "-f"]).arg(file(&config(""))).output().expect("run");
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(1), "{name}: {said}");
        assert!(
            said.contains("cannot bind socket (Cannot assign requested address) for [192.0.2.7:8083]"),
            "{name}: {said}"
        );
    }
}
