//! `retries`, `retry-on` and `option redispatch`: how often a request is sent, to whom, and how that is counted, beside
//! haproxy.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::BOTH;
use crate::common::client;
use crate::common::ground::{Ground, scratch};
use crate::common::proxy::Program;

/// What the failing server does with a request.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Says(&'static str),
    Closes,
    Hangs,
    /// Nobody listens.
    Away,
}

/// Who got a request, a letter each.
type Seen = Arc<Mutex<String>>;

fn origin(letter: char, manner: Manner, seen: &Seen) -> SocketAddr {
    let listener = TcpListener::bind("127.0.20.1:0").expect("a port");
    let addr = listener.local_addr().expect("its address");
    if matches!(manner, Manner::Away) {
        return addr;
    }
    let seen = seen.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let seen = seen.clone();
            std::thread::spawn(move || serve(letter, manner, stream, &seen));
        }
    });
    addr
}

fn serve(letter: char, manner: Manner, mut stream: TcpStream, seen: &Seen) {
    let (mut buffer, mut request) = ([0; 4_096], Vec::new());
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        request.extend_from_slice(&buffer[..n]);
        // The requests of these tests end with their head or with the body `abc`.
        if !(request.ends_with(b"\r\n\r\nabc")
            || request.starts_with(b"GET") && request.ends_with(b"\r\n\r\n"))
        {
            continue;
        }
        request.clear();
        seen.lock().expect("seen").push(letter);
        match manner {
            Manner::Says(text) if stream.write_all(text.as_bytes()).is_ok() && text.contains("\r\n\r\n") => {}
            Manner::Hangs => std::thread::sleep(Duration::from_secs(3)),
            _ => return,
        }
    }
}

const GOOD: Manner = Manner::Says("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ng");
const HALF: Manner = Manner::Says("HTTP/1.1 200 OK\r\nContent-Le");
const BUSY: Manner = Manner::Says("HTTP/1.1 503 Busy\r\nContent-Length: 3\r\n\r\nbad");
const JUNK: Manner = Manner::Says("that is no HTTP\r\n\r\n");
const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";

/// One case: what the first server does, the lines of the backend, the request.
struct Case {
    manner: Manner,
    lines: &'static str,
    request: &'static str,
}

/// The statuses of two requests with the servers that saw each, then the counters of the backend.
fn play(program: Program, case: &Case) -> Vec<String> {
    let (ground, seen) = (Ground::new(), Seen::default());
    let (bad, good) = (origin('A', case.manner, &seen), origin('B', GOOD, &seen));
    let socket = scratch("sock", "");
    let _ = std::fs::remove_file(&socket);
    let config = format!(
        "global
    nbthread 1
    stats socket {}
defaults
    mode http
    timeout connect 500ms
    timeout client 10s
    timeout server 700ms
    retries 2
frontend f
    bind \"127.0.10.1:${{F1}}\"
    default_backend b
backend b
    {}
    server a {bad}
    server b {good}
",
        socket.display(),
        case.lines
    );
    let _proxy = ground.serve(program, 1, &config);
    let mut told = Vec::new();
    for _ in 0..2 {
        let outcome = client::get(ground.front(1), case.request);
        let status = crate::status(&outcome);
        told.push(format!("{status} {}", std::mem::take(&mut *seen.lock().expect("seen"))));
    }
    std::thread::sleep(Duration::from_millis(50));
    told.extend(counters(&socket));
    let _ = std::fs::remove_file(&socket);
    told
}

/// The counters of failures and attempts, a line for each server and the backend.
fn counters(socket: &std::path::Path) -> Vec<String> {
    let mut stream = UnixStream::connect(socket).expect("the statistics socket");
    stream.write_all(b"show stat\n").expect("ask");
    let mut csv = String::new();
    stream.read_to_string(&mut csv).expect("the answer");
    let mut lines = csv.lines();
    let columns: Vec<&str> = lines.next().expect("a head").trim_start_matches("# ").split(',').collect();
    let wanted = ["svname", "stot", "lbtot", "wretr", "wredis", "econ", "eresp", "hrsp_2xx", "hrsp_5xx"];
    lines
        .filter(|l| l.starts_with("b,"))
        .map(|line| {
            let shown = columns.iter().zip(line.split(',')).filter(|(c, _)| wanted.contains(c));
            shown.map(|(c, v)| format!("{c}={v}")).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

#[test]
fn requests_are_sent_again_and_counted_as_haproxy_does() {
    let case = |manner, lines| Case { manner, lines, request: GET };
    let cases = [
        case(BUSY, ""),
        case(BUSY, "retry-on 404 503"),
        case(BUSY, "retry-on 404 500"),
        case(BUSY, "retry-on 503\n    option redispatch"),
        case(BUSY, "retry-on 503\n    http-request disable-l7-retry"),
        case(BUSY, "retry-on 503\n    http-request disable-l7-retry if { path /other }"),
        Case { manner: BUSY, lines: "retry-on all-retryable-errors", request: POST },
        case(BUSY, "retry-on all-retryable-errors\n    retries 0"),
        case(JUNK, "retry-on junk-response"),
        case(JUNK, "retry-on empty-response"),
        case(Manner::Closes, "retry-on empty-response"),
        case(Manner::Closes, "retry-on junk-response"),
        case(Manner::Closes, "retry-on empty-response\n    option redispatch"),
        case(Manner::Hangs, "retry-on response-timeout\n    option redispatch"),
        case(Manner::Hangs, "retry-on 504"),
        case(Manner::Away, "retry-on none"),
        case(Manner::Away, "retry-on none\n    option redispatch"),
        case(Manner::Away, "retry-on conn-failure\n    option redispatch"),
    ];
    for case in &cases {
        let what = format!("{:?} with '{}'", case.manner, case.lines);
        let wanted = play(Program::Haproxy, case);
        for program in BOTH {
            assert_eq!(play(program, case), wanted, "{}: {what}", program.name());
        }
    }
}

/// The beginning of a head is an answer that is none: `junk-response` sends the request again, not `empty-response`. As 3.2.26 does;
/// 2.6 has it the other way round.
#[test]
fn half_a_head_is_junk() {
    for program in BOTH {
        let played = |lines| play(program, &Case { manner: HALF, lines, request: GET })[..2].to_vec();
        assert_eq!(
            played("retry-on junk-response\n    option redispatch 1"),
            ["200 AB", "200 AB"],
            "{}",
            program.name()
        );
        assert_eq!(
            played("retry-on empty-response\n    option redispatch 1"),
            ["502 A", "200 B"],
            "{}",
            program.name()
        );
    }
}

/// As 3.2.26 does: each server that failed is known to have failed, not only the last one.
#[test]
fn every_server_that_failed_is_observed() {
    let cases = [
        (BUSY, "503", "Wrong http response"),
        (JUNK, "junk-response", "Invalid http response (headers)"),
        (HALF, "junk-response", "Invalid http response (headers)"),
        (Manner::Closes, "empty-response", "Read error (http)"),
        (Manner::Hangs, "response-timeout", "Read timeout (http)"),
        (Manner::Away, "conn-failure", "L4 unsuccessful connection"),
    ];
    for (program, (manner, word, told)) in BOTH.into_iter().flat_map(|p| cases.map(|case| (p, case))) {
        let (ground, seen) = (Ground::new(), Seen::default());
        let servers = [('A', manner), ('B', manner), ('C', GOOD)];
        let [a, b, c] = servers.map(|(letter, manner)| origin(letter, manner, &seen));
        let config = format!(
            "global
    nbthread 1
defaults
    mode http
    timeout connect 500ms
    timeout client 10s
    timeout server 300ms
frontend f
    bind \"127.0.10.1:${{F1}}\"
    default_backend b
backend b
    retry-on {word}
    retries 3
    option redispatch 1
    default-server check inter 60s addr {} port {} observe layer7 error-limit 1 on-error mark-down
    server a {a}
    server b {b}
    server c {c}
",
            c.ip(),
            c.port()
        );
        let what = format!("{}: {manner:?}, retry-on {word}", program.name());
        let proxy = ground.serve(program, 1, &config);
        assert_eq!(crate::status(&client::get(ground.front(1), GET)), 200, "{what}");
        let down = |server: char| {
            let why = format!("Detected 1 consecutive errors, last one was: {told}");
            format!("Server b/{server} is DOWN, reason: Health analyze, info: \"{why}\"")
        };
        let until = std::time::Instant::now() + crate::common::PATIENCE;
        while !['a', 'b'].iter().all(|s| proxy.errors().contains(&down(*s))) {
            assert!(std::time::Instant::now() < until, "{what}: {}", proxy.errors());
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(!proxy.errors().contains("Server b/c is DOWN"), "{what}: {}", proxy.errors());
    }
}
