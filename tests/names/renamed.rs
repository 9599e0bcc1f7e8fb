//! Another name for a server while running (`set server … fqdn`), and the address that a state file remembers of one
//! (`init-addr last`).

use super::{A, ALL, DEFAULTS, PATIENCE, SHORT, Stand, records};
use crate::common::client;
use crate::common::ground::{Ground, scratch};
use crate::common::proxy::Program;
use std::time::Instant;

/// Waits until a server has this address and name.
fn await_address(s: &Stand, program: Program, server: &str, addr: &str, name: &str) {
    let end = Instant::now() + PATIENCE;
    loop {
        let state = s.ask("show servers state");
        let found =
            state.lines().map(|l| l.split(' ').collect::<Vec<_>>()).find(|w| w.get(3) == Some(&server));
        let found = found.unwrap_or_else(|| panic!("no {server} in {state}"));
        if found[4] == addr && found[17] == name {
            return;
        }
        assert!(Instant::now() < end, "{}: {state}\n{}", program.name(), s.proxy.errors());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_server_gets_another_name() {
    let run = |program: Program| {
        let s = Stand::new(
            program,
            SHORT,
            "backend b\n    server s1 one.test:80 resolvers dns init-addr none\n    server s2 127.0.0.9:81 resolvers dns\n    \
             server s3 127.0.0.9:81",
        );
        s.dns.script(&[
            ("one.test", A, records(&["127.0.0.11"])),
            ("two.test", A, records(&["127.0.0.12"])),
            ("three.test", A, records(&["127.0.0.13"])),
        ]);
        await_address(&s, program, "s1", "127.0.0.11", "one.test");
        let mut said = vec![s.ask("set server b/s1 fqdn two.test")];
        await_address(&s, program, "s1", "127.0.0.12", "two.test");
        said.push(s.ask("set server b/s1 fqdn two.test"));
        said.push(s.ask("set server b/s1 fqdn no..name"));
        // One that had none.
        said.push(s.ask("set server b/s2 fqdn Three.test"));
        await_address(&s, program, "s2", "127.0.0.13", "Three.test");
        said.push(s.ask("set server b/s3 fqdn two.test"));
        // What is asked for is the new name alone: the old one's address may change.
        s.dns.script(&[("one.test", A, records(&["127.0.0.21"])), ("two.test", A, records(&["127.0.0.22"]))]);
        await_address(&s, program, "s1", "127.0.0.22", "two.test");
        said
    };
    let wanted = run(Program::Haproxy);
    for program in &ALL[1..] {
        assert_eq!(run(*program), wanted, "{}", program.name());
    }
}

#[test]
fn the_last_address_is_the_state_files() {
    for program in ALL {
        let ground = Ground::new();
        let (addr, other) = (ground.back("A"), ground.back("B"));
        let line = |n: u32, ip: &str| {
            format!("3 b {n} s{n} {ip} 2 0 1 1 100 1 0 2 0 0 0 0 app.invalid {} - 0 0 - - 0\n", addr.port())
        };
        let state = scratch(
            "state",
            &format!("1\n# be_id be_name\n{}{}", line(1, &addr.ip().to_string()), line(2, "-")),
        );
        let config = format!(
            "global\n    server-state-file {}\n{DEFAULTS}    load-server-state-from-file global\nfrontend site\n    bind \
             \"127.0.10.1:${{F1}}\"\n    default_backend b\nbackend b\n    server s1 app.invalid:{} init-addr last\n    \
             server s2 app.invalid:{} init-addr last,none\n",
            state.display(),
            addr.port(),
            other.port()
        );
        let proxy = ground.serve(program, 1, &config);
        for _ in 0..3 {
            let outcome = client::get(
                ground.front(1),
                "GET / HTTP/1.1\r\nHost: example.test\r\nConnection: close\r\n\r\n",
            );
            let from = outcome.answers.last().and_then(|a| a.head.field("x-origin")).map(str::to_owned);
            assert_eq!(from.as_deref(), Some("A"), "{}: {}", program.name(), proxy.errors());
        }
    }
}
