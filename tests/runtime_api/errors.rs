//! `show errors` beside haproxy: the same malformed bytes to both, the same reports but for dates, ports, the lines about flags
//! of haproxy's parser, and how its buffer lies.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::path::Path;

use crate::common::ground::Ground;
use crate::common::proxy::Program;
use crate::common::{self, PATIENCE, client, eventually};
use crate::{BOTH, DEFAULTS, ask, await_socket, socket_path};

/// Requests that both programs refuse for the same byte.
const REQUESTS: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: x\r\nbad header: y\r\n\r\n",
    b"GARBAGE\r\n\r\n",
    b"GET /a\x01b HTTP/1.1\r\n\r\n",
    b"GET /a\xffb\t\x1b HTTP/1.1\r\n\r\n",
    b"GET /a#b HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5x\r\n\r\nhello",
    b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
    b"GET / FOO/1.1\r\n\r\n",
    b"GET  HTTP/1.1\r\n\r\n",
    b"GET /\r\n\r\n",
    b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
    b" GET / HTTP/1.1\r\n\r\n",
    b"\r\n\r\n\rGET",
    b"G(T / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
    b"GET / HTTP/1.1\rx\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n\rx\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n\xe9: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nLong-line: this is a very long line which should be broken into multiple lines on \
      the output buffer, otherwise it would be too large to print in a terminal\\\r\nTransfer-Encoding : chunked\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
];

/// Answers that both refuse for the same byte.
const ANSWERS: &[&[u8]] = &[
    b"HTTP/1.0 200 OK\r\nheader/bizarre:blah\r\nLocation: blah\r\n\r\n",
    b"HTTP/1.1 200 OK\r\na b: c\r\n\r\n",
    b"HTTP/1.1 2x0 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nnocolon\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n",
    b"HTTP/1.1 200 O\rK\r\n\r\n",
    b"HTTP/1.1\r\n\r\n",
    b"\x00\x01\x02",
];

/// An answer whose second piece is malformed.
const PIECES: [&[u8]; 2] =
    [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", b"3\r\nabc\r\nzz\r\nmore"];

fn with_proxy(program: Program, server: SocketAddr, f: impl FnOnce(&Ground, &Path)) {
    let (ground, socket) = (Ground::new(), socket_path());
    let config = format!(
        "global\n    nbthread 1\n    stats socket {} mode 600 level admin\n{DEFAULTS}frontend site
    bind \"127.0.10.1:${{F1}}\"
    default_backend farm
listen other
    bind \"127.0.10.1:${{F2}}\"
    server b \"${{B}}\"
backend farm
    server a {server}
",
        socket.display(),
    );
    let _proxy = ground.serve(program, 2, &config);
    await_socket(&socket);
    f(&ground, &socket);
    let _ = std::fs::remove_file(&socket);
}

/// Sends bytes, and ends that side; what comes back.
fn exchange(to: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = client::connect(to, common::CLIENT).expect("connect");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    stream.write_all(bytes).expect("send");
    let mut room = [0; 4_096];
    let n = stream.read(&mut room).unwrap_or(0);
    let _ = stream.shutdown(Shutdown::Both);
    room[..n].to_vec()
}

/// A report without what naturally differs.
fn masked(report: &str) -> String {
    let date = regex::Regex::new(r"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\.\d{3}\]").expect("good");
    let port = regex::Regex::new(r"src 127\.0\.10\.50:\d+").expect("good");
    let wrap = regex::Regex::new(r"wraps at \d+").expect("good");
    let state = regex::Regex::new(r"(H1 msg state [A-Z0-9_]+\(\d+\)), .*").expect("good");
    let report = date.replace_all(report, "[DATE]");
    let report = port.replace_all(&report, "src CLIENT:PORT");
    let report = wrap.replace_all(&report, "wraps at N");
    let report = state.replace_all(&report, "$1");
    let lines = report.lines().filter(|l| !l.trim_start().starts_with("H1 connection flags"));
    lines.fold(String::new(), |all, line| all + line + "\n")
}

/// The reports after each of the malformed requests and answers.
fn reports(program: Program) -> Vec<String> {
    let listener = TcpListener::bind("127.0.10.11:0").expect("a port");
    let server = listener.local_addr().expect("bound");
    let answering = std::thread::spawn(move || {
        for answer in ANSWERS {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut head = Vec::new();
            let mut room = [0; 1_024];
            while !head.ends_with(b"\r\n\r\n") {
                let n = stream.read(&mut room).expect("a request");
                assert!(n > 0, "the request is cut short");
                head.extend_from_slice(&room[..n]);
            }
            stream.write_all(answer).expect("answer");
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read(&mut room);
        }
    });
    let mut all = Vec::new();
    with_proxy(program, server, |ground, socket| {
        let mut last = String::new();
        let mut report = |command: &str, count: usize| {
            let total = format!(" : {count}\n");
            let come = eventually(|| {
                last = ask(socket, command);
                last.lines().next().is_some_and(|l| format!("{l}\n").ends_with(&total))
            });
            assert!(come, "{}: not {count} in {last}", program.name());
            masked(&last)
        };
        all.push(report("show errors", 0));
        for (n, request) in REQUESTS.iter().enumerate() {
            let answer = exchange(ground.front(1), request);
            assert!(answer.starts_with(b"HTTP/1.1 400 "), "{}: {request:?}", program.name());
            all.push(report("show errors site request", n + 1));
        }
        for (n, _) in ANSWERS.iter().enumerate() {
            let answer = exchange(ground.front(1), b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            assert!(answer.starts_with(b"HTTP/1.1 502 "), "{}: {n}", program.name());
            all.push(report("show errors -1 response", REQUESTS.len() + n + 1));
        }
        let count = REQUESTS.len() + ANSWERS.len();
        exchange(ground.front(2), b"GET / HTTP/1.1\r\nbad header: y\r\n\r\n");
        for which in
            ["", " site", " #2", " 2 response", " farm", " other request", " other response", " 99", " -1"]
        {
            all.push(format!("{which}: {}", report(&format!("show errors{which}"), count + 1)));
        }
        for which in ["foo", "0"] {
            all.push(ask(socket, &format!("show errors {which}")));
        }
    });
    answering.join().expect("all were asked for");
    all
}

#[test]
fn malformed_heads_are_reported_as_haproxy_reports_them() {
    let wanted = reports(Program::Haproxy);
    for program in BOTH {
        let got = reports(program);
        assert_eq!(got.len(), wanted.len());
        for (number, (theirs, ours)) in wanted.iter().zip(&got).enumerate() {
            assert_eq!(ours, theirs, "{}, report {number}\n{ours}\n{theirs}", program.name());
        }
    }
}

/// A chunk in the middle of an answer: only what has not passed yet is there to be shown.
#[test]
fn malformed_chunks_are_reported() {
    let report = |program: Program| {
        let listener = TcpListener::bind("127.0.10.11:0").expect("a port");
        let server = listener.local_addr().expect("bound");
        let mut last = String::new();
        with_proxy(program, server, |ground, socket| {
            let mut client = client::connect(ground.front(1), common::CLIENT).expect("connect");
            client.set_read_timeout(Some(PATIENCE)).expect("set");
            client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").expect("send");
            let (mut serving, _) = listener.accept().expect("a connection");
            serving.write_all(PIECES[0]).expect("answer");
            let mut come = Vec::new();
            let mut room = [0; 1_024];
            while !come.ends_with(b"hello\r\n") {
                let n = client.read(&mut room).expect("the first piece");
                assert!(n > 0, "{}", program.name());
                come.extend_from_slice(&room[..n]);
            }
            serving.write_all(PIECES[1]).expect("answer");
            let told = eventually(|| {
                last = ask(socket, "show errors -1 response");
                last.contains("position 8")
            });
            assert!(told, "{}: {last}", program.name());
        });
        // The body's length up to here is not counted.
        let body = regex::Regex::new(r"H1 body len \d+").expect("good");
        body.replace(&masked(&last), "H1 body len N").into_owned()
    };
    let wanted = report(Program::Haproxy);
    for program in BOTH {
        assert_eq!(report(program), wanted, "{}", program.name());
    }
}

/// A head that is too long is kept as far as it came, and nothing that a client sends leads out of its lines.
#[test]
fn large_and_hostile_heads_are_told_safely() {
    for program in BOTH {
        with_proxy(program, "127.0.10.11:1".parse().expect("an address"), |ground, socket| {
            let mut request = b"GET / HTTP/1.1\r\nX: ".to_vec();
            request.extend((0..20_000u32).map(|n| 0x80 | n as u8));
            exchange(ground.front(1), &request);
            let report = ask(socket, "show errors");
            assert!(report.contains("MSG_HDR_VAL(22), head too long"), "{}: {report}", program.name());
            assert!(report.bytes().all(|b| (0x20..0x7f).contains(&b) || b == b'\n'), "{}", program.name());
            assert!(report.lines().all(|l| l.len() <= 79), "{}: {report}", program.name());
            let denied = crate::tell(socket, "prompt i; user; show errors; quit\n");
            assert!(denied.contains("Permission denied"), "{denied}");
        });
    }
}
