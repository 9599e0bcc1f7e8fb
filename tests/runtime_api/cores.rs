//! `show activity|fd|pools|tasks|threads`: the figures are those of what is there.

use std::io::{Read, Write};
use std::path::Path;

use crate::common::ground::Ground;
use crate::common::{self, PATIENCE, client, eventually};
use crate::{BOTH, DEFAULTS, ask, await_socket, socket_path};

/// The number behind a name: the sum over the threads.
fn figure(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": "));
    let line = line.unwrap_or_else(|| panic!("no {name} in {text}"));
    line.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{name}: {line}"))
}

#[test]
fn cores_tell_what_there_is() {
    for program in BOTH {
        let (ground, socket, name) = (Ground::new(), socket_path(), program.name());
        let config = format!(
            "global\n    nbthread 2\n    stats socket {} mode 600 level admin\n{DEFAULTS}listen raw
    mode tcp
    bind \"127.0.10.1:${{F1}}\"
    server e \"${{ECHO}}\"\n",
            socket.display()
        );
        let _proxy = ground.serve(program, 1, &config);
        await_socket(&socket);
        let mut clients: Vec<_> =
            (0..5).map(|_| client::connect(ground.front(1), common::CLIENT).expect("connect")).collect();
        for client in &mut clients {
            client.set_read_timeout(Some(PATIENCE)).expect("set");
            client.write_all(b"x").expect("send");
            client.read_exact(&mut [0]).expect("the echo");
        }
        let mut activity = String::new();
        // The connection that looked whether it listens may still be closing.
        let five = eventually(|| {
            activity = ask(&socket, "show activity");
            figure(&activity, "streams_now") == 5 && figure(&activity, "connections_now") == 5
        });
        assert!(five, "{name}: {activity}");
        assert!(activity.starts_with("thread_id: 2 (1..2)\ndate_now: "), "{activity}");
        assert!(
            figure(&activity, "accepted") >= 6 && figure(&activity, "tasks_now") >= 5,
            "{name}: {activity}"
        );
        let loops = figure(&activity, "loops");
        assert!(loops > 0 && figure(&ask(&socket, "show activity"), "loops") > loops, "{name}");

        let threads = ask(&socket, "show threads");
        assert!(
            threads.contains("  Thread 1 : id=0x") && threads.contains("  Thread 2 : id=0x"),
            "{threads}"
        );
        assert_eq!(
            (threads.matches("stuck=0").count(), threads.matches("cpu_ns: now=").count()),
            (2, 2),
            "{name}"
        );
        assert!(ask(&socket, "show tasks").starts_with("Running tasks: "), "{name}");

        let pools = ask(&socket, "show pools");
        let stream = pools.lines().find(|l| l.contains("Pool stream (")).expect("the pool");
        assert!(stream.ends_with(", 5 used"), "{name}: {pools}");
        assert!(pools.contains("Total: 2 pools, "), "{name}: {pools}");

        descriptors(&ground, &socket, name);
        let _ = std::fs::remove_file(&socket);
    }
}

fn descriptors(ground: &Ground, socket: &Path, name: &str) {
    let mut all = String::new();
    let port = ground.front(1).port();
    let clients = format!("back=0 fam=ipv4 lport={port} rport=");
    let five = eventually(|| {
        all = ask(socket, "show fd");
        all.matches(&clients).count() == 5
    });
    assert!(five, "{name}: {all}");
    let listeners = format!("l.st=RDY fe=raw fam=ipv4 lport={port}");
    assert_eq!(all.matches(&listeners).count(), 2, "{name}: one a thread in {all}");
    let echo = ground.back("ECHO").port();
    let servers: Vec<&str> =
        all.lines().filter(|l| l.contains(&format!(" rport={echo} px=raw sv=e"))).collect();
    assert_eq!(servers.len(), 5, "{name}: {all}");
    let number = servers[0].split(" : ").next().expect("a number").trim();
    assert_eq!(ask(socket, &format!("show fd {number}")).trim_end(), servers[0], "{name}");
    let open = all.lines().filter(|l| l.contains(" : ")).count();
    assert!(open > 12, "{name}: {all}");
}
