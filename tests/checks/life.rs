//! What becomes of servers whose agent, whose tracked server or whose traffic says something: the same in both programs.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::common::ground::{file, scratch};
use crate::common::ports::Port;
use crate::common::proxy::{Io, Program, Proxy};
use crate::common::{BACK, FRONT, PATIENCE, eventually};
use crate::{ask, csv};

pub const ALL: [Program; 3] = [Program::Haproxy, Program::Ringmain(Io::Epoll), Program::Ringmain(Io::Uring)];

/// A server for traffic and checks whose answers a test chooses.
pub struct Origin {
    pub addr: SocketAddr,
    open: Arc<Mutex<bool>>,
    /// Requests that came, checks apart.
    asked: Arc<AtomicUsize>,
}

impl Origin {
    /// Answers `/503` with 503 and so on; `/wait` never. A closed one resets what connects.
    pub fn start() -> Origin {
        let listener = TcpListener::bind((BACK, 0)).expect("bind");
        let addr = listener.local_addr().expect("an address");
        let open = Arc::new(Mutex::new(true));
        let asked: Arc<AtomicUsize> = Arc::default();
        let (is_open, count) = (open.clone(), asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (is_open, count) = (is_open.clone(), count.clone());
                std::thread::spawn(move || answer(stream, &is_open, &count));
            }
        });
        Origin { addr, open, asked }
    }

    fn await_asked(&self, n: usize) {
        assert!(eventually(|| self.asked.load(Ordering::Acquire) >= n), "{n} requests did not come");
    }

    pub fn set_open(&self, open: bool) {
        *self.open.lock().expect("lock") = open;
    }
}

fn answer(mut stream: TcpStream, open: &Mutex<bool>, asked: &AtomicUsize) {
    let mut room = [0; 4096];
    let Ok(n @ 1..) = stream.read(&mut room) else { return };
    let text = String::from_utf8_lossy(&room[..n]).into_owned();
    let path = text.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
    if path != "check" {
        asked.fetch_add(1, Ordering::AcqRel);
    }
    let status = match path.as_str() {
        "check" => if *open.lock().expect("lock") { "200" } else { "500" }.to_owned(),
        "begun" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
            let _ = stream.read(&mut room);
            return;
        }
        "wait" => {
            let _ = stream.read(&mut room);
            return;
        }
        status => status.to_owned(),
    };
    let _ = stream.write_all(
        format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes(),
    );
}

const DEFAULTS: &str = "defaults\n    mode http\n    timeout connect 1s\n    timeout client 5s\n    timeout server 2s\n    \
                        retries 0\n    option httpchk GET /check\n";

/// What each program shows; all at once, because most of it is waiting.
fn of_all<T: Send>(run: impl Fn(Program) -> T + Sync) -> [T; 3] {
    std::thread::scope(|scope| {
        let run = &run;
        ALL.map(|program| scope.spawn(move || run(program))).map(|r| r.join().expect("a run"))
    })
}

/// A program that runs on a configuration, and its statistics socket.
pub struct Stand {
    proxy: Proxy,
    socket: std::path::PathBuf,
}

impl Stand {
    pub fn start(program: Program, config: &str, ready: &[SocketAddr]) -> Stand {
        let socket = scratch("sock", "");
        let _ = std::fs::remove_file(&socket);
        let global = format!(
            "global\n    nbthread 1\n    stats socket {} mode 600 level admin\n    max-spread-checks 50ms\n{DEFAULTS}",
            socket.display()
        );
        let proxy = Proxy::start_with(program, &file(&format!("{global}{config}")), &[], &["-db"], ready);
        Stand { proxy, socket }
    }

    /// Waits until `show stat` shows these `proxy/server=status`.
    pub fn await_states(&self, wanted: &str) {
        let until = Instant::now() + PATIENCE;
        let mut shown = String::new();
        while Instant::now() < until {
            shown = self.states();
            if wanted.split(' ').all(|w| shown.contains(&format!("{w} "))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{}: wanted {wanted}, have {shown}\n{}", self.proxy.program.name(), self.proxy.errors());
    }

    fn states(&self) -> String {
        let mut out = String::new();
        for line in csv::rows(&ask(&self.socket, "show stat").unwrap_or_default()) {
            if !["FRONTEND", "BACKEND"].contains(&line["svname"].as_str()) {
                let _ = write!(
                    out,
                    "{}/{}={} ",
                    line["pxname"],
                    line["svname"],
                    line["status"].replace(' ', "_")
                );
            }
        }
        out
    }

    pub fn columns(&self, server: &str, columns: &[&str]) -> String {
        let lines: Vec<BTreeMap<String, String>> =
            csv::rows(&ask(&self.socket, "show stat").unwrap_or_default());
        let line =
            lines.iter().find(|l| format!("{}/{}", l["pxname"], l["svname"]) == server).expect("a line");
        columns.iter().map(|c| format!("{c}={}", line[*c])).collect::<Vec<_>>().join(" ")
    }

    /// What was said of servers, without process ids and durations, sorted: programs that check in another order say the
    /// same in another order.
    fn said(&self) -> Vec<String> {
        let errors = self.proxy.errors();
        let lines = errors.lines().filter(|l| l.contains("Server ") || l.contains("has no server"));
        let mut all: Vec<String> = lines
            .map(|l| l.split_once(") : ").map_or(l, |(_, t)| t))
            .map(|l| match l.split_once(", check duration: ") {
                Some((before, after)) => format!("{before}{}", &after[after.find("ms").unwrap_or(0) + 2..]),
                None => l.to_owned(),
            })
            .collect();
        all.sort();
        all
    }
}

fn get(to: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(to).expect("connect");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("timeout");
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("send");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn those_that_track_follow() {
    let seen = of_all(|program| {
        let origin = Origin::start();
        let port = origin.addr.port();
        let config = format!(
            "backend a\n    timeout check 20s\n    server s 127.0.10.11:{port} check inter 100ms fall 2 rise 2\n\
             backend b\n    server t 127.0.10.11:{port} track a/s\n    server u 127.0.10.11:{port} track t weight 3\n"
        );
        let stand = Stand::start(program, &config, &[]);
        stand.await_states("a/s=UP b/t=UP b/u=UP");
        origin.set_open(false);
        stand.await_states("a/s=DOWN b/t=DOWN b/u=DOWN");
        origin.set_open(true);
        stand.await_states("a/s=UP b/t=UP b/u=UP");
        let tell = |what: &str| ask(&stand.socket, what).expect("an answer");
        tell("set server a/s state maint\n");
        stand.await_states("a/s=MAINT b/t=MAINT_(via_a/s) b/u=MAINT_(via_b/t)");
        tell("set server a/s state ready\n");
        stand.await_states("a/s=UP b/t=UP b/u=UP");
        tell("set server a/s state drain\n");
        stand.await_states("a/s=DRAIN b/t=DRAIN b/u=DRAIN");
        tell("set server a/s state ready\n");
        tell("set server b/t state maint\n");
        stand.await_states("a/s=UP b/t=MAINT b/u=MAINT_(via_b/t)");
        tell("set server b/t state ready\n");
        stand.await_states("a/s=UP b/t=UP b/u=UP");
        (stand.said(), stand.columns("b/u", &["tracked", "check_status", "chkfail", "weight"]))
    });
    assert_eq!(seen[1], seen[0]);
    assert_eq!(seen[2], seen[0]);
}

#[test]
fn errors_of_the_traffic_count_as_haproxys() {
    const ROWS: &[(&str, &[&str])] = &[
        ("observe layer7 error-limit 3", &["/503", "/503", "/503"]),
        ("observe layer7 error-limit 3", &["/503", "/200", "/503", "/503"]),
        ("observe layer7 error-limit 3 on-error mark-down", &["/503", "/503", "/503"]),
        ("observe layer7 error-limit 2 on-error mark-down", &["/wait", "/wait"]),
        ("observe layer7 error-limit 2 on-error mark-down", &["/501", "/505", "/404", "/501"]),
        ("observe layer4 error-limit 2 on-error mark-down", &["/503", "/503"]),
        ("observe layer7 error-limit 2 on-error sudden-death", &["/503", "/503", "/503", "/503"]),
        ("observe layer7 error-limit 2 on-error fastinter", &["/503", "/503", "/503", "/503"]),
        ("observe layer4 error-limit 2 on-error mark-down addr 127.0.10.11 port PORT", &["refused", "", ""]),
    ];
    let seen = of_all(|program| {
        let origin = Origin::start();
        let fronts: Vec<Port> = ROWS.iter().map(|_| Port::reserve(FRONT)).collect();
        let dead = Port::reserve(BACK);
        let mut config = String::new();
        for (n, ((words, paths), front)) in ROWS.iter().zip(&fronts).enumerate() {
            let port = if paths[0] == "refused" { dead.addr.port() } else { origin.addr.port() };
            let words = words.replace("PORT", &origin.addr.port().to_string());
            let _ = writeln!(
                config,
                "listen l{n}\n    bind {}\n    server s 127.0.10.11:{port} check inter 20s fall 3 rise 2 {words}",
                front.addr
            );
        }
        let ready: Vec<SocketAddr> = fronts.iter().map(|f| f.addr).collect();
        let stand = Stand::start(program, &config, &ready);
        let columns = ["status", "chkfail", "hanafail", "check_status", "last_chk", "check_health"];
        for n in 0..ROWS.len() {
            stand.await_states(&format!("l{n}/s=UP"));
        }
        let mut all = Vec::new();
        for (n, ((_, paths), front)) in ROWS.iter().zip(&fronts).enumerate() {
            for path in paths.iter().filter(|p| **p != "refused") {
                get(front.addr, if path.is_empty() { "/" } else { path });
            }
            std::thread::sleep(Duration::from_millis(100));
            all.push(stand.columns(&format!("l{n}/s"), &columns));
        }
        all
    });
    assert_eq!(seen[1], seen[0]);
    assert_eq!(seen[2], seen[0]);
}

#[test]
fn sessions_end_with_their_servers_state() {
    let seen = of_all(|program| {
        let (origin, backup) = (Origin::start(), Origin::start());
        let fronts: Vec<Port> = (0..2).map(|_| Port::reserve(FRONT)).collect();
        let config = format!(
            "    timeout server 60s\n    timeout check 20s\n\
             listen down\n    bind {}\n    server s {} check inter 100ms fall 1 rise 1 on-marked-down shutdown-sessions\n\
             listen up\n    bind {}\n    server s {} check inter 100ms fall 1 rise 1 on-marked-up \
             shutdown-backup-sessions\n    server b {} backup\n",
            fronts[0].addr, origin.addr, fronts[1].addr, origin.addr, backup.addr
        );
        let stand = Stand::start(program, &config, &[fronts[0].addr, fronts[1].addr]);
        stand.await_states("down/s=UP up/s=UP");
        let requests =
            |to: SocketAddr| ["/begun", "/wait"].map(|path| std::thread::spawn(move || get(to, path)));
        let first = requests(fronts[0].addr);
        origin.await_asked(2);
        origin.set_open(false);
        stand.await_states("down/s=DOWN up/s=DOWN");
        let began = Instant::now();
        let mut answers: Vec<String> = first.into_iter().map(|t| t.join().expect("an answer")).collect();
        let second = requests(fronts[1].addr);
        backup.await_asked(2);
        // The beginning of an answer is on its way.
        std::thread::sleep(Duration::from_millis(300));
        origin.set_open(true);
        answers.extend(second.into_iter().map(|t| t.join().expect("an answer")));
        assert!(
            began.elapsed() < Duration::from_secs(15),
            "{}: no session waited for its timeout",
            program.name()
        );
        answers
    });
    assert_eq!(seen[1], seen[0]);
    assert_eq!(seen[2], seen[0]);
}

#[test]
fn programs_get_haproxys_environment() {
    let seen = of_all(|program| {
        let front = Port::reserve(FRONT);
        let script = scratch(
            "sh",
            "#!/bin/sh\nif [ ! -e \"$0.$HAPROXY_PROXY_NAME\" ]; then\n  { echo \"$*\"; /usr/bin/env | /usr/bin/grep -v ^PWD= | /usr/bin/sort; } > \"$0.tmp.$HAPROXY_PROXY_NAME\"\n  /usr/bin/mv \"$0.tmp.$HAPROXY_PROXY_NAME\" \"$0.$HAPROXY_PROXY_NAME\"\nfi\n",
        );
        let slow = scratch("sh", "#!/bin/sh\nexec /usr/bin/sleep 9\n");
        for path in [&script, &slow] {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("chmod");
        }
        // The interval is also how long a program may take.
        let line = "server s 127.0.10.11:1234 check inter 15s fall 1";
        let external = "    option external-check\n    external-check command";
        let config = format!(
            "    no log\nglobal\n    external-check\n    insecure-fork-wanted\n\
             backend b\n{external} {0}\n    {line} maxconn 7\n\
             listen l\n    bind {1}\n{external} {0}\n    external-check path /x:/y\n    {line} port 99\n\
             backend yes\n{external} /bin/true\n    {line}\nbackend no\n{external} /bin/false\n    {line}\n\
             backend late\n{external} {2}\n    server s 127.0.10.11:1234 check inter 300ms fall 1\n\
             backend named\n{external} true\n    external-check path /nowhere:/bin\n    {line}\n",
            script.display(),
            front.addr,
            slow.display()
        );
        let stand = Stand::start(program, config.trim_start_matches("    no log\n"), &[]);
        stand.await_states("b/s=UP l/s=UP yes/s=UP no/s=DOWN late/s=DOWN named/s=UP");
        let read = |name: &str| {
            let path = format!("{}.{name}", script.display());
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let _ = std::fs::remove_file(&path);
            text.replace(&front.addr.port().to_string(), "FRONT")
        };
        let mut all = vec![read("b"), read("l")];
        // With a star before its status the next check runs already.
        let columns = ["check_status", "check_code", "check_desc"];
        all.extend(["yes/s", "no/s"].map(|s| stand.columns(s, &columns).replace("=* ", "=")));
        (all, stand.said())
    });
    // HAProxy 2.6 does not tell two that the manual of 3.x has.
    let newer = |text: &str| {
        text.lines()
            .filter(|l| !["HAPROXY_SERVER_SSL", "HAPROXY_SERVER_PROTO"].iter().any(|v| l.starts_with(v)))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for got in &seen[1..] {
        let (wanted, got) = (&seen[0], got);
        for (w, g) in wanted.0.iter().zip(&got.0) {
            assert_eq!(newer(g), newer(w));
        }
        assert_eq!(got.1, wanted.1);
    }
}
