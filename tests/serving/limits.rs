//! `maxconn` of server, frontend and process, and the queue.

use std::thread;
use std::time::{Duration, Instant};

use crate::common::client::{self, Exchange, Step};
use crate::common::ground::Ground;
use crate::{BOTH, DEFAULTS, get, status};

#[test]
fn a_full_server_queues_in_order_and_times_out() {
    let config = format!(
        "global\n    nbthread 2\n{DEFAULTS}
listen patient
    bind \"127.0.10.1:${{F1}}\"
    timeout queue 5s
    server a \"${{A}}\" maxconn 3
listen impatient
    bind \"127.0.10.1:${{F2}}\"
    timeout queue 200ms
    server b \"${{B}}\" maxconn 1
"
    );
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 2, &config);
        let (to, name) = (ground.front(1), program.name());
        let clients: Vec<_> = (0..20).map(|_| thread::spawn(move || status(&get(to, "/slow/50")))).collect();
        let answers: Vec<u16> = clients.into_iter().map(|c| c.join().expect("client")).collect();
        assert_eq!(answers, [200; 20], "{name}: all are served in turn");
        assert_eq!(ground.log.peak(), 3, "{name}: and never more than three at a time");

        ground.log.take(crate::common::PATIENCE);
        let to = ground.front(2);
        let first = thread::spawn(move || status(&get(to, "/slow/4000")));
        ground.log.await_requests(1);
        let began = Instant::now();
        let second = status(&get(to, "/"));
        let waited = began.elapsed();
        assert_eq!(second, 503, "{name}: timeout queue");
        assert!(
            waited > Duration::from_millis(150) && waited < Duration::from_millis(2_500),
            "{name}: after {waited:?}"
        );
        assert_eq!(first.join().expect("client"), 200);
        assert_eq!(status(&get(to, "/")), 200, "{name}: the slot is free again");
    }
}

/// A connection beyond the limit waits in the kernel until another ends.
#[test]
fn a_full_frontend_or_process_does_not_accept() {
    let frontend = format!(
        "{DEFAULTS}frontend f\n    maxconn 2\n    bind \"127.0.10.1:${{F1}}\"\n    default_backend b\nbackend b\n    server a \"${{A}}\"\n"
    );
    let process = format!(
        "global\n    maxconn 2\n{DEFAULTS}frontend f\n    bind \"127.0.10.1:${{F1}}\"\n    default_backend b\nbackend b\n    server a \"${{A}}\"\n"
    );
    for program in BOTH {
        for (config, what) in [(&frontend, "frontend"), (&process, "process")] {
            let ground = Ground::new();
            let _proxy = ground.serve(program, 1, config);
            let (to, name) = (ground.front(1), program.name());
            thread::sleep(Duration::from_millis(50));
            let hold = |ms| {
                thread::spawn(move || {
                    let steps = vec![Step::Send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".into())];
                    let linger = Duration::from_millis(ms);
                    client::run(to, &Exchange { steps, linger, ..Exchange::default() })
                })
            };
            let held = [hold(500), hold(500)];
            ground.log.await_requests(2);
            let began = Instant::now();
            assert_eq!(status(&get(to, "/")), 200, "{name}, {what}: the third is served in the end");
            let waited = began.elapsed();
            assert!(waited > Duration::from_millis(250), "{name}, {what}: it waited only {waited:?}");
            for one in held {
                assert_eq!(status(&one.join().expect("client")), 200, "{name}, {what}");
            }
        }
    }
}

#[test]
fn too_few_descriptors_are_refused_or_said() {
    let config = |extra: &str| {
        format!(
            "global\n    maxconn 25000\n{extra}{DEFAULTS}listen l\n    bind \"127.0.10.1:${{F1}}\"\n    server a \"${{A}}\"\n"
        )
    };
    let limited = ["prlimit", "--nofile=256:256"];
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let strict = crate::common::ground::file(&config(""));
        let out = program.run_under(
            &limited,
            ["-f", &strict.display().to_string(), "-db"],
            &ground.env,
            Duration::from_secs(3),
        );
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(1), "{name}:\n{said}");
        assert!(
            said.contains(".main()] Cannot raise FD limit to ") && said.contains(", limit is 256."),
            "{name}:\n{said}"
        );

        let lax = crate::common::ground::file(&config("    no strict-limits\n"));
        let proxy = crate::common::proxy::Proxy::start_under(
            program,
            &limited,
            &lax,
            &ground.env,
            &["-db"],
            &[ground.front(1)],
        );
        assert_eq!(status(&get(ground.front(1), "/")), 200, "{name}: it serves with what it has");
        proxy.await_said("FD limit (256) too low for maxconn=25000");
    }
}

/// `tune.bufsize` makes room for larger heads, of requests and of answers.
#[test]
fn larger_buffers_take_larger_heads() {
    for program in BOTH {
        let ground = Ground::new();
        let text = format!(
            "global\n    tune.bufsize 65536\n{DEFAULTS}frontend f\n    bind \"127.0.10.1:${{F1}}\"\n    default_backend b\n\
             backend b\n    server a \"${{A}}\"\n"
        );
        let _proxy = ground.serve(program, 1, &text);
        let with = |bytes: usize| {
            let field = "x".repeat(bytes);
            client::get(ground.front(1), format!("GET / HTTP/1.1\r\nHost: a\r\nX-Big: {field}\r\n\r\n"))
                .statuses()
        };
        assert_eq!(with(60_000), [200], "{}", program.name());
        assert_eq!(with(70_000), [400], "{}: larger than the buffer", program.name());
    }
}
