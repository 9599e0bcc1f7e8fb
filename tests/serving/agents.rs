//! Agents steered over the statistics socket and remembered by state files: the same commands to haproxy and to Ringmain, the
//! same answers, the same tables and words. Nobody listens where the agents are asked, so that none of them says anything.

use std::thread;
use std::time::{Duration, Instant};

use crate::common::ground::{Ground, scratch};
use crate::common::proxy::Program;
use crate::runtime_edits::{ask, await_socket, socket_path, without_times};
use crate::{BOTH, DEFAULTS};

/// The columns of `show stat` that are compared, of servers.
const COLUMNS: [&str; 25] = [
    "svname",
    "slim",
    "qlimit",
    "status",
    "weight",
    "act",
    "bck",
    "sid",
    "chkfail",
    "chkdown",
    "tracked",
    "check_status",
    "check_health",
    "check_rise",
    "check_fall",
    "check_desc",
    "last_chk",
    "agent_status",
    "agent_health",
    "agent_rise",
    "agent_fall",
    "agent_desc",
    "last_agt",
    "cookie",
    "addr",
];

/// Servers' rows with these columns, where they have a value.
pub fn figures(csv: &str) -> String {
    let mut lines = csv.lines();
    let columns: Vec<&str> = lines.next().expect("a head").trim_start_matches("# ").split(',').collect();
    let shown = |line: &str| {
        let both = columns.iter().zip(line.split(','));
        let kept = both.filter(|(c, v)| COLUMNS.contains(c) && !v.is_empty());
        kept.map(|(c, v)| format!("{c}={v}")).collect::<Vec<_>>().join(" ")
    };
    let servers = lines.filter(|l| !l.is_empty() && !l.contains(",BACKEND,") && !l.contains(",FRONTEND,"));
    servers.map(shown).collect::<Vec<_>>().join("\n")
}

/// Everything that was heard of one program, command by command, and its words about servers at the end. `wait` is a text
/// that `show stat` must hold so often before the first command.
pub fn heard(
    ground: &Ground,
    program: Program,
    global: &str,
    file: &str,
    wait: (&str, usize),
    commands: &[&str],
) -> Vec<String> {
    let socket = socket_path();
    let config = format!(
        "global\n    nbthread 1\n    max-spread-checks 1ms\n    stats socket {} level admin\n{global}{DEFAULTS}{file}",
        socket.display()
    );
    let proxy = ground.serve(program, 1, &config);
    await_socket(&socket);
    let until = Instant::now() + Duration::from_secs(5);
    while ask(&socket, "show stat").matches(wait.0).count() < wait.1 {
        assert!(Instant::now() < until, "{}: {}", program.name(), ask(&socket, "show stat"));
        thread::sleep(Duration::from_millis(10));
    }
    let mut heard = Vec::new();
    for command in commands {
        let answer = ask(&socket, command);
        heard.push(match *command {
            c if c.starts_with("show stat") => format!("{c}\n{}", figures(&answer)),
            c if c.starts_with("show servers state") => format!("{c}\n{}", without_times(&answer)),
            c => format!("{c}\n{answer}"),
        });
    }
    // What it said is read by a thread.
    thread::sleep(Duration::from_millis(100));
    let errors = proxy.errors().replace(&format!("({})", proxy.pid()), "(PID)");
    // haproxy's context of an `add server` stays for the messages behind it.
    let errors = errors.replace("CLI : Server ", "Server ").replace("CLI : backend", "backend");
    heard.extend(
        errors.lines().filter(|l| l.contains("Server ") || l.contains("server")).map(without_duration),
    );
    heard
}

/// A check takes as long as the machine is busy.
fn without_duration(line: &str) -> String {
    match line.split_once("check duration: ") {
        Some((before, after)) => {
            format!("{before}check duration: N{}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        None => line.to_owned(),
    }
}

/// The same to haproxy and to Ringmain in both modes.
pub fn compare(global: &str, file: &str, wait: (&str, usize), commands: &[&str]) {
    let ground = Ground::new();
    let wanted = heard(&ground, Program::Haproxy, global, file, wait, commands);
    for program in BOTH {
        let got = heard(&ground, program, global, file, wait, commands);
        for (got, wanted) in got.iter().zip(&wanted) {
            assert_eq!(got, wanted, "{}", program.name());
        }
        assert_eq!(got.len(), wanted.len(), "{}: {got:#?}\n{wanted:#?}", program.name());
    }
}

const FILE: &str = "
listen site
    bind \"127.0.10.1:${F1}\"
    server z 127.0.31.9:9
backend farm
    server a 127.0.31.2:18411 agent-check agent-inter 60s agent-port 18499 weight 10
    server b 127.0.31.2:18412 agent-check agent-inter 60s port 18498
    server c 127.0.31.2:18413 agent-check agent-inter 60s agent-port 18499 agent-addr 127.0.31.3 port 9 addr 127.0.31.4
    server d 127.0.31.2:18414
    server e 127.0.31.2:18415 port 77 agent-port 78
    server f 127.0.31.2:18416 track a
    server g 127.0.31.2:18417 check inter 60s agent-check agent-inter 60s agent-port 78
";

#[test]
fn commands_about_agents() {
    let commands = [
        "show servers state",
        "show stat",
        "enable agent farm/d",
        "enable agent farm/e",
        "enable agent farm/x",
        "disable agent farm/d",
        "set server farm/d agent up",
        "set server farm/d agent-addr 127.0.0.1",
        "set server farm/d agent-port 1",
        "set server farm/d agent-send x",
        "set server farm/f health down",
        "set server farm/f agent down",
        "set server farm/a agent",
        "set server farm/a agent foo",
        "set server farm/a agent down",
        "show stat",
        "show servers state",
        "set server farm/a agent down",
        "set server farm/a agent up",
        "show stat",
        "set server farm/a agent down",
        "disable agent farm/a",
        "show stat",
        "show servers state",
        "set server farm/a agent up",
        "set server farm/a agent-port 7",
        "enable agent farm/a",
        "set server farm/a agent up",
        "set server farm/b agent-send hello",
        "set server farm/b agent-send",
        "set server farm/b agent-addr 127.0.0.9 port 78",
        "show servers state",
        "set server farm/b agent-addr 127.0.9.9",
        "set server farm/b agent-port x",
        "set server farm/b agent-port 99999",
        "set server farm/b agent-port 5",
        "set server farm/b agent-addr x..y",
        "set server farm/b agent-addr localhost",
        "set server farm/b agent-addr",
        "set server farm/b agent-port",
        "show servers state",
        "set server farm/c state maint",
        "set server farm/c agent down",
        "show stat",
        "set server farm/c agent up",
        "set server farm/c state ready",
        "show stat",
        "enable health farm/a",
        "disable health farm/f",
        "show servers state",
    ];
    compare("", FILE, ("L4CON", 5), &commands);
}

#[test]
fn state_files_remember_agents() {
    let text = "1
# be_id be_name srv_id srv_name
3 farm 1 a 127.0.31.7 2 0 7 10 200 1 0 2 0 18 0 0 - 18411 - 0 0 - - 18499
3 farm 2 b 127.0.31.2 2 0 1 1 300 1 0 2 0 22 0 0 - 18412 - 0 18498 - 127.0.31.5 18488
3 farm 3 c 127.0.31.2 2 0 1 1 10 1 0 2 0 22 0 0 - 18413 - 0 9 127.0.31.4 127.0.31.3 18499
3 farm 4 d 127.0.31.2 2 0 1 1 10 1 0 2 0 0 0 0 - 18414 - 0 0 - 127.0.31.3 5
3 farm 5 e 127.0.31.2 2 0 1 1 10 1 0 2 0 0 0 0 - 18415 - 0 77 - - 78
3 farm 7 g 127.0.31.2 2 0 1 1 10 1 0 2 6 22 0 0 - 18417 - 0 44 - 127.0.31.3 45
";
    let file = scratch("state", text);
    let global = format!("    server-state-file {}\n", file.display());
    let farm = FILE.replace("backend farm", "backend farm\n    load-server-state-from-file global");
    let commands = ["show servers state", "show stat", "enable agent farm/a", "show servers state"];
    compare(&global, &farm, ("L4CON", 4), &commands);
}
