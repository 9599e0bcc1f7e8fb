//! Changes of servers over the statistics socket: the same commands to haproxy and to Ringmain, the same answers, the same
//! words on standard error, and the same tables afterwards.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::PATIENCE;
use crate::common::client::{self, Exchange, Step};
use crate::common::ground::{Ground, scratch};
use crate::common::proxy::{Program, Proxy};
pub use crate::common::socket::ask;
use crate::{BOTH, DEFAULTS, get, origin, status};

/// Waits until the socket is there and answered: haproxy listens for clients first.
pub fn await_socket(socket: &Path) {
    let until = Instant::now() + PATIENCE;
    while UnixStream::connect(socket).is_err() || ask(socket, "show info").is_empty() {
        assert!(Instant::now() < until, "{} is not served", socket.display());
        thread::sleep(Duration::from_millis(5));
    }
}

/// A path for a socket that is not there yet.
pub fn socket_path() -> PathBuf {
    let path = scratch("sock", "");
    let _ = std::fs::remove_file(&path);
    path
}

/// `show servers state` without the time since the last change, which a busy machine makes another.
pub fn without_times(state: &str) -> String {
    let line = |line: &str| {
        let words = line.split(' ').enumerate().map(|(i, w)| if i == 9 { "TIME" } else { w });
        words.collect::<Vec<_>>().join(" ")
    };
    state.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The columns of `show stat` that commands change, of servers and of frontends.
fn figures(csv: &str) -> Vec<String> {
    let mut lines = csv.lines();
    let columns: Vec<&str> = lines.next().expect("a head").trim_start_matches("# ").split(',').collect();
    let kept = [
        "pxname",
        "svname",
        "slim",
        "status",
        "weight",
        "act",
        "bck",
        "chkfail",
        "chkdown",
        "type",
        "check_status",
        "check_health",
        "addr",
        "uweight",
    ];
    let shown = |line: &str| {
        let both = columns.iter().zip(line.split(',')).filter(|(c, _)| kept.contains(c));
        both.map(|(c, v)| format!("{c}={v}")).collect::<Vec<_>>().join(" ")
    };
    // A backend's limit is derived from the frontends', which is not what is looked at here.
    lines.filter(|l| !l.is_empty() && !l.contains(",BACKEND,")).map(shown).collect()
}

/// What it said, each process without its own number.
fn said(proxy: &Proxy) -> Vec<String> {
    let text = proxy.errors().replace(&format!("({})", proxy.pid()), "(PID)");
    text.lines().filter(|l| l.contains("Server ")).map(str::to_owned).collect()
}

const FILE: &str = "
listen site
    bind \"127.0.10.1:${F1}\"
    server z 127.0.31.9:9
backend farm
    server a \"${A}\" weight 10 check inter 60s
    server b 127.0.31.2:18412 disabled
    server c 127.0.31.2:+5 backup
    server u /tmp/nobody.sock
    server d 127.0.31.2:18413 check inter 60s port 18413 disabled
    server m 127.0.31.2:18415 maxconn 7
backend raw
    mode tcp
    server 1 [::1]:18414 id 7
listen off
    bind \"127.0.10.1:${F2}\"
    disabled
    server a 127.0.31.2:18421
";

/// Everything that was heard of one program, step by step.
fn heard(ground: &Ground, program: Program, level: &str, commands: &[&str]) -> Vec<String> {
    let socket = socket_path();
    let config = format!(
        "global\n    nbthread 1\n    maxconn 500\n    stats socket {} mode 600 level {level}\n{DEFAULTS}{FILE}",
        socket.display()
    );
    let proxy = ground.serve(program, 1, &config);
    await_socket(&socket);
    // The first check of `a` has ended.
    let until = Instant::now() + PATIENCE;
    while !ask(&socket, "show stat farm 4 1").contains("L4OK") && Instant::now() < until {
        thread::sleep(Duration::from_millis(10));
    }
    let mut heard = Vec::new();
    for command in commands {
        let answer = ask(&socket, command);
        heard.push(match *command {
            "show stat" => format!("{command}\n{}", figures(&answer).join("\n")),
            c if c.starts_with("show servers state") => format!("{command}\n{}", without_times(&answer)),
            _ => format!("{command}\n{answer}"),
        });
    }
    thread::sleep(Duration::from_millis(50));
    heard.extend(said(&proxy));
    heard
}

fn compare(level: &str, commands: &[&str]) {
    let ground = Ground::new();
    let wanted = heard(&ground, Program::Haproxy, level, commands);
    for program in BOTH {
        let got = heard(&ground, program, level, commands);
        for (got, wanted) in got.iter().zip(&wanted) {
            assert_eq!(got, wanted, "{}", program.name());
        }
        assert_eq!(got.len(), wanted.len(), "{}: {got:#?}\n{wanted:#?}", program.name());
    }
}

#[test]
fn states_and_weights() {
    let commands = [
        "set server",
        "set server farm",
        "set server farm/x",
        "set server nope/a",
        "set server farm/a",
        "set server farm/a foo",
        "set server farm/a weight",
        "set server farm/a weight 300",
        "set server farm/a weight -1",
        "set server farm/a weight abc",
        "set server farm/a weight 50%",
        "set server farm/a weight 5%x",
        "set server farm/a weight 5%",
        "get weight farm/a",
        "set server farm/a weight 30000%",
        "set server farm/a weight -5%",
        "get weight farm/a",
        "show servers state farm",
        "set weight farm/a",
        "set weight farm/a 5",
        "set weight #3/#1 +7",
        "get weight #3/a",
        "get weight 3/1",
        "get weight",
        "get weight farm",
        "get weight farm/nope",
        "get weight nope/a",
        "set server farm/a state",
        "set server farm/a state foo",
        "set server farm/a state maint",
        "show servers state",
        "show stat",
        "set server farm/a state drain",
        "show servers state",
        "show stat",
        "set server farm/a state ready",
        "show servers state",
        "show stat",
        "enable server",
        "enable server farm/nope",
        "enable server farm/b",
        "show servers state farm",
        "disable server farm/b",
        "disable server farm/c",
        "set server raw/1 state drain",
        "set server raw/1 state maint",
        "set server raw/1 state drain",
        "set server raw/1 state ready",
        "set server off/a state maint",
        "set weight off/a 5",
        "get weight off/a",
        "show servers state",
        "show stat",
        "show servers state nope",
        "show servers state #4",
    ];
    compare("admin", &commands);
}

#[test]
fn health_and_checks() {
    let commands = [
        "set server farm/a health",
        "set server farm/a health foo",
        "set server farm/a health up",
        "show servers state",
        "show stat",
        "set server farm/a health stopping",
        "show servers state",
        "show stat",
        "set server farm/a health down",
        "show servers state",
        "show stat",
        "set server farm/a health up",
        "set server farm/c health down",
        "show servers state",
        "show stat",
        "set server farm/c health stopping",
        "show servers state",
        "show stat",
        "set server farm/c health up",
        "set server farm/b health down",
        "show servers state",
        "enable server farm/b",
        "show servers state",
        "enable health farm/a",
        "disable health farm/a",
        "show servers state",
        "show stat",
        "disable health farm/b",
        "enable health farm/b",
        "set server farm/a check-addr 127.0.31.3",
        "enable health farm/a",
        "enable health",
        "set server farm/a check-addr",
        "set server farm/a check-addr foo",
        "set server farm/a check-addr 127.0.31.3",
        "set server farm/a check-addr 127.0.31.3 port 5",
        "show servers state farm",
        "set server farm/a check-addr 127.0.31.3 port 70000",
        "set server farm/a check-addr 127.0.31.3 port",
        "set server farm/a check-addr 127.0.31.4 foo",
        "set server farm/b check-addr 127.0.31.3",
        "set server farm/a check-port",
        "set server farm/a check-port 0",
        "show servers state farm",
        "set server farm/a check-port 99",
        "set server farm/a check-port abc",
        "set server farm/a check-port 12x",
        "set server farm/a check-port -1",
        "set server farm/a check-port 70000",
        "set server farm/b check-port 70",
        "set server farm/a agent",
        "set server farm/a agent up",
        "set server farm/a agent-addr",
        "set server farm/a agent-addr 127.0.31.3",
        "set server farm/a agent-port",
        "set server farm/a agent-port 55",
        "set server farm/a agent-send",
        "set server farm/a agent-send foo",
        "disable agent farm/a",
        "enable agent farm/a",
        "disable agent",
        "set server farm/a fqdn",
        "set server farm/a fqdn foo",
        "set server farm/a ssl",
        "show servers state",
        "show stat",
    ];
    compare("admin", &commands);
}

#[test]
fn addresses() {
    let commands = [
        "set server farm/a addr",
        "set server farm/a addr foo",
        "set server farm/a addr 127.0.31.3",
        "set server farm/a addr 127.0.31.3",
        "set server farm/a addr 127.0.31.3 port 18499",
        "set server farm/a addr 127.0.31.3 port",
        "set server farm/a addr 127.0.31.3 port 70000",
        "set server farm/a addr 127.0.31.3 port abc",
        "set server farm/a addr 127.0.31.3 port 12x",
        "set server farm/a addr 127.0.31.3 foo",
        "set server farm/a addr 127.0.31.4 port +10",
        "set server farm/a addr 127.0.31.4 port -10",
        "show servers state farm",
        "set server farm/a addr ::1",
        "set server farm/a addr ::1 port 77",
        "set server farm/a addr 127.0.31.2 port 77",
        "show servers state farm",
        "set server farm/c addr 127.0.31.5",
        "set server farm/c addr 127.0.31.5 port 5",
        "show servers state farm",
        "set server farm/c addr 127.0.31.5 port 99",
        "set server farm/c addr 127.0.31.5 port +9",
        "set server farm/u addr 127.0.31.5",
        "set server farm/u addr 127.0.31.5 port 99",
        "set server farm/a addr localhost",
        "set server farm/d addr 127.0.31.8",
        "set server farm/d addr 127.0.31.8 port 5",
        "set server farm/d addr 127.0.31.8 port +5",
        "show servers state farm",
        "set server farm/d addr 127.0.31.8 port -10",
        "show servers state farm",
        "set server farm/d check-port 0",
        "set server farm/d addr 127.0.31.8 port -10",
        "set server farm/d addr 127.0.31.8 port +10",
        "set server farm/d addr 127.0.31.8 port 12",
        "set server raw/1 addr 127.0.31.8",
        "show servers state",
        "show stat",
    ];
    compare("admin", &commands);
}

#[test]
fn limits_and_sessions() {
    let commands = [
        "set maxconn",
        "set maxconn foo",
        "set maxconn server",
        "set maxconn server farm",
        "set maxconn server farm/a",
        "set maxconn server farm/a -1",
        "set maxconn server farm/a abc",
        "set maxconn server farm/a 10",
        "set maxconn server farm/m 0",
        "show stat",
        "set maxconn server farm/a 10x",
        "set maxconn server farm/m 9",
        "set maxconn server farm/a 0",
        "set maxconn frontend",
        "set maxconn frontend nope",
        "set maxconn frontend site",
        "set maxconn frontend site -1",
        "set maxconn frontend site 10",
        "show stat",
        "set maxconn frontend site abc",
        "show stat",
        "set maxconn frontend #2 12",
        "set maxconn frontend #99 12",
        "set maxconn frontend farm 5",
        "set maxconn global",
        "set maxconn global 10",
        "set maxconn global abc",
        "set maxconn global 100000000",
        "set maxconn global 0",
        "shutdown sessions",
        "shutdown sessions server",
        "shutdown sessions server farm",
        "shutdown sessions server farm/nope",
        "shutdown sessions server farm/a",
        "show servers",
        "show servers foo",
        "show servers conn nope",
        "show stat",
    ];
    compare("admin", &commands);
}

#[test]
fn an_operator_may_look_but_not_change() {
    let commands = [
        "set server farm/a state maint",
        "set weight farm/a 5",
        "get weight farm/a",
        "disable health farm/a",
        "enable health farm/a",
        "disable agent farm/a",
        "enable agent farm/a",
        "disable server farm/a",
        "enable server farm/a",
        "set maxconn server farm/a 5",
        "set maxconn frontend site 5",
        "set maxconn global 5",
        "shutdown sessions server farm/a",
        "show servers state farm",
        "set server",
    ];
    compare("operator", &commands);
}

const TWO: &str = "
listen site
    bind \"127.0.10.1:${F1}\"
    http-reuse always
    server a \"${A}\"
";

fn serve(ground: &Ground, program: Program, file: &str) -> (Proxy, PathBuf) {
    let socket = socket_path();
    let global = format!("global\n    nbthread 2\n    stats socket {} level admin\n", socket.display());
    let proxy = ground.serve(program, 1, &format!("{global}{DEFAULTS}{file}"));
    await_socket(&socket);
    (proxy, socket)
}

/// Connections go to the new address at once, also those of a client that stays.
#[test]
fn requests_follow_an_address() {
    // haproxy may go on for a while on idle connections to the old address: docs/compat.md, "Names".
    for program in BOTH {
        let ground = Ground::new();
        let (_proxy, socket) = serve(&ground, program, TWO);
        let (to, name) = (ground.front(1), program.name());
        for _ in 0..4 {
            assert_eq!(origin(&get(to, "/")), "A", "{name}");
        }
        let b = ground.back("B");
        let said = ask(&socket, &format!("set server site/a addr {} port {}", b.ip(), b.port()));
        assert!(said.contains(&format!("to '{}'", b.port())), "{name}: {said}");
        for _ in 0..8 {
            assert_eq!(
                origin(&get(to, "/")),
                "B",
                "{name}: an idle connection to the old address is not used"
            );
        }
        let conns = ask(&socket, "show servers conn site");
        let head = conns.lines().next().expect("a head").to_owned();
        assert!(head.ends_with("idle_cur idle_per_thr[2]"), "{name}: {head}");
        let line = format!("site/a 2/1 {} {} - 5000 0 ", b.ip(), b.port());
        assert!(conns.lines().nth(1).expect("a server").starts_with(&line), "{name}: {conns}");
    }
}

/// Those who download are cut off, those who wait for an answer get an error, a tunnel ends; others are not touched.
#[test]
fn sessions_of_a_server_are_shut() {
    let file = "
listen site
    bind \"127.0.10.1:${F1}\"
    server a \"${A}\"
    server b \"${B}\" weight 0
listen raw
    mode tcp
    bind \"127.0.10.1:${F2}\"
    server a \"${ECHO}\"
";
    for program in BOTH {
        let ground = Ground::new();
        let (_proxy, socket) = serve(&ground, program, file);
        let (to, raw, name) = (ground.front(1), ground.front(2), program.name());
        // A connection that the server keeps idle has been used before.
        assert_eq!(status(&get(to, "/")), 200);
        let waits = thread::spawn(move || get(to, "/slow/30000"));
        let tunnel = thread::spawn(move || {
            let steps = vec![Step::Send(b"hello".into())];
            client::run(raw, &Exchange { steps, linger: PATIENCE, ..Exchange::default() })
        });
        ground.log.await_requests(2);
        thread::sleep(Duration::from_millis(100));
        let began = Instant::now();
        assert_eq!(ask(&socket, "shutdown sessions server site/b"), "\n", "{name}");
        assert_eq!(ask(&socket, "shutdown sessions server site/a"), "\n", "{name}");
        let answer = waits.join().expect("client");
        assert_eq!(status(&answer), 502, "{name}");
        // Without waiting for the server, which takes half a minute, or for `timeout server`.
        assert!(began.elapsed() < Duration::from_secs(8), "{name}: at once");
        assert!(!tunnel.is_finished(), "{name}: the other server's go on");
        assert_eq!(ask(&socket, "shutdown sessions server raw/a"), "\n", "{name}");
        tunnel.join().expect("client");
        assert!(began.elapsed() < Duration::from_secs(15), "{name}: the tunnel ends too");
        assert_eq!(status(&get(to, "/")), 200, "{name}: it serves on");
    }
}

/// A frontend of `maxconn 0` takes nobody until it has another limit. (haproxy 2.6.12 takes nobody either, but with a
/// client that waits its socket was seen to drop the next command.)
#[test]
fn a_frontend_without_room_waits() {
    for program in BOTH {
        let ground = Ground::new();
        let (_proxy, socket) = serve(&ground, program, TWO);
        let (to, name) = (ground.front(1), program.name());
        assert_eq!(ask(&socket, "set maxconn frontend site 0"), "\n", "{name}");
        let client = thread::spawn(move || status(&get(to, "/")));
        thread::sleep(Duration::from_millis(300));
        assert!(!client.is_finished(), "{name}: nobody is let in");
        assert_eq!(ask(&socket, "set maxconn frontend site 10"), "\n", "{name}");
        assert_eq!(client.join().expect("client"), 200, "{name}");
    }
}
