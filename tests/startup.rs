//! How fast Ringmain starts. A test program of its own, because cargo runs test programs one after another: nothing
//! else of the tests runs meanwhile.

mod common;

use std::time::{Duration, Instant};

use common::client;
use common::ground::{Ground, file};
use common::proxy::{Io, Program};

const CONFIG: &str = "defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
frontend f
    bind \"127.0.10.1:${F1}\"
    default_backend b
backend b
    server a \"${A}\"
";

/// From the start of the process to the first answer, the origin being there: below 100 ms.
#[test]
fn first_answer_comes_within_100_ms() {
    for program in [Program::Ringmain(Io::Epoll), Program::Ringmain(Io::Uring)] {
        let times: Vec<Duration> = (0..5).map(|_| once(program)).collect();
        // The fastest of five: what the machine does besides can only add.
        let best = times.iter().min().expect("five");
        println!("{}: start to first answer {best:?} (of {times:?})", program.name());
        assert!(*best < Duration::from_millis(100), "{}: {times:?}", program.name());
    }
}

fn once(program: Program) -> Duration {
    let (ground, path) = (Ground::new(), file(CONFIG));
    let began = Instant::now();
    let _proxy = ground.serve_file(program, 1, &path);
    let outcome = client::get(ground.front(1), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(outcome.statuses(), [200], "{}", program.name());
    began.elapsed()
}
