//! Who waits for which server, and what becomes of them when that server goes.

use std::fmt::Write as _;

use crate::compare;
use crate::stage::{Step, ask, get, hold, tell};

const COLUMNS: &[&str] =
    &["svname", "qcur", "qmax", "scur", "stot", "lbtot", "wretr", "wredis", "econ", "status"];

/// A request of a client that has this cookie; the numbers behind are those of the held ones.
fn of(server: &str, waits: bool) -> Step {
    let waits = if waits { "Queued: 1\r\n" } else { "" };
    hold("q", get("/", &format!("Cookie: S={server}\r\n{waits}")))
}

fn nobodys(waits: bool) -> Step {
    hold("q", get("/", if waits { "Queued: 1\r\n" } else { "" }))
}

fn figures() -> Step {
    Step::Columns("q".to_owned(), COLUMNS)
}

/// A backend of three servers with a place each.
fn backend(lines: &str, servers: [&str; 3]) -> String {
    let mut out = format!("backend q\n    balance roundrobin\n    cookie S insert indirect\n{lines}");
    for (n, words) in servers.iter().enumerate() {
        let _ = writeln!(out, "    server s{n} \"${{S{n}}}\" cookie s{n} maxconn 1 {words}");
    }
    out
}

/// What an operator, or a check, does to a server.
const GOES: [&str; 4] = ["state maint", "state drain", "health down", "health stopping"];

/// A request waits for its own server, which goes while another one is free.
#[test]
fn who_waits_for_a_server_that_goes_is_sent_where_haproxy_sends_it() {
    for lines in ["", "    option redispatch\n", "    option redispatch\n    option persist\n"] {
        for goes in GOES {
            let script = [
                of("s0", false),
                of("s0", true),
                of("s0", true),
                figures(),
                tell(&format!("set server q/s0 {goes}")),
                Step::Arrives(1),
                Step::Arrives(2),
                figures(),
                Step::Release(0),
                Step::Release(1),
                Step::Release(2),
                Step::Said,
                figures(),
            ];
            let said = compare(&backend(lines, [""; 3]), &script);
            let moved = lines == "    option redispatch\n";
            assert_eq!(said[5] == "queued", !moved, "{lines} {goes}: {said:#?}");
        }
    }
}

/// The same where the others are full: it waits for whichever is free first, and only for those who take new ones.
#[test]
fn who_finds_the_others_full_waits_with_everybody() {
    for (goes, backup) in [("state maint", ""), ("state drain", ""), ("state drain", "backup")] {
        let script = [
            of("s0", false),
            of("s1", false),
            of("s2", false),
            of("s0", true),
            of("s0", true),
            tell(&format!("set server q/s0 {goes}")),
            // The command is answered before those who waited have looked around.
            Step::Arrives(3),
            figures(),
            // A place on the server that goes is nobody's now.
            Step::Release(0),
            Step::Arrives(3),
            Step::Release(1),
            Step::Arrives(3),
            Step::Arrives(4),
            Step::Release(2),
            Step::Release(3),
            Step::Release(4),
            Step::Said,
            figures(),
        ];
        compare(&backend("    option redispatch\n", ["", "", backup]), &script);
    }
}

/// A place on a server that drains, or on a backup that is not needed, is only for those who wait for that server.
#[test]
fn free_places_are_for_those_haproxy_gives_them_to() {
    for (goes, servers) in [
        ("state drain", ["", "", "disabled"]),
        ("weight 0", ["", "", "disabled"]),
        ("health stopping", ["", "", "disabled"]),
        ("weight 1", ["backup", "", "disabled"]),
        ("weight 1", ["backup", "", ""]),
    ] {
        let third = if servers[2].is_empty() { vec![of("s2", false)] } else { vec![] };
        let n = 2 + third.len();
        let mut script = vec![of("s0", false), of("s1", false)];
        script.extend(third);
        script.extend([
            nobodys(true),
            of("s0", true),
            tell(&format!("set server q/s0 {goes}")),
            Step::Arrives(n),
            figures(),
            Step::Release(0),
            Step::Arrives(n),
            Step::Arrives(n + 1),
            Step::Release(n + 1),
            Step::Arrives(n),
            Step::Release(1),
            Step::Arrives(n),
            Step::Release(n),
            figures(),
            Step::Said,
        ]);
        compare(&backend("", servers), &script);
    }
}

/// `maxqueue`: who is one too many goes elsewhere where it may, or gets 503; what is hashed is never sent elsewhere.
#[test]
fn too_long_queues_are_left_as_by_haproxy() {
    let full = ["maxqueue 1", "maxqueue 1", "maxqueue 1"];
    for lines in ["", "    option redispatch\n"] {
        let script = [
            of("s0", false),
            of("s0", true),
            of("s0", true),
            figures(),
            of("s1", true),
            of("s2", false),
            of("s0", true),
            figures(),
            Step::Release(0),
            Step::Release(1),
            Step::Release(2),
            Step::Release(3),
            Step::Release(4),
            Step::Release(5),
            figures(),
        ];
        compare(&backend(lines, full), &script);
        let hashed = format!(
            "backend q\n    balance hdr(key)\n{lines}    server s0 \"${{S0}}\" maxconn 1 maxqueue 1\n"
        ) + "    server s1 \"${S1}\" maxconn 1 maxqueue 1\n";
        let key = || hold("q", get("/", "Key: a\r\nQueued: 1\r\n"));
        let script =
            [key(), key(), key(), figures(), Step::Release(0), Step::Release(1), Step::Release(2), figures()];
        compare(&hashed, &script);
    }
}

/// The time is up for those who wait for one server, and for those who wait for any; or there is no server at all.
#[test]
fn who_waits_too_long_is_counted_as_by_haproxy() {
    let lines = "    timeout queue 400ms\n";
    let script = [
        of("s0", false),
        of("s1", false),
        of("s2", false),
        of("s0", true),
        nobodys(true),
        Step::Release(3),
        Step::Release(4),
        tell("set server q/s0 state maint"),
        tell("set server q/s1 state maint"),
        tell("set server q/s2 state maint"),
        ask("q", vec![get("/", ""), get("/", "Cookie: S=s1\r\n")]),
        figures(),
        Step::Release(0),
        Step::Release(1),
        Step::Release(2),
        figures(),
    ];
    let said = compare(&backend(lines, [""; 3]), &script);
    assert_eq!((said[5].as_str(), said[6].as_str(), said[10].as_str()), ("503", "503", "503503"));
}

/// What waits for the backend goes to a server that comes, as many as it takes; what is hashed waits for its own server
/// and is hashed anew when that one goes.
#[test]
fn servers_that_come_take_who_waits() {
    let hashed = "backend q\n    balance hdr(key)\n    hash-type consistent\n    option redispatch\n"
        .to_owned()
        + "    server s0 \"${S0}\" maxconn 1\n    server s1 \"${S1}\" maxconn 1\n    server s2 \"${S2}\" maxconn 1\n";
    let key =
        |waits: bool| hold("q", get("/", &format!("Key: a\r\n{}", if waits { "Queued: 1\r\n" } else { "" })));
    let mut script = vec![key(false), key(true), figures()];
    script.extend((0..3).map(|n| tell(&format!("set server q/s{n} state drain"))));
    script.extend([
        Step::Arrives(1),
        figures(),
        tell("set server q/s0 state ready"),
        tell("set server q/s1 state ready"),
    ]);
    script.extend([Step::Arrives(1), Step::Release(0), Step::Release(1), Step::Said, figures()]);
    compare(&hashed, &script);

    let comes = backend("", ["disabled", "disabled", ""]);
    let script = [
        nobodys(false),
        nobodys(true),
        nobodys(true),
        nobodys(true),
        figures(),
        tell("set server q/s0 state ready"),
        Step::Arrives(1),
        tell("set server q/s1 state ready"),
        Step::Arrives(2),
        tell("set maxconn server q/s1 2"),
        Step::Arrives(3),
        Step::Release(0),
        Step::Release(1),
        Step::Release(2),
        Step::Release(3),
        Step::Said,
        figures(),
    ];
    compare(&comes, &script);
}
