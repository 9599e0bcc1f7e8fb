//! Who waits, in which order, and how many are let in: `set-priority-class`, `set-priority-offset`, `minconn` and
//! `fullconn`, beside haproxy.

use std::net::SocketAddr;
use std::thread;

use crate::common::ground::Ground;
use crate::common::proxy::Program;
use crate::common::{client, eventually};
use crate::runtime_edits::{self, await_socket, socket_path};
use crate::{BOTH, DEFAULTS, status};

/// Sends a GET with fields from a thread of its own.
fn ask(to: SocketAddr, path: &str, fields: &str) -> thread::JoinHandle<u16> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n");
    thread::spawn(move || status(&client::get(to, request)))
}

/// The paths in the order in which the one place of the server was given to them.
fn order(program: Program, rules: &str, requests: &[(&str, &str)]) -> Vec<String> {
    let socket = socket_path();
    let config = format!(
        "global\n    nbthread 2\n    stats socket {} level admin\n{DEFAULTS}
frontend f
    bind \"127.0.10.1:${{F1}}\"
    {rules}
    default_backend b
backend b
    timeout queue 60s
    server a \"${{A}}\" maxconn 1
",
        socket.display()
    );
    let ground = Ground::new();
    let _proxy = ground.serve(program, 1, &config);
    await_socket(&socket);
    let first = ask(ground.front(1), "/slow/2500", "");
    ground.log.await_requests(1);
    let queued = || {
        let csv = runtime_edits::ask(&socket, "show stat b 2 -1");
        csv.lines().find_map(|l| l.strip_prefix("b,BACKEND,")?.split(',').next()?.parse().ok()).unwrap_or(0)
    };
    let waiting: Vec<_> = requests
        .iter()
        .zip(1..)
        .map(|((path, fields), n)| {
            let asked = ask(ground.front(1), path, fields);
            // Each is in the queue before the next one comes.
            assert!(eventually(|| queued() == n), "{}: {path} does not wait", program.name());
            // Longer than the smallest offset.
            thread::sleep(std::time::Duration::from_millis(60));
            asked
        })
        .collect();
    for client in std::iter::once(first).chain(waiting) {
        assert_eq!(client.join().expect("client"), 200, "{}", program.name());
    }
    let seen = ground.log.take(crate::common::PATIENCE);
    seen.iter().skip(1).filter_map(|s| s.head.line.split(' ').nth(1)).map(str::to_owned).collect()
}

#[test]
fn the_queue_is_served_by_class_then_by_time_and_offset() {
    let classes = "http-request set-priority-class req.hdr(x-class)";
    let offsets = "http-request set-priority-offset req.hdr(x-offset)";
    let by_class =
        [("/1", "X-Class: 3\r\n"), ("/2", ""), ("/3", "X-Class: -2\r\n"), ("/4", "X-Class: -99999\r\n")];
    let by_offset = [
        ("/1", "X-Offset: 100000\r\n"),
        ("/2", "X-Offset: 5\r\n"),
        ("/3", ""),
        ("/4", "X-Offset: -100000\r\n"),
    ];
    for (rules, requests, wanted) in [
        (classes, &by_class, ["/4", "/3", "/2", "/1"]),
        (offsets, &by_offset, ["/4", "/2", "/3", "/1"]),
        ("", &by_class, ["/1", "/2", "/3", "/4"]),
    ] {
        thread::scope(|scope| {
            for program in [Program::Haproxy].into_iter().chain(BOTH) {
                scope.spawn(move || {
                    assert_eq!(order(program, rules, requests), wanted, "{}: {rules}", program.name());
                });
            }
        });
    }
}

/// The most requests at a time on a server of `minconn 1 maxconn 6` and `fullconn 12`, with so many clients.
fn most(program: Program, clients: usize) -> usize {
    let config = format!(
        "global\n    nbthread 1\n{DEFAULTS}
listen f
    bind \"127.0.10.1:${{F1}}\"
    timeout queue 60s
    fullconn 12
    server a \"${{A}}\" minconn 1 maxconn 6
"
    );
    let ground = Ground::new();
    let _proxy = ground.serve(program, 1, &config);
    let clients: Vec<_> = (0..clients).map(|_| ask(ground.front(1), "/slow/500", "")).collect();
    for client in clients {
        assert_eq!(client.join().expect("client"), 200, "{}", program.name());
    }
    ground.log.peak()
}

#[test]
fn the_limit_of_a_server_grows_with_the_load_of_its_backend() {
    for (clients, wanted) in [(1, 1), (3, 1), (6, 3), (12, 6), (16, 6)] {
        thread::scope(|scope| {
            for program in [Program::Haproxy].into_iter().chain(BOTH) {
                scope.spawn(move || {
                    assert_eq!(most(program, clients), wanted, "{}: {clients} clients", program.name());
                });
            }
        });
    }
}
