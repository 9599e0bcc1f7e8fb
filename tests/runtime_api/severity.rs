//! `severity-output`: which answers are messages, and of which level, beside haproxy.

use std::path::Path;

use crate::common::ground::{Ground, scratch};
use crate::common::proxy::Program;
use crate::{BOTH, DEFAULTS, await_socket, socket_path, tell};

/// Each a line of its own. What they say is compared elsewhere.
const LINES: &[&str] = &[
    "",
    "frob",
    "help",
    "help acl",
    "show cli level",
    "show cli sockets",
    "show env HOME",
    "show env NOBODY_HAS_THIS",
    "show version",
    "show backend",
    "show stat",
    "show stat x",
    "show stat typed",
    "show stat domain proxy",
    "show stat domain x",
    "show info",
    "show servers state",
    "show servers state x",
    "show servers conn x",
    "show resolvers x",
    "show table",
    "show table x",
    "show table t",
    "show table t key",
    "show table t frob",
    "show table t data.frob eq 1",
    "set table",
    "set table x key y",
    "set table t frob",
    "set table t key 127.0.0.1 data.frob 1",
    "set table t key 127.0.0.1 data.gpc0 1",
    "clear table t frob",
    "clear table x",
    "show acl",
    "show acl #0",
    "show acl #99",
    "show map x",
    "add acl",
    "add acl x y",
    "add acl #99 y",
    "add map MAP k",
    "add map MAP k v",
    "set map MAP",
    "set map MAP nope v",
    "set map x k v",
    "del map MAP",
    "del map MAP nope",
    "del map x y",
    "del acl #0 nope",
    "clear map",
    "clear map x",
    "clear acl @9 x",
    "prepare map MAP",
    "prepare map x",
    "commit map MAP",
    "commit map @99 MAP",
    "commit map @1",
    "get map MAP k",
    "get map MAP",
    "get acl x y",
    "get var",
    "get var proc.nope",
    "get var proc.i",
    "set var proc.n int(1)",
    "experimental-mode",
    "experimental-mode on;set var;experimental-mode off",
    "experimental-mode on;set var proc.n path;experimental-mode",
    "expert-mode",
    "expert-mode on;expert-mode",
    "set timeout",
    "set timeout cli",
    "set timeout cli x",
    "set severity-output",
    "set severity-output frob",
    "set severity-output string;frob x",
    "set severity-output none;frob x",
    "set rate-limit",
    "set rate-limit sessions global",
    "set rate-limit sessions global -1",
    "set rate-limit connections global 0",
    "set maxconn",
    "set maxconn frontend",
    "set maxconn frontend x 1",
    "set maxconn frontend site",
    "set maxconn frontend site -1",
    "set maxconn global",
    "set maxconn server farm/a",
    "set maxconn server farm/a x",
    "set maxconn server farm/a 3x",
    "get weight",
    "get weight farm/a",
    "get weight farm/x",
    "set weight farm/a",
    "set weight farm/a x",
    "set weight farm/a 300",
    "set weight farm/a 3",
    "set server",
    "set server farm/a",
    "set server farm/x state maint",
    "set server farm/a state x",
    "set server farm/a state maint",
    "set server farm/a health x",
    "set server farm/a health up",
    "set server farm/a agent up",
    "set server farm/a agent-send x",
    "set server farm/a agent-addr 127.0.0.1",
    "set server farm/a agent-addr",
    "set server farm/a agent-port",
    "set server farm/a agent-port 3",
    "set server farm/a check-addr",
    "set server farm/a check-addr x",
    "set server farm/a check-addr 127.0.0.1",
    "set server farm/a check-port",
    "set server farm/a check-port x",
    "set server farm/a check-port 3",
    "set server farm/c check-port 3",
    "set server farm/c check-port x",
    "set server farm/c check-addr x",
    "set server farm/a addr",
    "set server farm/a addr x",
    "set server farm/a addr 127.0.0.7",
    "set server farm/a addr 127.0.0.7 port 99",
    "set server farm/a addr 127.0.0.7 port x",
    "set server farm/a fqdn",
    "set server farm/a fqdn x",
    "set server farm/a ssl on",
    "enable server",
    "enable server farm/a",
    "disable server farm/x",
    "enable health farm/a",
    "enable agent farm/a",
    "disable agent farm/x",
    "add server",
    "add server farm",
    "add server x/y 127.0.0.1:1",
    "add server farm/a 127.0.0.1:1",
    "add server farm/n",
    "add server farm/n 127.0.0.1:1 frob",
    "add server farm/n 127.0.0.1:1",
    "del server",
    "del server farm/a",
    "del server farm/x",
    "del server farm/n",
    "disable frontend",
    "disable frontend x",
    "enable frontend site",
    "shutdown frontend x",
    "shutdown sessions server",
    "shutdown sessions server farm/a",
    "enable dynamic-cookie backend",
    "disable dynamic-cookie backend x",
    "enable dynamic-cookie backend farm",
    "set dynamic-cookie-key backend",
    "set dynamic-cookie-key backend x y",
    "set dynamic-cookie-key backend farm",
    "clear counters",
    "show peers",
    "show startup-logs",
    "show schema json",
    "show activity",
    "show cache",
    "show trace",
    "show trace x",
    "trace",
    "trace x",
    "user;operator",
    "user;show env HOME",
    "user -;show cli level",
    "operator -;expert-mode on -",
    "expert-mode on -;show cli level",
    "user;set server farm/a state ready",
];

fn config(socket: &Path, other: &Path, map: &Path) -> String {
    format!(
        "global
    nbthread 1
    set-var proc.i int(5)
    stats socket {} level admin severity-output number
    stats socket {} level user severity-output string
{DEFAULTS}frontend site
    bind \"127.0.10.1:${{F1}}\"
    acl a path /a
    http-request set-header x %[path,map({})]
    default_backend farm
backend farm
    balance roundrobin
    server a \"${{A}}\" weight 2
    server b \"${{B}}\" disabled
    server c \"${{C}}\" check inter 600s
backend t
    stick-table type ip size 100 store gpc0
",
        socket.display(),
        other.display(),
        map.display()
    )
}

/// For each answer of a line what stands before it.
fn levels(answer: &str) -> Vec<String> {
    let level = |line: &str| match line.strip_prefix('[').and_then(|l| l.split_once("]: ")) {
        Some((level, _)) if level.len() < 8 => Some(format!("[{level}]")),
        _ => None,
    };
    let mut found: Vec<String> = answer.lines().filter_map(level).collect();
    // Empty answers count too, what was asked for does not.
    if answer.trim().is_empty() {
        found.push(format!("{} empty lines", answer.len()));
    }
    found
}

fn heard(program: Program) -> Vec<Vec<String>> {
    let (ground, socket, other) = (Ground::new(), socket_path(), socket_path());
    let map = scratch("map", "k v\n");
    let _proxy = ground.serve(program, 1, &config(&socket, &other, &map));
    await_socket(&socket);
    let line = |l: &&str| format!("{}\n", l.replace("MAP", &map.display().to_string()));
    let mut all: Vec<Vec<String>> = LINES.iter().map(|l| levels(&tell(&socket, &line(l)))).collect();
    all.push(levels(&tell(
        &other,
        "show cli level;show env;frob;set severity-output number;show cli level\n",
    )));
    for path in [&socket, &other, &map] {
        let _ = std::fs::remove_file(path);
    }
    all
}

#[test]
fn answers_have_haproxys_levels() {
    let wanted = heard(Program::Haproxy);
    assert!(wanted.iter().filter(|w| w.contains(&"[3]".to_owned())).count() > 50, "{wanted:?}");
    for program in BOTH {
        let got = heard(program);
        let lines = LINES.iter().copied().chain(["the other socket"]);
        let differ: Vec<String> = lines
            .zip(got.iter().zip(&wanted))
            .filter(|(_, (got, wanted))| got != wanted)
            .map(|(line, (got, wanted))| format!("> {line}: haproxy {wanted:?}, we {got:?}"))
            .collect();
        assert!(differ.is_empty(), "{} differ on {}:\n{}", differ.len(), program.name(), differ.join("\n"));
    }
}
