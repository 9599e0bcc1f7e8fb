//! Real programs to be checked: private instances in scratch directories, on ports of their own. Debian has them all;
//! `ci/test` installs them.
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::ports::Port;

/// Starting some of them means making a database first.
const LIMIT: Duration = Duration::from_secs(60);

/// One of them, running.
pub struct Program {
    pub addr: SocketAddr,
    name: &'static str,
    child: Child,
    dir: PathBuf,
}

/// How each is started: in its directory, at its address.
pub const ALL: &[(&str, fn(&Path, SocketAddr) -> Command)] = &[
    ("nginx", nginx),
    ("redis", redis),
    ("postgres", postgres),
    ("mariadb", mariadb),
    ("slapd", slapd),
    ("smtp", smtp),
    ("openssl", openssl),
];

/// Starts all of them and waits until each takes connections. What comes before a start takes its time, and is done side by
/// side; the starts are this thread's, with which the programs end.
pub fn start_all() -> Vec<Program> {
    let prepared: Vec<Prepared> = std::thread::scope(|scope| {
        let all: Vec<_> =
            ALL.iter().map(|&(name, how)| scope.spawn(move || Prepared::new(name, how))).collect();
        all.into_iter().map(|one| one.join().expect("a program")).collect()
    });
    let mut programs: Vec<Program> = prepared.into_iter().map(Prepared::start).collect();
    programs.iter_mut().for_each(Program::await_start);
    programs
}

/// One that is to be started.
struct Prepared {
    name: &'static str,
    addr: SocketAddr,
    dir: PathBuf,
    command: Command,
    /// Nobody else is given the port before the program takes it.
    held: Port,
}

impl Prepared {
    fn new(name: &'static str, how: fn(&Path, SocketAddr) -> Command) -> Prepared {
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("mkdir");
        // An address that other test runs do not use: these programs do not share a port that is held for them.
        let ours = Ipv4Addr::new(127, 0, 11, u8::try_from(std::process::id() % 254).expect("small") + 1);
        let held = Port::reserve(IpAddr::V4(ours));
        Prepared { name, addr: held.addr, command: how(&dir, held.addr), dir, held }
    }

    fn start(mut self) -> Program {
        let log = fs::File::create(self.dir.join("log")).expect("create");
        self.command.stdin(Stdio::null()).stdout(log.try_clone().expect("a file")).stderr(log);
        drop(self.held);
        let child = self.command.spawn();
        let child = child.unwrap_or_else(|e| panic!("{}: {e}: run ./ci/test, it installs it", self.name));
        Program { addr: self.addr, name: self.name, child, dir: self.dir }
    }
}

impl Program {
    fn await_start(&mut self) {
        let until = Instant::now() + LIMIT;
        while TcpStream::connect(self.addr).is_err() {
            let ended = self.child.try_wait().expect("wait");
            if ended.is_some() || Instant::now() > until {
                let log = fs::read_to_string(self.dir.join("log")).unwrap_or_default();
                panic!("{} does not start at {}: {ended:?}\n{log}", self.name, self.addr);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).expect("a pid"));
        // Not KILL at once: some have to take their children with them. QUIT ends PostgreSQL without waiting for anybody.
        let signal = match self.name {
            "postgres" => nix::sys::signal::Signal::SIGQUIT,
            _ => nix::sys::signal::Signal::SIGTERM,
        };
        let _ = nix::sys::signal::kill(pid, signal);
        let until = Instant::now() + Duration::from_secs(5);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Ok(data) = fs::read_link(self.dir.join("data")) {
            let _ = fs::remove_dir_all(data);
        }
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// A program that ends with the test.
fn bound(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM", "--", program]);
    command
}

/// Runs a step of the preparation to its end.
fn prepare(command: &mut Command) {
    let out = command.stdin(Stdio::null()).output().expect("run ./ci/test, it installs what this needs");
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
}

fn nginx(dir: &Path, addr: SocketAddr) -> Command {
    let config = format!(
        "daemon off; worker_processes 1; pid {0}/pid; error_log {0}/error.log; user root;
         events {{ worker_connections 512; }}
         http {{ access_log off; client_body_temp_path {0}/body; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f;
                 uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;
                 server {{ listen {addr};
                           location = / {{ add_header X-State \"fine, thanks\"; return 200 'all is well'; }}
                           location = /empty {{ return 204; }} location = /broken {{ return 503 'broken'; }}
                           location = /moved {{ return 302 /; }} }} }}",
        dir.display()
    );
    fs::write(dir.join("nginx.conf"), config).expect("write");
    let mut command = bound("/usr/sbin/nginx");
    command.arg("-c").arg(dir.join("nginx.conf"));
    command
}

fn redis(dir: &Path, addr: SocketAddr) -> Command {
    let mut command = bound("/usr/bin/redis-server");
    command.args(["--port", &addr.port().to_string(), "--bind", &addr.ip().to_string()]);
    command.args(["--save", "", "--protected-mode", "no"]).arg("--dir").arg(dir);
    command
}

/// PostgreSQL does not run as root.
fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "nobody", "--clear-groups", "--pdeathsig", "QUIT", "--"]).arg(program);
    command
}

fn postgres(dir: &Path, addr: SocketAddr) -> Command {
    let versions = fs::read_dir("/usr/lib/postgresql").expect("postgresql: run ./ci/test, it installs it");
    let bin = versions.flatten().map(|v| v.path().join("bin")).max().expect("a version of postgresql");
    // Below a home directory another user may not reach the tests' own scratch directory.
    let data = std::env::temp_dir().join(format!("checked-postgres-{}", std::process::id()));
    let _ = fs::remove_dir_all(&data);
    fs::create_dir(&data).expect("mkdir");
    std::os::unix::fs::symlink(&data, dir.join("data")).expect("symlink");
    let nobody = nix::unistd::User::from_name("nobody").expect("users").expect("nobody");
    nix::unistd::chown(&data, Some(nobody.uid), None).expect("chown");
    let mut init = unprivileged(&bin.join("initdb"));
    init.args(["-A", "trust", "-U", "checker", "--no-sync", "--no-locale", "-E", "UTF8", "-D"]).arg(&data);
    prepare(init.current_dir("/"));
    let mut command = unprivileged(&bin.join("postgres"));
    command.arg("-D").arg(&data).arg("-k").arg(&data);
    command.args(["-h", &addr.ip().to_string(), "-p", &addr.port().to_string(), "-F"]).current_dir("/");
    command
}

fn mariadb(dir: &Path, addr: SocketAddr) -> Command {
    let data = dir.join("data");
    let at = |word: &str, path: &Path| format!("--{word}={}", path.display());
    let mut install = Command::new("/usr/bin/mariadb-install-db");
    install.args([
        "--no-defaults",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--user=root",
    ]);
    prepare(install.arg(at("datadir", &data)));
    fs::write(dir.join("init.sql"), "CREATE USER 'checker'@'%';\n").expect("write");
    let mut command = bound("/usr/sbin/mariadbd");
    command.args(["--no-defaults", "--user=root", "--skip-name-resolve", "--max-connect-errors=1000000"]);
    command
        .arg(at("datadir", &data))
        .arg(at("socket", &dir.join("sock")))
        .arg(at("pid-file", &dir.join("pid")));
    command.arg(at("init-file", &dir.join("init.sql"))).arg("--innodb-buffer-pool-size=8M");
    command.args([format!("--bind-address={}", addr.ip()), format!("--port={}", addr.port())]);
    command
}

fn slapd(dir: &Path, addr: SocketAddr) -> Command {
    let config = format!(
        "include /etc/ldap/schema/core.schema\npidfile {0}/pid\nargsfile {0}/args\ndatabase ldif\nsuffix dc=test\n\
         directory {0}\n",
        dir.display()
    );
    fs::write(dir.join("slapd.conf"), config).expect("write");
    let mut command = bound("/usr/sbin/slapd");
    command.args(["-d", "0", "-h", &format!("ldap://{addr}"), "-f"]).arg(dir.join("slapd.conf"));
    command
}

fn smtp(_: &Path, addr: SocketAddr) -> Command {
    let mut command = bound("/usr/bin/aiosmtpd");
    command.args(["-n", "-l", &addr.to_string()]);
    command
}

fn openssl(dir: &Path, addr: SocketAddr) -> Command {
    let (key, cert) = (dir.join("key.pem"), dir.join("cert.pem"));
    let mut make = Command::new("openssl");
    make.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=a",
    ]);
    prepare(make.arg("-keyout").arg(&key).arg("-out").arg(&cert));
    let mut command = bound("openssl");
    command
        .args(["s_server", "-quiet", "-accept", &addr.to_string(), "-key"])
        .arg(key)
        .arg("-cert")
        .arg(cert);
    command
}
