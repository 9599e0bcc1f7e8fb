//! Tools that people use over the runtime API, unchanged: hatop in a terminal, haproxyadmin and haproxytool of PyPI, and the
//! names that haproxystats looks for. Each has to see what is there, and what it changes has to hold.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use crate::common::client;
use crate::common::ground::{Ground, scratch};
use crate::common::proxy::{Program, Proxy};
use crate::{BOTH, DEFAULTS, ask, await_socket, socket_path};

/// Packages of PyPI, at the versions the tests were written with.
const PACKAGES: [&str; 4] = ["haproxyadmin==0.2.4", "haproxytool==0.5.7", "docopt==0.6.2", "six==1.17.0"];

/// A Python environment that has them, made once for all test runs of this target directory.
fn environment() -> &'static Path {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| {
        let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("tools-venv");
        let done = place.join("done-1");
        if !done.exists() {
            run(Command::new("python3").args(["-m", "venv"]).arg(&place));
            let pip = place.join("bin/pip");
            run(Command::new(pip).args(["install", "--quiet", "--no-deps"]).args(PACKAGES));
            std::fs::write(done, "").expect("a mark");
        }
        place
    })
}

fn run(command: &mut Command) -> Output {
    let out =
        command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}; run ./ci/test"));
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    assert!(out.status.success(), "{command:?}: {}{}", text(&out.stdout), text(&out.stderr));
    out
}

fn said(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// A Ringmain that has served three requests.
fn with_proxy(program: Program, f: impl FnOnce(&Path, &Ground, &Path)) {
    let (ground, socket) = (Ground::new(), socket_path());
    let map = scratch("map", "/a one\n/b two\n");
    let config = format!(
        "global\n    nbthread 2\n    stats socket {} mode 600 level admin\n{DEFAULTS}frontend site
    bind \"127.0.10.1:${{F1}}\"
    maxconn 300
    acl bad path_beg /bad
    http-request deny if bad
    http-request set-header x-map %[path,map_beg({})]
    default_backend farm
backend farm
    balance roundrobin
    server a \"${{A}}\" weight 2
    server b \"${{B}}\" backup
",
        socket.display(),
        map.display()
    );
    let _proxy: Proxy = ground.serve(program, 1, &config);
    await_socket(&socket);
    for _ in 0..3 {
        get(&ground, "/len/100");
    }
    std::thread::sleep(std::time::Duration::from_millis(100));
    f(&socket, &ground, &map);
    let _ = std::fs::remove_file(&socket);
    let _ = std::fs::remove_file(&map);
}

fn get(ground: &Ground, path: &str) -> u16 {
    let request = format!("GET {path} HTTP/1.1\r\nHost: example.test\r\nConnection: close\r\n\r\n");
    client::get(ground.front(1), request).answers.last().map_or(0, |a| a.head.status())
}

/// Runs hatop in a terminal of its own, for as long as it takes to draw, and gives the text of its screen.
const TERMINAL: &str = r#"
import fcntl, os, pty, re, select, struct, sys, termios, time
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="xterm", LINES="40", COLUMNS="150")
    os.execvp("hatop", ["hatop", "-s", sys.argv[1]])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 150, 0, 0))
out, end, asked = b"", time.time() + 40, False
while time.time() < end:
    if select.select([fd], [], [], 0.2)[0]:
        try: data = os.read(fd, 65536)
        except OSError: break
        if not data: break
        out += data
    if not asked and b"BACKEND" in out:
        os.write(fd, b"q")
        asked = True
status = os.waitpid(pid, 0)[1]
text = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()][A-Z0-9]|\x1b[=>]", b" ", out)
sys.stdout.write(text.decode("utf8", "replace"))
sys.exit(0 if status == 0 else 1)
"#;

#[test]
fn hatop_draws_what_is_there() {
    for program in BOTH {
        with_proxy(program, |socket, _, _| {
            let out = run(Command::new("python3").arg("-c").arg(TERMINAL).arg(socket));
            let words = said(&out).split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            for part in ["Version: 0.", "site FRONTEND 0 OPEN", "farm a 2", "b 1", "BACKEND 2 UP"] {
                assert!(words.contains(part), "{}: should show {part:?}: {words}", program.name());
            }
        });
    }
}

/// What haproxyadmin sees and changes.
const ADMIN: &str = r#"
import sys
from haproxyadmin import haproxy
h = haproxy.HAProxy(socket_file=sys.argv[1])
assert sorted(f.name for f in h.frontends()) == ["site"]
assert sorted(b.name for b in h.backends()) == ["farm"]
assert sorted(s.name for s in h.servers()) == ["a", "b"]
assert h.processids and h.uptimesec and h.version
site, farm = h.frontend("site"), h.backend("farm")
assert site.status == "OPEN" and site.maxconn == 300 and site.requests == 3, (site.status, site.maxconn, site.requests)
assert farm.status == "UP" and farm.metric("stot") == 3, farm.metric("stot")
a = h.server("a", backend="farm")[0]
assert int(a.weight) == 2 and a.status == "no check", (a.weight, a.status)
assert a.setstate("drain") and a.status == "DRAIN", a.status
assert a.setstate("maint") and a.status == "MAINT", a.status
assert a.setstate("ready") and a.status == "no check", a.status
assert a.setweight(5) and int(a.weight) == 5, a.weight
assert site.setmaxconn(200) and site.maxconn == 200
assert any("/bad" in line for line in h.show_acl(0)), h.show_acl(0)
assert h.add_acl(0, "/worse") and any("/worse" in line for line in h.show_acl(0))
assert h.del_acl(0, "/bad") and not any(line.endswith("/bad") for line in h.show_acl(0))
name = sys.argv[2]
assert len(h.show_map(name)) == 2, h.show_map(name)
assert h.add_map(name, "/c", "three") and len(h.show_map(name)) == 3
assert h.set_map(name, "/c", "four") and any(line.endswith("/c four") for line in h.show_map(name))
assert 'value="four"' in h.get_map(name, "/c/x"), h.get_map(name, "/c/x")
assert h.del_map(name, "/c") and h.clear_map(name) and not [l for l in h.show_map(name) if l]
assert h.clearcounters(all=True)
assert h.frontend("site").requests == 0
assert site.disable() and site.status in ("STOP", "PAUSED"), site.status
assert site.enable() and site.status == "OPEN", site.status
print("all seen")
"#;

#[test]
fn haproxyadmin_sees_and_changes() {
    let python = environment().join("bin/python");
    for program in BOTH {
        with_proxy(program, |socket, ground, map| {
            assert_eq!((get(ground, "/bad/x"), get(ground, "/worse/x")), (403, 200), "{}", program.name());
            ask(socket, "clear counters all");
            for _ in 0..3 {
                get(ground, "/len/7");
            }
            let out = run(Command::new(&python).arg("-c").arg(ADMIN).arg(socket).arg(map));
            assert_eq!(said(&out).trim(), "all seen");
            // What it left holds for traffic.
            assert_eq!((get(ground, "/bad/x"), get(ground, "/worse/x")), (200, 403), "{}", program.name());
        });
    }
}

#[test]
fn haproxytool_lists_and_steers() {
    let tool = environment().join("bin/haproxytool");
    for program in BOTH {
        with_proxy(program, |socket, _, _| {
            // It looks for sockets in a directory.
            let dir = scratch("dir", "");
            let _ = std::fs::remove_file(&dir);
            std::fs::create_dir(&dir).expect("a directory");
            std::os::unix::fs::symlink(socket, dir.join("r.sock")).expect("a link");
            let tool = |args: &[&str]| said(&run(Command::new(&tool).args(args).arg("-D").arg(&dir)));
            assert!(tool(&["frontend", "-l"]).contains("site"));
            assert!(tool(&["backend", "-S"]).contains("farm"));
            assert!(tool(&["server", "-s"]).contains("farm"));
            tool(&["server", "-d", "a", "--backend=farm"]);
            assert!(
                ask(socket, "show stat").lines().any(|l| l.starts_with("farm,a,") && l.contains(",MAINT,"))
            );
            tool(&["server", "-e", "a", "--backend=farm"]);
            assert!(!ask(socket, "show stat").contains(",MAINT,"), "{}", program.name());
            std::fs::remove_dir_all(&dir).expect("the directory goes");
        });
    }
}
