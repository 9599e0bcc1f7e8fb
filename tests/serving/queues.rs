//! Who waits, in which order, and how many are let in: `set-priority-class`, `set-priority-offset`, `minconn` and
//! `fullconn`, beside haproxy.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use crate::common::client;
use crate::common::ground::Ground;
use crate::common::proxy::Program;
use crate::{BOTH, DEFAULTS, status};

/// Sends a GET with fields from a thread of its own.
fn ask(to: SocketAddr, path: &str, fields: &str) -> thread::JoinHandle<u16> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n");
    thread::spawn(move || status(&client::get(to, request)))
}

/// The paths in the order in which the one place of the server was given to them.
fn order(program: Program, rules: &str, requests: &[(&str, &str)]) -> Vec<String> {
    let config = format!(
        "global\n    nbthread 2\n{DEFAULTS}
frontend f
    bind \"127.0.10.1:${{F1}}\"
    {rules}
    default_backend b
backend b
    timeout queue 8s
    server a \"${{A}}\" maxconn 1
"
    );
    let ground = Ground::new();
    let _proxy = ground.serve(program, 1, &config);
    let first = ask(ground.front(1), "/slow/700", "");
    ground.log.await_requests(1);
    let waiting: Vec<_> = requests
        .iter()
        .map(|(path, fields)| {
            let asked = ask(ground.front(1), path, fields);
            // Each is in the queue before the next one comes.
            thread::sleep(Duration::from_millis(60));
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
    let by_offset =
        [("/1", "X-Offset: 1000\r\n"), ("/2", "X-Offset: 5\r\n"), ("/3", ""), ("/4", "X-Offset: -1000\r\n")];
    for (rules, requests, wanted) in [
        (classes, &by_class, ["/4", "/3", "/2", "/1"]),
        (offsets, &by_offset, ["/4", "/2", "/3", "/1"]),
        ("", &by_class, ["/1", "/2", "/3", "/4"]),
    ] {
        for program in [Program::Haproxy].into_iter().chain(BOTH) {
            assert_eq!(order(program, rules, requests), wanted, "{}: {rules}", program.name());
        }
    }
}

/// The most requests at a time on a server of `minconn 1 maxconn 6` and `fullconn 12`, with so many clients.
fn most(program: Program, clients: usize) -> usize {
    let config = format!(
        "global\n    nbthread 1\n{DEFAULTS}
listen f
    bind \"127.0.10.1:${{F1}}\"
    timeout queue 8s
    fullconn 12
    server a \"${{A}}\" minconn 1 maxconn 6
"
    );
    let ground = Ground::new();
    let _proxy = ground.serve(program, 1, &config);
    let clients: Vec<_> = (0..clients).map(|_| ask(ground.front(1), "/slow/300", "")).collect();
    for client in clients {
        assert_eq!(client.join().expect("client"), 200, "{}", program.name());
    }
    ground.log.peak()
}

#[test]
fn the_limit_of_a_server_grows_with_the_load_of_its_backend() {
    for (clients, wanted) in [(1, 1), (3, 1), (6, 3), (12, 6), (16, 6)] {
        for program in [Program::Haproxy].into_iter().chain(BOTH) {
            assert_eq!(most(program, clients), wanted, "{}: {clients} clients", program.name());
        }
    }
}
