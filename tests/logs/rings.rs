//! Rings beside haproxy: what `show events` tells, which bytes a log server gets; a log server that stops reading, and one
//! that comes back.

use crate::common::ground::{Ground, scratch};
use crate::common::proxy::{Io, Program};
use crate::common::socket::ask;
use crate::common::{PATIENCE, client, eventually};
use crate::line::Line;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

const ALL: [Program; 3] = [Program::Haproxy, Program::Ringmain(Io::Epoll), Program::Ringmain(Io::Uring)];
const OURS: [Program; 2] = [Program::Ringmain(Io::Epoll), Program::Ringmain(Io::Uring)];

const RINGS: &str = "
global
    nbthread 1
    stats socket ${DIR} level admin
    log tcp@${DEAD} local1
    log-tag same
ring plain
    description \"plain lines\"
ring small
    maxlen 60
    format rfc3164
    size 20000
ring five
    format rfc5424
ring counted
    format priority
    size 100000
    timeout connect 1s
    timeout server 5s
    server s ${TCP} log-proto octet-count
defaults
    mode http
    timeout client 2s
    log global
    log tcp@${TCP2} len 80 format short local2
    log-format \"%f %HM %HU %ST\"
    log-format-sd \"[a@1 b=\\\"%HM\\\"]\"
frontend f
    bind \"127.0.10.1:${F1}\"
    log ring@plain len 80 format iso local0
    log ring@small local0
    log ring@five local0
    log ring@counted local0
    log ring@buf0 local0
    http-request return status 204
frontend g
    bind \"127.0.10.1:${F2}\"
    http-request return status 204
";

/// A place of its own for the statistics socket.
fn socket_path() -> PathBuf {
    let path = scratch("sock", "");
    let _ = std::fs::remove_file(&path);
    path
}

/// A log server of the test.
fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.10.70:0").expect("bind");
    let addr = listener.local_addr().expect("bound");
    (listener, addr)
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    stream
}

/// Reads so many bytes.
fn take(stream: &mut impl Read, count: usize) -> String {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).expect("the bytes");
    crate::common::text(&bytes)
}

fn get(front: SocketAddr, path: &str) {
    let outcome = client::get(front, format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_eq!(outcome.statuses(), [204], "{path}");
}

/// What a program tells and sends.
fn story(program: Program) -> Vec<String> {
    let (counted, addr) = listen();
    let (lines, addr2) = listen();
    let socket = socket_path();
    let mut ground = Ground::new();
    for (name, value) in
        [("DIR", socket.display().to_string()), ("TCP", addr.to_string()), ("TCP2", addr2.to_string())]
    {
        ground.env.push((name.to_owned(), value));
    }
    let proxy = ground.serve(program, 2, RINGS);
    let (mut counted, lines) = (accept(&counted), accept(&lines));
    let long = format!("/{}", "a".repeat(150));
    for path in ["/one", &long, "/three"] {
        get(ground.front(1), path);
    }
    get(ground.front(2), "/four");
    let mut told = Vec::new();
    // Who looked at the start whether it listens made lines too.
    let own = |line: &str| !line.contains("BADREQ");
    let mut lines = BufReader::new(lines);
    while !told.iter().any(|l: &String| l.contains("/four")) {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).expect("a line") > 0, "the end");
        told.push(line);
    }
    told.retain(|l| own(l));
    while !told.iter().any(|l| l.contains("counted: <134>f GET /three")) {
        let mut digits = String::new();
        while !digits.ends_with(' ') {
            digits += &take(&mut counted, 1);
        }
        told.push(format!(
            "{digits}counted: {}",
            take(&mut counted, digits.trim().parse().expect("a length"))
        ));
    }
    told.retain(|l| own(l));
    for command in [
        "show events",
        "show events plain",
        "show events small",
        "show events five -x",
        "show events five",
        "show events buf0",
        "show events ring#1",
        "show events ring#2",
        "show events ring#3",
        "show events stdout",
        "show events counted -n",
        "show events plain; show events nope",
    ] {
        // 2.6 leaves the empty line behind an error out.
        let answer = ask(&socket, command).trim_end().to_owned();
        let masked = answer.lines().filter(|l| own(l)).map(|l| Line::new(l.as_bytes(), &[]).masked());
        told.push(format!("{command}:"));
        // The file's name is the run's own.
        told.extend(masked.map(|l| match l.split_once("created from logserver declared into '") {
            Some((before, rest)) => format!("{before}…{}", rest.split_once('\'').expect("a name").1),
            None => l,
        }));
    }
    drop(proxy);
    told
}

#[test]
fn rings_are_haproxys() {
    let [haproxy, ours @ ..] = ALL.map(story);
    assert!(
        haproxy.iter().any(|l| l.starts_with("11 counted:") || l.contains("counted: <134>f GET /one 204"))
    );
    for told in ours {
        let differing: Vec<_> = haproxy.iter().zip(&told).filter(|(a, b)| a != b).collect();
        assert!(haproxy == told, "{differing:#?}\n{haproxy:#?}\n{told:#?}");
    }
}

const ONE: &str = "
global
    nbthread 2
    stats socket ${DIR} level admin
ring r
    format raw
    timeout connect 2s
    timeout server 60s
    server s ${LOG}
defaults
    mode http
    timeout client 20s
    option dontlognull
frontend f
    bind \"127.0.10.1:${F1}\"
    log ring@r len 2000 local0
    log-format \"%HU\"
    http-request return status 204
";

/// Requests on one connection; none of them waits for a log server.
fn requests(front: SocketAddr, from: usize, count: usize) {
    let mut stream = client::connect(front, crate::common::CLIENT).expect("connect");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    for n in from..from + count {
        let request = format!("GET /{n:06}/{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(800));
        stream.write_all(request.as_bytes()).expect("send");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0; 1];
            stream.read_exact(&mut byte).expect("an answer");
            head.push(byte[0]);
        }
        assert!(head.starts_with(b"HTTP/1.1 204 "), "request {n}");
    }
}

fn dropped(socket: &Path) -> u64 {
    let info = ask(socket, "show info");
    let value = info.lines().find_map(|l| l.strip_prefix("DroppedLogs: ")).expect("the line");
    value.parse().expect("a number")
}

/// A log server that does not read: requests pass, what the ring has no room for is counted, and the server learns how many
/// lines it did not get once it reads again.
#[test]
fn a_log_server_that_stops_reading_delays_nobody() {
    for program in OURS {
        let (socket, place) = (socket_path(), socket_path());
        let listener = UnixListener::bind(&place).expect("bind");
        let mut ground = Ground::new();
        ground.env.push(("DIR".to_owned(), socket.display().to_string()));
        ground.env.push(("LOG".to_owned(), format!("unix@{}", place.display())));
        let _proxy = ground.serve(program, 1, ONE);
        let (stream, _) = listener.accept().expect("a connection");
        let mut sent = 0;
        while dropped(&socket) < 20 {
            requests(ground.front(1), sent, 100);
            sent += 100;
            assert!(sent < 20_000, "{program:?}: nothing is lost although nobody reads");
        }
        // It reads again: everything that was not lost is there, and how much was.
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        let mut lines = BufReader::new(stream);
        let (mut came, mut told) = (BTreeSet::new(), 0u64);
        while came.len() as u64 + told < sent as u64 {
            let mut line = String::new();
            if lines.buffer().is_empty() {
                // One more: how many were lost is told before the next line that has room.
                requests(ground.front(1), sent, 1);
                sent += 1;
            }
            assert!(sent < 40_000, "{program:?}: {} came, {told} are told to be lost, of {sent}", came.len());
            assert!(lines.read_line(&mut line).expect("a line") > 0, "{program:?}: the end");
            match line.trim_end().split_once(" event") {
                Some((count, _)) => told += count.parse::<u64>().expect("a count"),
                // Two connections end in any order.
                None => assert!(came.insert(line[1..7].to_owned()), "{program:?}: twice: {line}"),
            }
        }
        assert_eq!(dropped(&socket), told, "{program:?}");
    }
}

/// A log server that is not there at first, goes, and comes back.
#[test]
fn a_log_server_that_comes_back_gets_what_the_ring_kept() {
    for program in OURS {
        let socket = socket_path();
        let (listener, addr) = listen();
        drop(listener);
        let mut ground = Ground::new();
        ground.env.push(("DIR".to_owned(), socket.display().to_string()));
        ground.env.push(("LOG".to_owned(), addr.to_string()));
        let _proxy = ground.serve(program, 1, ONE);
        requests(ground.front(1), 0, 40);
        // The ring has room for twenty of them: the newest stay.
        assert!(eventually(|| ask(&socket, "show events r").contains("/000039/")), "{program:?}");
        let missed = dropped(&socket);
        assert!(missed > 0, "{program:?}");
        let listener = TcpListener::bind(addr).expect("bind");
        let mut lines = BufReader::new(accept(&listener));
        let mut numbers = Vec::new();
        while numbers.last() != Some(&39) {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).expect("a line") > 0);
            numbers.push(line[1..7].parse::<u64>().expect("a number"));
        }
        assert_eq!(numbers, (missed..40).collect::<Vec<_>>(), "{program:?}");
        assert_eq!(dropped(&socket), missed, "{program:?}: those that came are not lost");
        // It goes, and another one takes its place.
        drop(lines);
        let mut lines = BufReader::new(accept(&listener));
        requests(ground.front(1), 40, 1);
        let mut line = String::new();
        assert!(lines.read_line(&mut line).expect("a line") > 0);
        assert!(line.starts_with("/000040/"), "{program:?}: {line}");
    }
}

/// `show events -w`: lines as they come, until the client says something.
#[test]
fn events_are_followed() {
    for program in ALL {
        let socket = socket_path();
        let (listener, addr) = listen();
        let mut ground = Ground::new();
        ground.env.push(("DIR".to_owned(), socket.display().to_string()));
        ground.env.push(("LOG".to_owned(), addr.to_string()));
        let _proxy = ground.serve(program, 1, ONE);
        let _server = accept(&listener);
        requests(ground.front(1), 0, 1);
        let mut stream = UnixStream::connect(&socket).expect("the socket");
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        stream.write_all(b"show events r -w\n").expect("write");
        let mut lines = BufReader::new(stream.try_clone().expect("clone"));
        let mut next = || {
            let mut line = String::new();
            lines.read_line(&mut line).expect("a line");
            line
        };
        assert!(next().starts_with("/000000/"), "{program:?}");
        for n in 1..4 {
            requests(ground.front(1), n, 1);
            assert!(next().starts_with(&format!("/{n:06}/")), "{program:?}");
        }
        if program == Program::Haproxy {
            // The manual says that any input ends it; without a prompt 2.6.12 goes on.
            continue;
        }
        stream.write_all(b"\n").expect("write");
        assert_eq!((next().as_str(), next().as_str()), ("\n", ""), "{program:?}: it ends");
    }
}

/// `backing-file`: what was told is in the file when the process is killed, and what an earlier one told is beside it.
#[test]
fn a_file_keeps_the_lines() {
    for program in OURS {
        let (socket, path) = (socket_path(), scratch("ring", "earlier\n"));
        let config = ONE.replace("server s ${LOG}", "backing-file ${LOG}");
        let mut ground = Ground::new();
        ground.env.push(("DIR".to_owned(), socket.display().to_string()));
        let config = config.replace("${LOG}", &path.display().to_string());
        let proxy = ground.serve(program, 1, &config);
        requests(ground.front(1), 0, 3);
        let holds = |text: &str| std::fs::read(&path).is_ok_and(|b| crate::common::text(&b).contains(text));
        assert!(eventually(|| holds("/000002/")), "{program:?}");
        proxy.signal(nix::sys::signal::Signal::SIGKILL);
        drop(proxy);
        let kept = std::fs::read(&path).expect("the file");
        assert_eq!(kept.len(), 16_384, "{program:?}: the ring's size");
        let lines: Vec<String> =
            crate::common::text(&kept).lines().take(3).map(|l| l[..8].to_owned()).collect();
        assert_eq!(lines, ["/000000/", "/000001/", "/000002/"], "{program:?}");
        let before = std::fs::read_to_string(path.with_extension("ring.bak")).expect("the earlier file");
        assert_eq!(before, "earlier\n", "{program:?}");
    }
}
