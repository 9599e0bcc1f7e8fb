//! What the sockets of `bind` and `server` lines are to the kernel: their options, namespaces, limits, threads.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::common::ground::Ground;
use crate::common::ports::Port;
use crate::common::proxy::Proxy;
use crate::common::{BACK, CLIENT, client};
use crate::{BOTH, DEFAULTS, get, status};

const PATIENCE: Duration = Duration::from_secs(5);

/// A network namespace for one test; gone with it.
struct Namespace(String);

impl Namespace {
    fn make() -> Namespace {
        let name = format!("rm{}", std::process::id());
        let ip = |args: &[&str]| {
            let done = Command::new("ip").args(args).status().expect("run ip");
            assert!(done.success(), "ip {args:?}: these tests need root");
        };
        ip(&["netns", "add", &name]);
        let made = Namespace(name);
        ip(&["-n", &made.0, "link", "set", "lo", "up"]);
        made
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.0]).status();
    }
}

#[test]
fn sockets_live_in_their_namespaces() {
    let space = Namespace::make();
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        // Nobody has this port in the new namespace; in ours nobody listens there.
        let inside = Port::reserve(BACK).addr.port();
        let config = format!(
            "{DEFAULTS}
frontend here
    bind \"127.0.10.1:${{F1}}\"
    default_backend there
backend there
    server s 127.0.0.1:{inside} namespace {0}
listen within
    bind 127.0.0.1:{inside} namespace {0}
    server a \"${{A}}\"
",
            space.0
        );
        let _proxy = ground.serve(program, 1, &config);
        assert_eq!(status(&get(ground.front(1), "/")), 200, "{name}: through the namespace and back");
        let outside = TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], inside)), PATIENCE);
        assert!(outside.is_err(), "{name}: nobody listens there outside");
    }
}

/// Copies of the sockets of a process that are bound to (or, `far`, connected to) this address.
fn sockets(proxy: &Proxy, at: SocketAddr, far: bool) -> Vec<OwnedFd> {
    // SAFETY: plain system calls; what they give is owned from here on.
    #[allow(unsafe_code)]
    let own = |fd: libc::c_long| (fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(fd as i32) });
    #[allow(unsafe_code)]
    let pid = own(unsafe { libc::syscall(libc::SYS_pidfd_open, proxy.pid(), 0) }).expect("pidfd_open");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(format!("/proc/{}/fd", proxy.pid())).expect("its descriptors") {
        let entry = entry.expect("an entry");
        let link = std::fs::read_link(entry.path()).unwrap_or_default();
        if !link.to_string_lossy().starts_with("socket:") {
            continue;
        }
        let number: i32 = entry.file_name().to_string_lossy().parse().expect("a number");
        use std::os::fd::AsRawFd;
        #[allow(unsafe_code)]
        let copy = own(unsafe { libc::syscall(libc::SYS_pidfd_getfd, pid.as_raw_fd(), number, 0) });
        let Some(copy) = copy else { continue };
        let socket = SockRef::from(&copy);
        let addr = if far { socket.peer_addr() } else { socket.local_addr() };
        if addr.ok().and_then(|a| a.as_socket()) == Some(at) {
            found.push(copy);
        }
    }
    found
}

fn option(socket: &OwnedFd, level: i32, name: i32) -> i32 {
    use std::os::fd::AsRawFd;
    let (mut value, mut len) = (0i32, size_of::<i32>() as libc::socklen_t);
    // SAFETY: the value is one int, which lives until the call returns.
    #[allow(unsafe_code)]
    let done =
        unsafe { libc::getsockopt(socket.as_raw_fd(), level, name, (&raw mut value).cast(), &raw mut len) };
    assert_eq!(done, 0, "getsockopt {level} {name}");
    value
}

#[test]
fn the_kernel_has_the_options_of_the_lines() {
    const TCP: i32 = libc::IPPROTO_TCP;
    let config = format!(
        "global\n    nbthread 1\n{DEFAULTS}
frontend f
    bind \"127.0.10.1:${{F1}}\" tcp-ut 7s mss 900 defer-accept tfo interface lo name n
    option clitcpka
    clitcpka-cnt 4
    clitcpka-idle 1m
    clitcpka-intvl 5s
    default_backend b
backend b
    option srvtcpka
    srvtcpka-cnt 3
    srvtcpka-idle 50s
    srvtcpka-intvl 6s
    server a \"${{A}}\" tcp-ut 8s tfo
listen plain
    bind \"127.0.10.1:${{F2}}\"
    server b \"${{B}}\"
"
    );
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let proxy = ground.serve(program, 2, &config);
        let slow = |front| {
            let to = ground.front(front);
            thread::spawn(move || status(&get(to, "/slow/400")))
        };
        let clients = [slow(1), slow(2)];
        ground.log.await_requests(2);
        let accepted = sockets(&proxy, ground.front(1), false);
        let listens = |s: &&OwnedFd| option(s, libc::SOL_SOCKET, libc::SO_ACCEPTCONN) == 1;
        let listeners = accepted.iter().filter(listens).count();
        assert!(
            listeners > 0 && accepted.len() == listeners + 1,
            "{name}: a listener and the client's connection"
        );
        for socket in &accepted {
            let is = |option_name| option(socket, TCP, option_name);
            assert_eq!(option(socket, libc::SOL_SOCKET, libc::SO_KEEPALIVE), 1, "{name}");
            let probes = [libc::TCP_KEEPCNT, libc::TCP_KEEPIDLE, libc::TCP_KEEPINTVL].map(is);
            assert_eq!(probes, [4, 60, 5], "{name}");
            assert_eq!(is(libc::TCP_USER_TIMEOUT), 7_000, "{name}");
            if listens(&socket) {
                assert_eq!(is(libc::TCP_MAXSEG), 900, "{name}");
                assert!(is(libc::TCP_DEFER_ACCEPT) == 1 && is(libc::TCP_FASTOPEN) > 0, "{name}");
                let device = SockRef::from(socket).device().expect("a device");
                assert_eq!(device.as_deref(), Some(&b"lo"[..]), "{name}");
            } else {
                assert!(is(libc::TCP_MAXSEG) <= 900, "{name}");
            }
        }
        let to_server = sockets(&proxy, ground.back("A"), true);
        assert_eq!(to_server.len(), 1, "{name}");
        let is = |option_name| option(&to_server[0], TCP, option_name);
        let probes = [libc::TCP_KEEPCNT, libc::TCP_KEEPIDLE, libc::TCP_KEEPINTVL].map(is);
        assert_eq!(probes, [3, 50, 6], "{name}");
        assert_eq!((is(libc::TCP_USER_TIMEOUT), is(libc::TCP_FASTOPEN_CONNECT)), (8_000, 1), "{name}");
        // And nobody else has them.
        for (at, far) in [(ground.front(2), false), (ground.back("B"), true)] {
            for socket in sockets(&proxy, at, far) {
                assert_eq!(option(&socket, libc::SOL_SOCKET, libc::SO_KEEPALIVE), 0, "{name}");
                assert_eq!(option(&socket, TCP, libc::TCP_USER_TIMEOUT), 0, "{name}");
            }
        }
        assert_eq!(clients.map(|c| c.join().expect("client")), [200, 200], "{name}");
    }
}

/// The kernel keeps a silent connection for a second (and the time it takes to send its packet again), not for a minute.
#[test]
fn a_silent_client_of_a_deferred_listener_is_told_so() {
    let config = format!(
        "{DEFAULTS}    timeout http-request 300ms\nfrontend f\n    bind \"127.0.10.1:${{F1}}\" defer-accept\n"
    );
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let _proxy = ground.serve(program, 1, &config);
        let began = Instant::now();
        let mut client = TcpStream::connect(ground.front(1)).expect("connect");
        client.set_read_timeout(Some(crate::common::PATIENCE)).expect("a timeout");
        let mut answer = [0; 12];
        client.read_exact(&mut answer).expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 408", "{name}");
        assert!(began.elapsed() < Duration::from_secs(8), "{name}: {:?}", began.elapsed());
    }
}

#[test]
fn a_listener_has_a_limit_of_its_own() {
    let config = format!(
        "global\n    nbthread 2\n{DEFAULTS}
frontend f
    bind \"127.0.10.1:${{F1}}\" maxconn 2
    bind \"127.0.10.1:${{F2}}\"
    default_backend b
backend b
    server a \"${{A}}\"
"
    );
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let _proxy = ground.serve(program, 2, &config);
        // The connections that waited for the start are gone.
        thread::sleep(Duration::from_millis(50));
        let (first, other) = (ground.front(1), ground.front(2));
        let idle: Vec<TcpStream> = (0..2).map(|_| opened(first)).collect();
        let began = Instant::now();
        let third = thread::spawn(move || (status(&get(first, "/")), began.elapsed()));
        assert_eq!(status(&get(other, "/")), 200, "{name}: another listener of the frontend is not full");
        thread::sleep(Duration::from_millis(150));
        drop(idle);
        let (status, took) = third.join().expect("client");
        assert!(status == 200 && took >= Duration::from_millis(140), "{name}: {status} after {took:?}");
    }
}

/// A connection that has served a request and stays.
fn opened(to: SocketAddr) -> TcpStream {
    let mut stream = client::connect(to, CLIENT).expect("connect");
    stream.write_all(b"GET /len/1 HTTP/1.1\r\nHost: a\r\n\r\n").expect("send");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n!") {
        let mut room = [0; 512];
        let n = stream.read(&mut room).expect("an answer");
        assert!(n > 0, "closed");
        answer.extend_from_slice(&room[..n]);
    }
    stream
}

/// How many sockets listen at an address.
fn listening(at: SocketAddr) -> usize {
    let IpAddr::V4(ip) = at.ip() else { panic!("IPv4 only") };
    let place = format!("{:08X}:{:04X}", u32::from_ne_bytes(ip.octets()), at.port());
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the kernel's table");
    table
        .lines()
        .filter(|l| {
            let words: Vec<&str> = l.split_ascii_whitespace().collect();
            words.get(1) == Some(&place.as_str()) && words.get(3) == Some(&"0A")
        })
        .count()
}

#[test]
fn threads_and_shards_of_a_listener() {
    let config = format!(
        "global\n    nbthread 4\n{DEFAULTS}
frontend f
    bind \"127.0.10.1:${{F1}}\"
    bind \"127.0.10.1:${{F2}}\" shards 2
    bind \"127.0.10.1:${{F3}}\" thread 2 thread 4
    bind \"127.0.10.1:${{F4}}\" thread 1-3 shards 1
    default_backend b
backend b
    server a \"${{A}}\"
"
    );
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let _proxy = ground.serve(program, 4, &config);
        let sockets: Vec<usize> = (1..=4).map(|n| listening(ground.front(n))).collect();
        assert_eq!(sockets, [4, 2, 2, 1], "{name}");
        for n in 1..=4 {
            for _ in 0..8 {
                assert_eq!(status(&get(ground.front(n), "/")), 200, "{name}: F{n}");
            }
        }
    }
}

#[test]
fn signed_segments_need_the_same_key() {
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let inside = Port::reserve(BACK).addr;
        let config = format!(
            "{DEFAULTS}    timeout connect 300ms
listen good
    bind \"127.0.10.1:${{F1}}\"
    server s {inside} tcp-md5sig secret
listen bad
    bind \"127.0.10.1:${{F2}}\"
    server s {inside} tcp-md5sig other
listen within
    bind {inside} tcp-md5sig secret
    server a \"${{A}}\"
"
        );
        let _proxy = ground.serve(program, 2, &config);
        assert_eq!(status(&get(ground.front(1), "/")), 200, "{name}");
        assert_eq!(status(&get(ground.front(2), "/")), 503, "{name}: segments with another key are dropped");
    }
}
