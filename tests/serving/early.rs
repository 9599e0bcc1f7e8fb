//! Answers that come before the request's body is whole. Many clients (Python's `http.client`, Go's, Java's) look for an answer only
//! once they have sent everything: what HAProxy 3.2.26 lets them see is what they have to see here.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::common::ground::Ground;
use crate::{BOTH, DEFAULTS};

const CONFIG: &str = "frontend f
    bind \"127.0.10.1:${F1}\"
    timeout client 1s
    timeout tarpit 50ms
    monitor-uri /monitor
    http-request deny deny_status 429 if { path /deny }
    http-request return status 413 if { path /return }
    http-request tarpit deny_status 403 if { path /tarpit }
    use_backend none if { path /no-server }
    use_backend ruled if { path_beg /early/414 }
    default_backend any
backend any
    server a \"${A}\"
backend none
backend ruled
    http-response return status 418 if { status 414 }
    server a \"${A}\"
";

/// More than the sockets on the way hold.
const LARGE: usize = 8 << 20;

/// Sends a whole request before it reads a byte; then, on the same connection, another one. The two answers' heads; of the second
/// nothing where the connection ended.
fn answers(to: SocketAddr, request: &[u8]) -> (String, String) {
    let mut stream = TcpStream::connect(to).expect("connect");
    stream.set_read_timeout(Some(crate::common::PATIENCE)).expect("a timeout");
    stream.set_write_timeout(Some(crate::common::PATIENCE)).expect("a timeout");
    stream.write_all(request).expect("the body is read away");
    let first = head(&mut stream);
    let _ = stream.write_all(b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    (first, head(&mut stream))
}

/// One answer's head; its body, which has a length, is passed over.
fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return crate::common::text(&head),
        }
    }
    let text = crate::common::text(&head).to_ascii_lowercase();
    let length = text.split("content-length: ").nth(1).and_then(|t| t.split('\r').next()?.parse().ok());
    let _ = stream.read_exact(&mut vec![0; length.unwrap_or(0)]);
    text
}

fn post(path: &str, fields: &str, size: usize) -> Vec<u8> {
    let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\n{fields}Content-Length: {size}\r\n\r\n");
    [head.into_bytes(), vec![b'x'; size]].concat()
}

#[test]
fn a_client_that_sends_everything_first_gets_its_answer_and_keeps_its_connection() {
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 1, &format!("{DEFAULTS}{CONFIG}"));
        for (path, status) in [
            ("/deny", 429),
            ("/return", 413),
            ("/tarpit", 403),
            ("/monitor", 200),
            ("/no-server", 503),
            ("/early/413", 413),
            ("/early/414", 418),
            ("/none", 502),
        ] {
            let chunks = [
                format!("POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{LARGE:x}\r\n")
                    .as_bytes(),
                &vec![b'x'; LARGE],
                b"\r\n0\r\n\r\n",
            ]
            .concat();
            for request in [post(path, "", LARGE), post(path, "", 10), chunks] {
                let (first, second) = answers(ground.front(1), &request);
                let what = format!("{}, {path}, {} bytes", program.name(), request.len());
                assert!(first.starts_with(&format!("http/1.1 {status} ")), "{what}: {first}");
                assert!(!first.contains("connection: close"), "{what}: {first}");
                assert!(second.starts_with("http/1.1 200 "), "{what}: {second:?} for the next request");
            }
            let (first, second) = answers(ground.front(1), &post(path, "Connection: close\r\n", LARGE));
            assert!(first.starts_with(&format!("http/1.1 {status} ")), "{}, {path}: {first}", program.name());
            assert!(first.contains("connection: close") && second.is_empty(), "{first}{second}");
        }
    }
}

/// A client that waits for leave gets the answer instead. What it then sends is the body that it has announced.
#[test]
fn a_body_that_was_not_asked_for_is_read_away_as_well() {
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 1, &format!("{DEFAULTS}{CONFIG}"));
        for (path, status) in [("/deny", 429), ("/refuse/417", 417)] {
            let mut stream = TcpStream::connect(ground.front(1)).expect("connect");
            stream.set_read_timeout(Some(crate::common::PATIENCE)).expect("a timeout");
            let request = post(path, "Expect: 100-continue\r\n", 5);
            let (request, body) = request.split_at(request.len() - 5);
            stream.write_all(request).expect("send");
            let first = head(&mut stream);
            assert!(first.starts_with(&format!("http/1.1 {status} ")), "{first}");
            assert!(!first.contains("connection: close"), "{first}");
            stream.write_all(&[body, b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"].concat()).expect("send");
            let second = head(&mut stream);
            assert!(second.starts_with("http/1.1 200 "), "{}, {path}: {second}", program.name());
        }
    }
}

/// `timeout client` is how long the rest of a body is waited for; a body beyond the bound is not.
#[test]
fn a_body_is_waited_for_within_a_bound() {
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 1, &format!("{DEFAULTS}{CONFIG}"));
        let began = Instant::now();
        let request = post("/deny", "", 10);
        let short = request.len() - 5;
        let (first, second) = answers_of(ground.front(1), &request[..short]);
        assert!(first.starts_with("http/1.1 429 ") && second.is_empty(), "{first}{second}");
        assert!(began.elapsed() >= Duration::from_millis(900), "{:?}", began.elapsed());

        let began = Instant::now();
        let endless = b"POST /deny HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000000\r\n\r\nx";
        let (first, second) = answers_of(ground.front(1), endless);
        assert!(first.contains("connection: close") && second.is_empty(), "{first}{second}");
        assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    }
}

/// The answer's head, and what comes behind it.
fn answers_of(to: SocketAddr, request: &[u8]) -> (String, String) {
    let mut stream = TcpStream::connect(to).expect("connect");
    stream.set_read_timeout(Some(crate::common::PATIENCE)).expect("a timeout");
    stream.write_all(request).expect("send");
    (head(&mut stream), head(&mut stream))
}

/// A server that answers first and reads then gets the whole body.
#[test]
fn a_server_that_reads_on_behind_its_answer_gets_the_body() {
    for program in BOTH {
        let ground = Ground::new();
        let listener = TcpListener::bind((crate::common::BACK, 0)).expect("bind");
        let addr = listener.local_addr().expect("an address");
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("accept");
            let mut all = vec![0; 65_536];
            let mut got = stream.read(&mut all).expect("read");
            stream.write_all(b"HTTP/1.1 202 Taken\r\nContent-Length: 0\r\n\r\n").expect("send");
            loop {
                match stream.read(&mut all) {
                    Ok(n) if n > 0 => got += n,
                    _ => return got,
                }
            }
        });
        let config = format!(
            "{DEFAULTS}frontend f\n    bind \"127.0.10.1:${{F1}}\"\n    default_backend b\nbackend b\n    server s {addr}\n"
        );
        let proxy = ground.serve(program, 1, &config);
        let mut stream = TcpStream::connect(ground.front(1)).expect("connect");
        let request = post("/", "", LARGE);
        stream.write_all(&request[..100]).expect("send");
        assert!(head(&mut stream).starts_with("http/1.1 202 "));
        stream.write_all(&request[100..]).expect("send");
        stream.shutdown(std::net::Shutdown::Write).expect("an end");
        let _ = stream.read(&mut [0]);
        drop(proxy);
        let got = server.join().expect("a server");
        assert!(got > LARGE, "{}: {got} bytes", program.name());
    }
}

/// What a client sends that was not asked to send its body is nobody's next request.
#[test]
fn a_refused_body_does_not_reach_the_server() {
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 1, &format!("{DEFAULTS}{CONFIG}"));
        let hidden = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
        let mut stream = TcpStream::connect(ground.front(1)).expect("connect");
        let request = post("/refuse/417", "Expect: 100-continue\r\n", hidden.len());
        stream.write_all(&request[..request.len() - hidden.len()]).expect("send");
        assert!(head(&mut stream).starts_with("http/1.1 417 "));
        stream.write_all(hidden).expect("send");
        stream.write_all(b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n").expect("send");
        assert!(head(&mut stream).starts_with("http/1.1 200 "));
        let seen = ground.log.take(crate::common::PATIENCE);
        let lines: Vec<String> = seen.iter().map(|s| s.head.line.clone()).collect();
        assert_eq!(lines.len(), 2, "{}: {lines:?}", program.name());
    }
}
