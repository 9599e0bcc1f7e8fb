//! Birth, reload and death.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::common::client::{self, End, Exchange, Step};
use crate::common::ground::{Ground, file, scratch};
use crate::common::proxy::{Program, Proxy};
use crate::common::{PATIENCE, eventually};
use crate::{BOTH, DEFAULTS, get, status};

fn config() -> String {
    format!(
        "{DEFAULTS}frontend f\n    bind \"127.0.10.1:${{F1}}\"\n    default_backend b\nbackend b\n    server a \"${{A}}\"\n"
    )
}

#[test]
fn soft_stop_finishes_running_requests_and_exits_0() {
    for program in BOTH {
        let ground = Ground::new();
        let mut proxy = ground.serve(program, 1, &config());
        let (to, name) = (ground.front(1), program.name());
        let running = thread::spawn(move || get(to, "/slow/3000"));
        ground.log.await_requests(1);
        proxy.signal(Signal::SIGUSR1);
        let closed = || client::connect(to, crate::common::CLIENT).is_err();
        assert!(eventually(closed), "{name}: no new connections");
        assert!(proxy.is_running(), "{name}: it waits for the request");
        assert_eq!(status(&running.join().expect("client")), 200, "{name}: the running request");
        let ended = proxy.wait(PATIENCE).unwrap_or_else(|| panic!("{name} still runs"));
        assert_eq!(ended.code(), Some(0), "{name}:\n{}", proxy.errors());
        proxy.await_said("Proxy f stopped (cumulated conns: FE: ");
    }
}

/// An idle connection does not hold up a soft stop.
#[test]
fn soft_stop_closes_idle_connections() {
    for program in BOTH {
        let ground = Ground::new();
        let mut proxy = ground.serve(program, 1, &config());
        let to = ground.front(1);
        let kept = thread::spawn(move || {
            let steps = vec![Step::Send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".into())];
            client::run(to, &Exchange { steps, linger: PATIENCE, ..Exchange::default() })
        });
        ground.log.await_requests(1);
        thread::sleep(Duration::from_millis(150));
        proxy.signal(Signal::SIGUSR1);
        let ended = proxy.wait(PATIENCE).unwrap_or_else(|| panic!("{} still runs", program.name()));
        assert_eq!(ended.code(), Some(0));
        let kept = kept.join().expect("client");
        assert_eq!((kept.statuses(), kept.end), (vec![200], End::Closed), "{}", program.name());
    }
}

/// The two modes in which everything here is tested are two: each holds its own kind of descriptor.
#[test]
fn each_io_mode_is_what_it_says() {
    if Program::is_understudied() {
        return;
    }
    for (program, own, other) in
        [(BOTH[0], "[eventpoll]", "[io_uring]"), (BOTH[1], "[io_uring]", "[eventpoll]")]
    {
        let ground = Ground::new();
        let proxy = ground.serve(program, 1, &config());
        // The kernel accepts before the engine runs: an answer shows that it does.
        assert_eq!(status(&get(ground.front(1), "/")), 200, "{}", program.name());
        let open: Vec<String> = fs::read_dir(format!("/proc/{}/fd", proxy.pid()))
            .expect("/proc")
            .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
            .map(|link| link.display().to_string())
            .collect();
        let holds = |kind: &str| open.iter().any(|link| link.ends_with(kind));
        assert!(holds(own) && !holds(other), "{}: {open:?}\n{}", program.name(), proxy.errors());
    }
}

#[test]
fn sigterm_ends_at_once() {
    for program in BOTH {
        let ground = Ground::new();
        let mut proxy = ground.serve(program, 1, &config());
        let to = ground.front(1);
        let running = thread::spawn(move || get(to, "/slow/30000"));
        ground.log.await_requests(1);
        proxy.signal(Signal::SIGTERM);
        let ended = proxy.wait(PATIENCE).unwrap_or_else(|| panic!("{} still runs", program.name()));
        assert_eq!(ended.signal(), Some(Signal::SIGTERM as i32), "{}: as if killed: {ended}", program.name());
        assert_eq!(status(&running.join().expect("client")), 0, "{}", program.name());
    }
}

#[test]
fn hard_stop_after_ends_a_soft_stop() {
    let config = format!("global\n    hard-stop-after 300ms\n{}", config());
    for program in BOTH {
        let ground = Ground::new();
        let mut proxy = ground.serve(program, 1, &config);
        let to = ground.front(1);
        let running = thread::spawn(move || get(to, "/slow/30000"));
        ground.log.await_requests(1);
        let began = Instant::now();
        proxy.signal(Signal::SIGUSR1);
        assert!(proxy.wait(PATIENCE).is_some(), "{} still runs", program.name());
        assert!(began.elapsed() > Duration::from_millis(250), "{} did not wait", program.name());
        assert_ne!(status(&running.join().expect("client")), 200, "{}", program.name());
    }
}

#[test]
fn sighup_shows_the_servers() {
    for program in BOTH {
        let ground = Ground::new();
        let mut proxy = ground.serve(program, 1, &config());
        proxy.signal(Signal::SIGHUP);
        proxy.await_said("SIGHUP received, dumping servers states.");
        proxy.await_said("SIGHUP: Server b/a is UP. Conn: 0 act, 0 pend, 0 tot.");
        assert!(proxy.is_running());
    }
}

#[test]
fn a_daemon_writes_its_pid_and_a_new_process_takes_over() {
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let path = file(&config()).display().to_string();
        let pid_file = scratch("pid", "").display().to_string();
        let run = |extra: &[&str]| {
            let args = [&["-D", "-p", &pid_file, "-f", &path], extra].concat();
            let out = program.run(args, &ground.env, PATIENCE);
            assert_eq!(out.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&out.stderr));
            Daemon::from(&pid_file)
        };
        let first = run(&[]);
        assert_eq!(status(&get(ground.front(1), "/")), 200, "{name}: the daemon serves");
        let to = ground.front(1);
        let load = thread::spawn(move || {
            let until = Instant::now() + Duration::from_millis(1200);
            let mut answers = Vec::new();
            while Instant::now() < until {
                answers.push(status(&get(to, "/")));
            }
            answers
        });
        thread::sleep(Duration::from_millis(200));
        let second = run(&["-sf", &first.0.to_string()]);
        assert_ne!(first.0, second.0);
        let answers = load.join().expect("load");
        assert!(answers.iter().all(|s| *s == 200), "{name}: of {} requests some failed", answers.len());
        assert!(first.is_gone(PATIENCE), "{name}: the old process went");
        assert!(!second.is_gone(Duration::ZERO), "{name}: the new process stays");
    }
}

/// A daemon the test started; killed when dropped.
struct Daemon(i32);

impl Daemon {
    fn from(pid_file: &str) -> Daemon {
        let text = fs::read_to_string(pid_file).expect("the pid file");
        Daemon(text.trim().parse().unwrap_or_else(|_| panic!("a pid in {text:?}")))
    }

    fn is_gone(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        loop {
            if kill(Pid::from_raw(self.0), None).is_err() {
                return true;
            }
            if Instant::now() >= until {
                return false;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = kill(Pid::from_raw(self.0), Signal::SIGKILL);
    }
}

/// The master stands through a reload, and its workers serve throughout.
#[test]
fn master_and_worker_reload() {
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let mut proxy =
            Proxy::start_with(program, &file(&config()), &ground.env, &["-W"], &[ground.front(1)]);
        let to = ground.front(1);
        assert_eq!(status(&get(to, "/")), 200, "{name}");
        let before = listening_inodes(to);
        proxy.signal(Signal::SIGUSR2);
        let until = Instant::now() + Duration::from_millis(800);
        while Instant::now() < until {
            assert_eq!(status(&get(to, "/")), 200, "{name}: during the reload");
        }
        assert_eq!(listening_inodes(to), before, "{name}: the new worker has the old one's sockets");
        assert!(proxy.is_running(), "{name}: the master stays");
        proxy.await_said("New worker (");
        proxy.signal(Signal::SIGTERM);
        assert!(proxy.wait(PATIENCE).is_some(), "{name}: the master ends");
        refuses_soon(to, name);
    }
}

/// The workers end with their master.
fn refuses_soon(to: std::net::SocketAddr, name: &str) {
    let until = Instant::now() + PATIENCE;
    while client::connect(to, crate::common::CLIENT).is_ok() {
        assert!(Instant::now() < until, "{name}: a worker outlives its master");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The kernel's numbers of the sockets that listen at an address.
fn listening_inodes(at: std::net::SocketAddr) -> Vec<String> {
    let std::net::SocketAddr::V4(v4) = at else { panic!("{at} is no IPv4 address") };
    let local = format!("{:08X}:{:04X}", u32::from_ne_bytes(v4.ip().octets()), v4.port());
    let table = fs::read_to_string("/proc/net/tcp").expect("the kernel's table");
    let mut found: Vec<String> = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|words| words[1] == local && words[3] == "0A")
        .map(|words| words[9].to_owned())
        .collect();
    found.sort();
    assert!(!found.is_empty(), "nothing listens at {at}");
    found
}

/// Listening sockets go from process to process (`-x`), haproxy's among them: never bound anew, so that no connection
/// that waits in the kernel is lost.
#[test]
fn listening_sockets_are_handed_over() {
    for ringmain in BOTH {
        let ground = Ground::new();
        let control = scratch("control", "");
        let text = config().replace(
            "defaults",
            &format!(
                "global\n    nbthread 1\n    stats socket {} level admin expose-fd listeners\ndefaults",
                control.display()
            ),
        );
        assert!(text.starts_with("global"), "{text}");
        let (path, to) = (file(&text), ground.front(1));
        let mut old = Proxy::start(Program::Haproxy, &path, &ground.env, &[to]);
        let inodes = listening_inodes(to);
        for next in [ringmain, ringmain, Program::Haproxy, ringmain] {
            let (socket, pid) = (control.display().to_string(), old.id().to_string());
            let flags = ["-db", "-x", &socket, "-sf", &pid];
            let new = Proxy::start_with(next, &path, &ground.env, &flags, &[to]);
            let ended = old.wait(PATIENCE);
            let said = format!("{ended:?}\n{}\n{}", old.errors(), new.errors());
            assert_eq!(
                ended.and_then(|s| s.code()),
                Some(0),
                "{} after {}: {said}",
                next.name(),
                old.program.name()
            );
            assert_eq!(listening_inodes(to), inodes, "{} after {}", next.name(), old.program.name());
            assert_eq!(status(&get(to, "/")), 200, "{}", next.name());
            old = new;
        }
        let _ = fs::remove_file(&control);
    }
}

/// In the background too: the pid file names the master, which answers at a TCP port, and reloads.
#[test]
fn a_master_as_a_daemon() {
    use std::io::{Read, Write};
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let (path, pid_file) =
            (file(&config()).display().to_string(), scratch("pid", "").display().to_string());
        let master = ground.front(2);
        let master_text = master.to_string();
        let args = ["-W", "-D", "-S", &master_text, "-p", &pid_file, "-f", &path];
        let out = program.run(args, &ground.env, PATIENCE);
        assert_eq!(out.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&out.stderr));
        let daemon = Daemon::from(&pid_file);
        let ask = |command: &str| {
            let mut stream = std::net::TcpStream::connect(master).expect("the master's port");
            stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
            stream.write_all(format!("{command}\n").as_bytes()).expect("ask");
            stream.shutdown(std::net::Shutdown::Write).expect("that was all");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("the answer");
            answer
        };
        let listed = ask("show proc");
        assert!(listed.contains(&format!("{:<16}master ", daemon.0)), "{name}: {listed}");
        assert_eq!(status(&get(ground.front(1), "/")), 200, "{name}: its worker serves");
        kill(Pid::from_raw(daemon.0), Signal::SIGUSR2).expect("the master");
        let until = Instant::now() + PATIENCE;
        while !ask("show proc").contains("master          1 [failed: 0]") {
            assert!(Instant::now() < until, "{name}: no reload: {}", ask("show proc"));
            thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(status(&get(ground.front(1), "/")), 200, "{name}: the new worker serves");
        kill(Pid::from_raw(daemon.0), Signal::SIGTERM).expect("the master");
        assert!(daemon.is_gone(PATIENCE), "{name}: it ends");
        refuses_soon(ground.front(1), name);
    }
}

/// A reload with a broken file leaves the old worker where it is.
#[test]
fn a_failed_reload_keeps_the_worker() {
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let path = file(&config());
        let mut proxy = Proxy::start_with(program, &path, &ground.env, &["-W"], &[ground.front(1)]);
        let to = ground.front(1);
        fs::write(&path, format!("{}    frobnicate yes\n", config())).expect("break the file");
        proxy.signal(Signal::SIGUSR2);
        proxy.await_said("Failed to load worker");
        assert_eq!(status(&get(to, "/")), 200, "{name}: the old worker serves");
        assert!(proxy.is_running(), "{name}: under its master");
        proxy.signal(Signal::SIGUSR1);
        let ended = proxy.wait(PATIENCE).unwrap_or_else(|| panic!("{name} still runs"));
        assert_eq!(ended.code(), Some(0), "{name}: a soft stop is a good end");
    }
}

/// `-Ws` tells the service manager each step.
#[test]
fn the_service_manager_hears_of_each_step() {
    for program in BOTH {
        let ground = Ground::new();
        let path = scratch("notify", "");
        let _ = fs::remove_file(&path);
        let manager = std::os::unix::net::UnixDatagram::bind(&path).expect("the manager's socket");
        manager.set_read_timeout(Some(PATIENCE)).expect("timeout");
        let heard = || {
            let mut bytes = [0; 200];
            let n = manager.recv(&mut bytes).expect("a message");
            crate::common::text(&bytes[..n]).lines().next().unwrap_or_default().to_owned()
        };
        let env =
            [ground.env.clone(), vec![("NOTIFY_SOCKET".to_owned(), path.display().to_string())]].concat();
        let mut proxy = Proxy::start_with(program, &file(&config()), &env, &["-Ws"], &[ground.front(1)]);
        assert_eq!(heard(), "READY=1");
        proxy.signal(Signal::SIGUSR2);
        assert_eq!((heard(), heard()), ("RELOADING=1".to_owned(), "READY=1".to_owned()));
        proxy.signal(Signal::SIGTERM);
        assert_eq!(heard(), "STOPPING=1");
        assert_eq!(proxy.wait(PATIENCE).and_then(|s| s.code()), Some(143));
        let _ = fs::remove_file(&path);
    }
}

/// `-S fd@<n>`: a socket of who started the master, such as systemd. It outlives a reload.
#[test]
fn the_masters_socket_may_be_inherited() {
    use std::io::{Read, Write};
    use std::os::fd::AsRawFd;
    for program in BOTH {
        let (ground, path) = (Ground::new(), scratch("inherited", ""));
        let _ = fs::remove_file(&path);
        let listener = std::os::unix::net::UnixListener::bind(&path).expect("bind");
        let keep = nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty());
        nix::fcntl::fcntl(&listener, keep).expect("keep it over exec");
        let socket = format!("fd@{}", listener.as_raw_fd());
        let flags = ["-W", "-S", &socket];
        let _proxy = Proxy::start_with(program, &file(&config()), &ground.env, &flags, &[ground.front(1)]);
        let ask = |command: &str| {
            let mut stream = std::os::unix::net::UnixStream::connect(&path).expect("the master's socket");
            stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
            stream.write_all(format!("{command}\n").as_bytes()).expect("ask");
            stream.shutdown(std::net::Shutdown::Write).expect("that was all");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("the answer");
            answer
        };
        assert!(ask("show proc").contains("master          0 "), "{}", program.name());
        assert!(ask("reload").contains("Success=1"), "{}", program.name());
        assert!(ask("show proc").contains("master          1 "), "{}", program.name());
        let _ = fs::remove_file(&path);
    }
}

/// What the switches for debugging do to a check of a file: they list, they count as the word of the file, or one message says that
/// they do nothing.
#[test]
fn switches_for_debugging_are_taken() {
    let (ground, program) = (Ground::new(), BOTH[0]);
    let checked = format!(
        "global\n    external-check\n{}    option external-check\n    external-check command /bin/true\n",
        config()
    );
    let path = file(&checked).display().to_string();
    let run = |switch: &str, quiet: &[&str]| {
        let args: Vec<&str> =
            ["-c", switch].into_iter().chain(quiet.iter().copied()).chain(["-f", &path]).collect();
        let out = program.run(args, &ground.env, PATIENCE);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    };
    assert!(run("-dF", &[]).2.contains("'insecure-fork-wanted' not enabled"), "the file lacks it");
    let (code, said, warned) = run("-dI", &[]);
    assert!(code == Some(0) && said.ends_with("valid\n") && !warned.contains("insecure"), "{said}{warned}");
    let (_, objects, _) = run("-dL", &["-q"]);
    assert!(objects.lines().all(|l| l.starts_with('/')) && objects.contains("libc"), "{objects}");
    assert!(run("-dc", &[]).1.contains("[keep] cpu="), "at least one CPU is ours");
    for switch in ["-dM", "-dM0x41,no-merge", "-dt", "-dG", "-4"] {
        let (code, _, warned) = run(switch, &[]);
        let option = format!("option '{}'", &switch[..switch.len().min(3)]);
        assert!(code == Some(0) && warned.matches(&option).count() == 1, "{switch}: {warned}");
    }
}

/// The master's socket shows its processes, reloads, and passes commands on to the worker.
#[test]
fn the_masters_socket_answers() {
    use std::io::{Read, Write};
    for program in BOTH {
        let ground = Ground::new();
        let path = scratch("master", "");
        let socket = format!("{},mode,600", path.display());
        let flags = ["-W", "-S", &socket];
        let mut proxy = Proxy::start_with(program, &file(&config()), &ground.env, &flags, &[ground.front(1)]);
        let ask = |command: &str| {
            let mut stream = std::os::unix::net::UnixStream::connect(&path).expect("the master's socket");
            stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
            stream.write_all(format!("{command}\n").as_bytes()).expect("ask");
            stream.shutdown(std::net::Shutdown::Write).expect("that was all");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("the answer");
            answer
        };
        let processes = ask("show proc");
        let lines: Vec<&str> = processes.lines().collect();
        assert!(lines[0].starts_with("#<PID>") && lines[1].contains("master"), "{processes}");
        assert!(lines[2] == "# workers" && lines[3].contains("worker"), "{processes}");
        assert!(ask("@1 show stat").contains("f,FRONTEND,"), "the worker's figures");
        assert!(ask("reload").contains("Success=1"));
        assert!(ask("show proc").contains("master          1 "), "{}", ask("show proc"));
        assert!(ask("@9 show info").contains("Can't find"));
        assert!(ask("@master help").contains("show proc"));
        assert_eq!(status(&get(ground.front(1), "/")), 200);
        proxy.signal(Signal::SIGTERM);
        assert!(proxy.wait(PATIENCE).is_some());
        let _ = fs::remove_file(&path);
    }
}

/// Exit codes and first lines of `-c`, beside haproxy's.
#[test]
fn checking_a_file() {
    let good = config();
    let cases: [(&str, String, &[&str]); 6] = [
        ("good", good.clone(), &["-c"]),
        ("good, quiet", good.clone(), &["-c", "-q"]),
        ("unknown word", format!("{good}    frobnicate yes\n"), &["-c"]),
        ("two errors", format!("{good}    blance roundrobin\n    timeout conect 1s\n"), &["-c"]),
        ("no listener", String::new(), &["-c"]),
        ("unknown backend", good.replace("default_backend b", "default_backend nowhere"), &["-c"]),
    ];
    for (what, text, args) in cases {
        let (ground, path) = (Ground::new(), file(&text).display().to_string());
        let run = |program: Program| {
            let args: Vec<&str> = args.iter().copied().chain(["-f", &path]).collect();
            let out = program.run(args, &ground.env, PATIENCE);
            let lines: Vec<String> = String::from_utf8_lossy(&out.stderr)
                .lines()
                .filter(|l| l.starts_with("[ALERT]") || l.starts_with("[WARNING]"))
                .map(|l| l.split_once(") : ").map_or(l, |(_, rest)| rest).to_owned())
                .collect();
            (out.status.code(), String::from_utf8_lossy(&out.stdout).into_owned(), lines)
        };
        let wanted = run(Program::Haproxy);
        for program in BOTH {
            assert_eq!(run(program), wanted, "{what}, {}", program.name());
        }
    }
}

/// Debian's own file has no frontend, only a statistics socket: it is valid, and such a process stays until it is stopped.
#[test]
fn a_statistics_socket_alone_is_something_to_serve() {
    for program in [Program::Haproxy, BOTH[0], BOTH[1]] {
        let (ground, name) = (Ground::new(), program.name());
        let socket = scratch("stats", "");
        let path = file(&format!("global\n    stats socket {} level admin\n", socket.display()));
        let text = path.display().to_string();
        let out = program.run(["-c", "-f", &text], &ground.env, PATIENCE);
        assert_eq!(out.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&out.stdout));
        let mut proxy = Proxy::start(program, &path, &ground.env, &[]);
        let until = Instant::now() + PATIENCE;
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(Instant::now() < until, "{name}: no statistics socket");
            thread::sleep(Duration::from_millis(10));
        }
        thread::sleep(Duration::from_millis(100));
        assert!(proxy.is_running(), "{name}: it stays");
        proxy.signal(Signal::SIGUSR1);
        let ended = proxy.wait(PATIENCE).unwrap_or_else(|| panic!("{name} still runs"));
        assert_eq!(ended.code(), Some(0), "{name}");
        let _ = fs::remove_file(&socket);
    }
}
