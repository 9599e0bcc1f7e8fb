//! Everything `bind` and `server` may be given as an address.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv6Addr, TcpListener};
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use crate::common::ground::{Ground, scratch};
use crate::common::ports::Port;
use crate::common::{BACK, FRONT};
use crate::{BOTH, DEFAULTS, get, status};

/// The sockets of a file are opened one after the other: that the first listens says nothing of the last.
fn await_listening(to: std::net::SocketAddr) {
    let until = Instant::now() + Duration::from_secs(5);
    while std::net::TcpStream::connect(to).is_err() {
        assert!(Instant::now() < until, "nobody listens at {to}");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn several_addresses_ranges_and_ipv6() {
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let row = Port::reserve_row(FRONT, 3);
        let (one, other) = (Port::reserve(FRONT), Port::reserve(BACK));
        let v6 = Port::reserve(IpAddr::V6(Ipv6Addr::LOCALHOST));
        let config = format!(
            "{DEFAULTS}
frontend f
    bind \"127.0.10.1:${{F1}}\"
    bind {}-{}
    bind {},{}
    bind ipv6@[::1]:{} name six
    default_backend b
backend b
    server a \"${{A}}\"
",
            row[0].addr,
            row[2].addr.port(),
            one.addr,
            other.addr,
            v6.addr.port()
        );
        let _proxy = ground.serve(program, 1, &config);
        let all = row.iter().chain([&one, &other, &v6]);
        for port in all {
            await_listening(port.addr);
            assert_eq!(status(&get(port.addr, "/")), 200, "{name}: {}", port.addr);
        }
    }
}

#[test]
fn unix_and_abstract_sockets_on_both_sides() {
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let (front, back) = (socket_path(), socket_path());
        let hidden = format!("ringmain-test-{}-{name}", std::process::id());
        let origin = UnixListener::bind(&back).expect("bind");
        thread::spawn(move || answer_all(&origin));
        let config = format!(
            "{DEFAULTS}
frontend f
    bind \"127.0.10.1:${{F1}}\"
    bind {} mode 600
    bind abns@{hidden}
    default_backend b
backend b
    server a unix@{}
",
            front.display(),
            back.display()
        );
        let proxy = ground.serve(program, 1, &config);
        assert_eq!(status(&get(ground.front(1), "/")), 200, "{name}: a server at a unix socket");
        let to_file = UnixStream::connect(&front).expect("connect to the unix socket");
        assert!(ask(to_file).starts_with("HTTP/1.1 200"), "{name}: a unix socket");
        // haproxy fills the whole of sun_path (108 bytes, the first of them 0), so the name ends in zeros.
        let at = UnixAddr::from_abstract_name(format!("{hidden:\0<107}")).expect("a name");
        let to_hidden = UnixStream::connect_addr(&at).expect("connect to the abstract socket");
        assert!(ask(to_hidden).starts_with("HTTP/1.1 200"), "{name}: an abstract socket");
        drop(proxy);
        let _ = std::fs::remove_file(front);
        let _ = std::fs::remove_file(back);
    }
}

/// A listener somebody else opened, given by number or by the name of a variable that holds the number.
#[test]
fn inherited_descriptors() {
    for program in BOTH {
        for by_name in [false, true] {
            let mut ground = Ground::new();
            let inherited = TcpListener::bind((FRONT, 0)).expect("bind");
            fcntl(&inherited, FcntlArg::F_SETFD(FdFlag::empty())).expect("keep it over exec");
            let fd = inherited.as_raw_fd();
            ground.env.push(("LISTENER".to_owned(), fd.to_string()));
            let place = if by_name { "\"fd@${LISTENER}\"".to_owned() } else { format!("fd@{fd}") };
            let config = format!(
                "{DEFAULTS}frontend f\n    bind \"127.0.10.1:${{F1}}\"\n    bind {place}\n    default_backend b\nbackend b\n    server a \"${{A}}\"\n"
            );
            let _proxy = ground.serve(program, 1, &config);
            let at = inherited.local_addr().expect("bound");
            assert_eq!(status(&get(at, "/")), 200, "{}: {place}", program.name());
        }
    }
}

fn socket_path() -> PathBuf {
    let path = scratch("sock", "");
    std::fs::remove_file(&path).expect("room for the socket");
    path
}

fn ask(mut stream: UnixStream) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").expect("send");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// The smallest origin: one answer a connection.
fn answer_all(listener: &UnixListener) {
    for mut stream in listener.incoming().map_while(Result::ok) {
        let mut room = [0; 4096];
        let _ = stream.read(&mut room);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    }
}

/// An IPv6 listener takes IPv4 too, as the system is set; `v6only` and `v4v6` say so themselves, the former wins.
#[test]
fn ipv4_on_an_ipv6_listener() {
    if std::fs::read_to_string("/proc/sys/net/ipv6/bindv6only").is_ok_and(|text| text.trim() != "0") {
        println!("skipped: net.ipv6.bindv6only is set here");
        return;
    }
    for program in [crate::common::proxy::Program::Haproxy].into_iter().chain(BOTH) {
        let (ground, name) = (Ground::new(), program.name());
        let words = ["", "v4v6", "v6only", "v6only v4v6", "v4v6 v6only"];
        let ports: Vec<Port> =
            words.iter().map(|_| Port::reserve(IpAddr::V6(Ipv6Addr::UNSPECIFIED))).collect();
        let mut config =
            format!("{DEFAULTS}frontend f\n    bind \"127.0.10.1:${{F1}}\"\n    default_backend b\n");
        for (port, word) in ports.iter().zip(words) {
            config += &format!("    bind :::{} {word}\n", port.addr.port());
        }
        config += "backend b\n    server a \"${A}\"\n";
        let _proxy = ground.serve(program, 1, &config);
        for (port, word) in ports.iter().zip(words) {
            let port = port.addr.port();
            let six = std::net::SocketAddr::from((Ipv6Addr::LOCALHOST, port));
            await_listening(six);
            assert_eq!(status(&get(six, "/")), 200, "{name}: '{word}'");
            let four = std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
            assert_eq!(four, !word.contains("v6only"), "{name}: '{word}' on IPv4");
        }
    }
}
