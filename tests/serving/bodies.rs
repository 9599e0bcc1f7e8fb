//! Large and many messages.

use std::net::SocketAddr;
use std::time::Duration;

use crate::common::client::{self, Exchange, Step};
use crate::common::ground::Ground;
use crate::common::pattern;
use crate::{BOTH, DEFAULTS};

const LARGE: usize = 24 << 20;

fn config() -> String {
    format!(
        "global\n    nbthread 2\n{DEFAULTS}
frontend http
    bind \"127.0.10.1:${{F1}}\"
    timeout client 120s
    default_backend any
backend any
    timeout server 120s
    server a \"${{A}}\"
listen tcp
    bind \"127.0.10.1:${{F2}}\"
    mode tcp
    timeout client 120s
    timeout server 120s
    server echo \"${{ECHO}}\"
"
    )
}

/// One request and its large answer, with all the time that a busy machine may take for it.
fn large(to: SocketAddr, request: impl AsRef<[u8]>) -> client::Outcome {
    let steps = vec![Step::Send(request.as_ref().to_vec())];
    let patience = Duration::from_secs(240);
    client::run(to, &Exchange { steps, patience, linger: Duration::ZERO, ..Exchange::default() })
}

#[test]
fn a_24_mib_body_passes_unchanged_both_ways() {
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 2, &config());
        let body = pattern(LARGE);
        let down = large(ground.front(1), format!("GET /len/{LARGE} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert!(
            down.answers[0].body.complete && down.answers[0].body.bytes == body,
            "{}, download",
            program.name()
        );

        let head = format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {LARGE}\r\n\r\n");
        let up = large(ground.front(1), [head.as_bytes(), &body].concat());
        assert!(
            up.answers[0].body.complete && up.answers[0].body.bytes == body,
            "{}, upload and echo",
            program.name()
        );
        let seen = ground.log.take(crate::common::PATIENCE);
        assert!(seen[1].body.bytes == body, "{}, upload", program.name());

        let mut chunked = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for piece in body[..4 << 20].chunks(10_007) {
            chunked.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
            chunked.extend_from_slice(piece);
            chunked.extend_from_slice(b"\r\n");
        }
        chunked.extend_from_slice(b"0\r\n\r\n");
        let up = large(ground.front(1), chunked);
        assert!(up.answers[0].body.bytes == body[..4 << 20], "{}, chunked upload", program.name());

        let raw = Exchange {
            steps: vec![Step::Send(body.clone()), Step::Fin],
            opaque: true,
            ..Exchange::default()
        };
        let back = client::run(ground.front(2), &raw);
        assert!(back.rest == body, "{}, TCP with half-close: {} bytes", program.name(), back.rest.len());
    }
}

/// A client that does not read stops the proxy from reading: its memory must not grow with the body.
#[test]
fn a_slow_reader_costs_no_memory() {
    for program in BOTH {
        let ground = Ground::new();
        let proxy = ground.serve(program, 1, &config());
        crate::get(ground.front(1), "/len/1000");
        let before = resident(proxy.pid());
        let readers: Vec<_> = (0..8)
            .map(|_| {
                use std::io::Write;
                let mut stream = client::connect(ground.front(1), crate::common::CLIENT).expect("connect");
                stream
                    .write_all(format!("GET /len/{LARGE} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes())
                    .expect("send");
                stream
            })
            .collect();
        std::thread::sleep(Duration::from_millis(700));
        let grown = resident(proxy.pid()).saturating_sub(before);
        assert!(grown < 8 << 20, "{}: 8 stalled readers cost {grown} bytes", program.name());
        drop(readers);
    }
}

/// 51 pipelined requests give 51 answers, in order, on one connection.
#[test]
fn pipelined_requests_are_all_answered_in_order() {
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 1, &config());
        let requests: String =
            (0..51).map(|n| format!("GET /page-{n} HTTP/1.1\r\nHost: a\r\n\r\n")).collect();
        let exchange =
            Exchange { steps: vec![Step::Send(requests.into())], answers: 51, ..Exchange::default() };
        let outcome = client::run(ground.front(1), &exchange);
        let bodies: Vec<String> =
            outcome.answers.iter().map(|a| crate::common::text(&a.body.bytes)).collect();
        let wanted: Vec<String> = (0..51).map(|n| format!("A GET /page-{n} HTTP/1.1\n")).collect();
        assert_eq!(bodies, wanted, "{}", program.name());
    }
}

/// Resident memory of a process in bytes.
fn resident(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("/proc");
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).expect("VmRSS");
    line.split_whitespace().nth(1).and_then(|n| n.parse::<usize>().ok()).expect("kB") * 1024
}
