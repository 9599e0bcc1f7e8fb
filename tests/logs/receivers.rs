//! The programs that receive and read log lines: rsyslog and syslog-ng as servers of their own with a filter on local0 into a
//! file, and haproxy-log-analysis over that file. `ci/log-tools` installs them.

use crate::common::PATIENCE;
use crate::common::ground::Ground;
use crate::common::proxy::{Io, Program};
use crate::talk::{row, talk};
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const CONFIG: &str = "
global
    nbthread 1
    log ${LOG} local0 info
    log ${LOG} local1 info
defaults
    mode http
    log global
    log-tag haproxy
    option httplog
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend site
    bind \"127.0.10.1:${F1}\"
    http-request deny if { path /deny }
    default_backend pages
backend pages
    server a ${A}
";

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools")
}

fn tool(places: &[PathBuf]) -> PathBuf {
    let found = places.iter().find(|p| p.exists());
    found.unwrap_or_else(|| panic!("{} is missing: ./ci/log-tools installs it", places[0].display())).clone()
}

/// A receiver as a child; killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A directory of its own below the tests' scratch directory, and a port that is free now, with UDP and TCP.
fn place(name: &str) -> (PathBuf, u16) {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).expect("a directory");
    let free = || {
        let stream = TcpListener::bind("127.0.10.70:0").expect("bind");
        let port = stream.local_addr().expect("bound").port();
        UdpSocket::bind(("127.0.10.70", port)).is_ok().then_some(port)
    };
    (dir, std::iter::from_fn(|| Some(free())).flatten().next().expect("a port"))
}

/// What it says goes into the directory, for [`fill_by`] to show.
fn start(mut command: Command, dir: &Path) -> Running {
    let said = std::fs::File::create(dir.join("said")).expect("create");
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said).spawn();
    Running(child.expect("start the receiver"))
}

/// Runs requests through Ringmain until the file holds a line of each, and gives what it holds then.
fn fill(port: u16, file: &Path) -> String {
    fill_by(&format!("127.0.10.70:{port}"), CONFIG, file)
}

/// The same with this target of the `log` lines.
fn fill_by(target: &str, config: &str, file: &Path) -> String {
    let mut ground = Ground::new();
    ground.env.push(("LOG".to_owned(), target.to_owned()));
    let _proxy = ground.serve(Program::Ringmain(Io::Epoll), 1, config);
    let front = ground.front(1);
    let read = || std::fs::read_to_string(file).unwrap_or_default();
    let until = Instant::now() + PATIENCE;
    // The receiver may take a moment to listen: what is sent before is lost, as UDP is.
    while !read().contains("GET /ready") {
        assert!(
            Instant::now() < until,
            "nothing arrives in {}; the receiver says:\n{}",
            file.display(),
            std::fs::read_to_string(file.with_file_name("said")).unwrap_or_default()
        );
        talk(front, &row("ready", "GET /ready").acts);
    }
    for path in ["/one", "/two?x=1", "/deny", "/none"] {
        talk(front, &row("any", &format!("GET {path}")).acts);
    }
    while !read().contains("GET /none") {
        assert!(Instant::now() < until, "the last line does not arrive:\n{}", read());
        std::thread::sleep(Duration::from_millis(20));
    }
    read()
}

/// The lines of the requests as the receiver wrote them.
fn check(text: &str) {
    let lines = |what: &str| text.lines().filter(|l| l.contains(what)).count();
    for what in [
        "\"GET /one HTTP/1.1\"",
        "\"GET /two?x=1 HTTP/1.1\"",
        "\"GET /deny HTTP/1.1\"",
        "\"GET /none HTTP/1.1\"",
    ] {
        assert_eq!(lines(what), 1, "{what} once, and not for local1 too, in\n{text}");
    }
    let one = text.lines().find(|l| l.contains("/one")).expect("found");
    assert!(
        one.contains(" haproxy[") && one.contains("]: 127.0.10.50:") && one.contains(" site pages/a "),
        "{one}"
    );
    assert!(
        text.lines().any(|l| l.contains("site/<NOSRV>") && l.contains(" 403 ") && l.contains(" PR-- ")),
        "{text}"
    );
    assert!(text.lines().any(|l| l.contains(" 502 ") && l.contains(" SH-- ")), "{text}");
}

fn rsyslog(dir: &Path, port: u16) -> Running {
    rsyslog_by(dir, port, "imudp")
}

fn rsyslog_by(dir: &Path, port: u16, module: &str) -> Running {
    let conf = dir.join("rsyslog.conf");
    let text = format!(
        "global(workDirectory=\"{d}\")\nmodule(load=\"{module}\")\ninput(type=\"{module}\" address=\"127.0.10.70\" port=\"{port}\")\n\
         local0.* action(type=\"omfile\" file=\"{d}/out.log\")\n",
        d = dir.display()
    );
    std::fs::write(&conf, text).expect("write");
    let mut command = Command::new(tool(&["/usr/sbin/rsyslogd".into()]));
    command.arg("-n").arg("-f").arg(&conf).arg("-i").arg(dir.join("pid"));
    // No name is looked up.
    command.arg("-x");
    start(command, dir)
}

#[test]
fn rsyslog_files_the_lines_of_its_facility() {
    let (dir, port) = place("rsyslog");
    let _receiver = rsyslog(&dir, port);
    check(&fill(port, &dir.join("out.log")));
}

/// A ring whose lines stand behind their lengths.
#[test]
fn rsyslog_gets_them_over_tcp() {
    let (dir, port) = place("rsyslog-tcp");
    let _receiver = rsyslog_by(&dir, port, "imtcp");
    let ring = format!(
        "ring r\n    format rfc3164\n    maxlen 2000\n    size 32768\n    timeout connect 1s\n    timeout server 5s\n    \
         server s 127.0.10.70:{port} log-proto octet-count\n"
    );
    check(&fill_by("ring@r", &format!("{ring}{CONFIG}"), &dir.join("out.log")));
}

#[test]
fn syslog_ng_files_the_lines_of_its_facility() {
    let (dir, port) = place("syslog-ng");
    let _receiver = syslog_ng(&dir, &format!("udp(ip(127.0.10.70) port({port}))"));
    check(&fill(port, &dir.join("out.log")));
}

/// A `log` line that makes a ring of its own.
#[test]
fn syslog_ng_gets_them_over_tcp() {
    let (dir, port) = place("syslog-ng-tcp");
    let _receiver = syslog_ng(&dir, &format!("tcp(ip(127.0.10.70) port({port}))"));
    check(&fill_by(&format!("tcp@127.0.10.70:{port}"), CONFIG, &dir.join("out.log")));
}

fn syslog_ng(dir: &Path, source: &str) -> Running {
    let conf = dir.join("syslog-ng.conf");
    let text = format!(
        "@version: 3.38\noptions {{ keep-hostname(yes); }};\nsource s {{ {source}; }};\n\
         filter f {{ facility(local0); }};\ndestination d {{ file(\"{d}/out.log\" flush-lines(1)); }};\n\
         log {{ source(s); filter(f); destination(d); }};\n",
        d = dir.display()
    );
    std::fs::write(&conf, text).expect("write");
    let own = tools().join("syslog-ng");
    let program = tool(&[own.join("usr/sbin/syslog-ng"), "/usr/sbin/syslog-ng".into()]);
    let mut command = Command::new(&program);
    if program.starts_with(&own) {
        let (lib, arch) = (own.join("usr/lib/syslog-ng"), own.join("usr/lib/x86_64-linux-gnu"));
        command.env(
            "LD_LIBRARY_PATH",
            format!("{}:{}:{}", lib.display(), arch.display(), own.join("lib/x86_64-linux-gnu").display()),
        );
        command.arg(format!("--module-path={}", lib.join("3.38").display()));
    }
    command.arg("-F").arg("--no-caps").arg("-f").arg(&conf);
    command.arg("-R").arg(dir.join("persist")).arg("-p").arg(dir.join("pid")).arg("-c").arg(dir.join("ctl"));
    start(command, dir)
}

#[test]
fn haproxy_log_analysis_reads_them() {
    let (dir, port) = place("analysis");
    let file = dir.join("out.log");
    let receiver = rsyslog(&dir, port);
    let text = fill(port, &file);
    drop(receiver);
    let program = tool(&[tools().join("haproxy-log-analysis/bin/haproxy_log_analysis")]);
    let run = |command: &str| {
        let out =
            Command::new(&program).args(["--log", &file.to_string_lossy(), "--command", command]).output();
        let out = out.expect("run");
        format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
    };
    let lines = text.lines().filter(|l| l.contains(" haproxy[")).count();
    let counted = run("counter");
    assert!(counted.contains(&lines.to_string()), "{lines} lines:\n{counted}\n{text}");
    let statuses = run("status_codes_counter");
    assert!(statuses.contains("403") && statuses.contains("502") && statuses.contains("200"), "{statuses}");
    let paths = run("request_path_counter");
    assert!(paths.contains("/one"), "{paths}");
}
