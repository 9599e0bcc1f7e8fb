//! `ringmain top` beside real processes: the same table of Debian's haproxy and of Ringmain, and the keys in a terminal.

mod common;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::client;
use common::ground::{Ground, file, scratch};
use common::proxy::{Io, Program, Proxy};
use common::socket::try_ask;

const PROGRAMS: [Program; 3] = [Program::Haproxy, Program::Ringmain(Io::Epoll), Program::Ringmain(Io::Uring)];

/// A proxy with two servers, one of them down.
fn start(program: Program, ground: &Ground) -> (Proxy, PathBuf, PathBuf) {
    let socket = scratch("sock", "");
    let _ = std::fs::remove_file(&socket);
    let config = file(&format!(
        "global\n    stats socket {} mode 600 level admin\n\
         defaults\n    mode http\n    timeout connect 2s\n    timeout client 5s\n    timeout server 5s\n\
         frontend web\n    bind 127.0.10.1:${{F1}}\n    default_backend app\n\
         backend app\n    server good ${{A}}\n    server bad ${{DEAD}} check inter 100ms fall 1\n",
        socket.display()
    ));
    let proxy = Proxy::start(program, &config, &ground.env, &[ground.front(1)]);
    let until = Instant::now() + Duration::from_secs(10);
    while state_of(&socket, "bad").is_none_or(|s| s != "DOWN") {
        assert!(Instant::now() < until, "{}: the dead server is not seen as down", program.name());
        std::thread::sleep(Duration::from_millis(20));
    }
    (proxy, socket, config)
}

fn state_of(socket: &Path, server: &str) -> Option<String> {
    let stat = try_ask(socket, "show stat")?;
    let line = stat.lines().find(|l| l.split(',').nth(1) == Some(server))?.to_owned();
    line.split(',').nth(17).map(str::to_owned)
}

#[test]
fn one_look_shows_states_and_rates_of_both_programs() {
    if Program::is_understudied() {
        return;
    }
    for program in PROGRAMS {
        let ground = Ground::new();
        let (_proxy, socket, config) = start(program, &ground);
        let front = ground.front(1);
        let asking = std::thread::spawn(move || {
            let until = Instant::now() + Duration::from_secs(2);
            let mut count = 0;
            while Instant::now() < until {
                let seen = client::get(front, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
                assert_eq!(seen.statuses(), [200], "{seen:?}");
                count += 1;
            }
            count
        });
        let once = |args: &[&str]| {
            let all = [&["top", "--once", "--interval", "1"], args].concat();
            let out = Program::Ringmain(Io::Epoll).run(all.iter().copied(), &[], Duration::from_secs(15));
            let said = format!("{}{}", common::text(&out.stdout), common::text(&out.stderr));
            assert_eq!(out.status.code(), Some(0), "{}: {said}", program.name());
            said
        };
        let said = once(&[&socket.display().to_string()]);
        let asked = asking.join().expect("asking");
        assert!(asked > 0);
        let cells = |name: &str| -> Vec<String> {
            let line = said.lines().find(|l| l.split_whitespace().nth(1) == Some(name));
            let line = line.unwrap_or_else(|| panic!("{}: no {name} in\n{said}", program.name()));
            line.split_whitespace().map(str::to_owned).collect()
        };
        assert_eq!(cells("bad")[2], "DOWN", "{said}");
        assert!(cells("bad")[3].starts_with("L4CON"), "{said}");
        assert_eq!(cells("FRONTEND")[2], "OPEN", "{said}");
        // `no check` are two words, and one without a check shows none: sessions, limit, queue and the rate follow.
        let good = cells("good");
        assert_eq!(&good[2..4], ["no", "check"], "{said}");
        let rate: f64 = good[8].trim_end_matches('k').parse().unwrap_or_else(|_| panic!("a rate: {said}"));
        assert!(rate > 0.0, "{}: {said}", program.name());
        // The socket found by the configuration, one kind of row, by state.
        let env: Vec<(String, String)> = ground.env.clone();
        let args = ["top", "--once", "--interval", "0.2", "--only", "servers", "--sort", "state", "-f"];
        let path = config.display().to_string();
        let all: Vec<&str> = args.into_iter().chain([path.as_str()]).collect();
        let out = Program::Ringmain(Io::Epoll).run(all.iter().copied(), &env, Duration::from_secs(15));
        let said = format!("{}{}", common::text(&out.stdout), common::text(&out.stderr));
        let names: Vec<&str> = said.lines().skip(2).filter_map(|l| l.split_whitespace().nth(1)).collect();
        assert_eq!(names, ["bad", "good"], "{}: {said}", program.name());
    }
}

#[test]
fn the_keys_drain_a_server() {
    if Program::is_understudied() {
        return;
    }
    for program in PROGRAMS {
        let ground = Ground::new();
        let (_proxy, socket, _) = start(program, &ground);
        // `script` gives it a terminal.
        // A terminal of its own has no size yet.
        let line = format!(
            "stty rows 30 cols 140; exec {} top {} --interval 0.2",
            env!("CARGO_BIN_EXE_ringmain"),
            socket.display()
        );
        let mut child = Command::new("script")
            .args(["-q", "-e", "-c", &line, "/dev/null"])
            .env("TERM", "xterm-256color")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script");
        let mut keys = child.stdin.take().expect("stdin");
        let mut out = child.stdout.take().expect("stdout");
        let screen = std::thread::spawn(move || {
            let mut all = Vec::new();
            let _ = out.read_to_end(&mut all);
            String::from_utf8_lossy(&all).into_owned()
        });
        let until = Instant::now() + Duration::from_secs(20);
        let mut press = |text: &str| {
            keys.write_all(text.as_bytes()).expect("a key");
            keys.flush().expect("a key");
        };
        // It may not read the keys yet: it is asked again until the server drains.
        while state_of(&socket, "good").is_none_or(|s| !s.starts_with("DRAIN")) {
            assert!(Instant::now() < until, "{}: not drained", program.name());
            press("\u{1b}");
            std::thread::sleep(Duration::from_millis(100));
            press("/good\rDy");
            std::thread::sleep(Duration::from_millis(300));
        }
        press("q");
        while child.try_wait().expect("wait").is_none() {
            assert!(Instant::now() < until + Duration::from_secs(10), "{}: does not quit", program.name());
            std::thread::sleep(Duration::from_millis(50));
        }
        let screen = screen.join().expect("the screen");
        assert!(screen.contains("PROXY") && screen.contains("requests/s"), "{screen}");
        // The other screen was left: the shell's lines are there again.
        assert!(screen.contains("\u{1b}[?1049l"), "{screen:?}");
    }
}

#[test]
fn what_cannot_be_asked_is_said() {
    if Program::is_understudied() {
        return;
    }
    let says = |args: &[&str]| {
        let out = Program::Ringmain(Io::Epoll).run(args.iter().copied(), &[], Duration::from_secs(5));
        assert_eq!(out.status.code(), Some(1));
        common::text(&out.stderr).to_string()
    };
    let said = says(&["top", "/nowhere/at/all.sock"]);
    assert!(said.contains("/nowhere/at/all.sock") || said.contains("wants a terminal"), "{said}");
    let said = says(&["top", "--once", "/nowhere/at/all.sock"]);
    assert!(said.contains("/nowhere/at/all.sock") && said.contains("No such file"), "{said}");
    assert!(says(&["top", "--once", "--sort", "colour", "x"]).contains("latency"));
    let without = file("defaults\n    mode http\n").display().to_string();
    assert!(says(&["top", "--once", "-f", &without]).contains("no `stats socket`"), "{without}");
}
