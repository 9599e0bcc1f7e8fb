//! The connection itself beside haproxy, byte for byte: prompts, chains, payloads, levels, help.

use crate::common::ground::Ground;
use crate::common::proxy::Program;
use crate::{DEFAULTS, await_socket, same_answers, socket_path, tell};

/// What is sent over one connection each.
const SCRIPTS: &[&str] = &[
    "show cli level\n",
    "show cli level;show cli level\n",
    "show cli level\nshow cli level\n",
    "  show   cli level\n",
    "show\tcli level\n",
    "show cli level\r\nshow cli level\r\n",
    "prompt\nshow cli level\nshow cli level;show cli level\nquit\n",
    "prompt\nshow cli level\nprompt\n",
    "prompt;show cli level\nquit;show cli level\n",
    "prompt\nprompt\nshow cli level\n",
    "prompt\nquit\nshow cli level\n",
    "quit;show cli level\n",
    "operator;show cli level;user;show cli level;operator;show cli level\n",
    "user;show env HOME\n",
    "operator;set maxconn global 5;disable frontend site\n",
    "user;help prompt\n",
    "help prompt\n",
    "help help\n",
    "help show acl\n",
    "help show cli\n",
    "help acl\n",
    "show cli\n",
    "show cli levels\n",
    "sho info\n",
    "show verison\n",
    "SHOW INFO\n",
    "set timeout cli\n",
    "set timeout cli x\n",
    "set timeout cli 0\n",
    "set timeout cli 3\nshow cli level\n",
    "set timeout cli 3s\n",
    "set timeout foo 3\n",
    "set timeout\n",
    "expert-mode\n",
    "expert-mode on;expert-mode;expert-mode off;expert-mode\n",
    "expert-mode on;operator;expert-mode\n",
    "experimental-mode\n",
    "experimental-mode on;experimental-mode\n",
    "show env NOBODY_HAS_THIS\n",
    "show cli level <<\n;x\n\nshow cli level\n",
    "prompt\nadd acl #0 <<\n/x\n\nshow cli level\nquit\n",
    "add map #1 <<\nk1 v1\nk2\tv2 with spaces\n\nget map #1 k2\n",
    "prompt\nadd map #1 <<\nk3 v3\nk4\n\nget map #1 k3\nquit\n",
    "add map #1 <<\nk5 v5\n",
    "add acl #0 a\\;b;get acl #0 a\\;b\n",
    "add acl #0 a\\ b;get acl #0 a\\ b\n",
    "show peers\n",
    "show startup-logs\n",
    "show schema jsonx\n",
    "show schema json\n",
    "show backend\n",
    "operator;clear counters;clear counters all\n",
    "user;clear counters\n",
    "user;show fd;show libs\n",
    "show fd 99999\n",
    "get var;get var x;get var txn.a;get var proc.i;get var proc.s;get var proc.a\n",
    "set var proc.n int(7)\n",
    "experimental-mode on;set var proc.n int(7);get var proc.n;set var proc.n expr str(a\\ b);get var proc.n\n",
    "experimental-mode on;set var proc.f fmt %[int(3)]x;get var proc.f\n",
    "experimental-mode on;set var;set var proc.n;set var txn.x int(1);set var proc.z path\n",
    "show cli sockets\n",
    "set rate-limit\nset rate-limit connections\nset rate-limit connections global\nset rate-limit frob global 1\n",
    "set rate-limit connections global\n",
    "set rate-limit connections global x;set rate-limit sessions global 7 8;set rate-limit sessions global -1\n",
    "set rate-limit ssl-sessions global 0;set rate-limit http-compression global 0\n",
    "operator;set rate-limit sessions global 1\n",
    "set severity-output number;show cli level;set timeout;set severity-output none;show cli level\n",
    "set severity-output;set severity-output x;set severity-output string;quit x\n",
    "user -;show cli level\n",
    "expert-mode on -;experimental-mode on -;expert-mode;experimental-mode\n",
    "show cache\n",
    "show trace frob;trace frob\n",
];

fn config(socket: &std::path::Path, level: &str, map: &str) -> String {
    format!(
        "global\n    nbthread 1\n    set-var proc.i int(5)\n    set-var proc.s str(hello)\n    set-var proc.a ipv4(1.2.3.4)\n    stats socket {} {level}\n{DEFAULTS}frontend site\n    bind \"127.0.10.1:${{F1}}\"\n    \
         acl a path /a\n    http-request set-header x %[path,map({map})]\n",
        socket.display()
    )
}

fn heard(program: Program) -> Vec<String> {
    let (ground, socket) = (Ground::new(), socket_path());
    let map = crate::scratch("map", "k v\n");
    let _proxy = ground.serve(program, 1, &config(&socket, "level admin", &map.display().to_string()));
    await_socket(&socket);
    let named = |answer: String| answer.replace(&socket.display().to_string(), "SOCKET");
    let answers = SCRIPTS.iter().map(|script| named(tell(&socket, script))).collect();
    let _ = std::fs::remove_file(&socket);
    let _ = std::fs::remove_file(&map);
    answers
}

#[test]
fn connections_go_as_with_haproxy() {
    same_answers(SCRIPTS, heard);
}
