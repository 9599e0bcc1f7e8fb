//! Other people's clients and servers: nginx behind, curl and wrk in front.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::ground::Ground;
use crate::common::pattern;
use crate::common::ports::Port;
use crate::{BOTH, DEFAULTS};

/// An nginx that serves a directory with `large.bin` (3 MiB) and `small.txt`, and takes uploads nowhere.
struct Nginx {
    child: Child,
    port: Port,
    dir: PathBuf,
}

impl Nginx {
    fn start(name: &str) -> Nginx {
        let port = Port::reserve(crate::common::BACK);
        let dir =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("nginx-{}-{name}", std::process::id()));
        fs::create_dir_all(dir.join("www")).expect("mkdir");
        fs::write(dir.join("www/large.bin"), pattern(3 << 20)).expect("write");
        fs::write(dir.join("www/small.txt"), "small\n").expect("write");
        let config = format!(
            "daemon off; worker_processes 1; pid {0}/pid; error_log {0}/error.log; user root;
             events {{ worker_connections 512; }}
             http {{ access_log off; client_body_temp_path {0}/body; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f;
                     uwsgi_temp_path {0}/u; scgi_temp_path {0}/s; keepalive_requests 100000; absolute_redirect off;
                     server {{ listen {1} reuseport; root {0}/www;
                               location = /gone {{ return 301 /small.txt; }} location = /empty {{ return 204; }} }} }}",
            dir.display(),
            port.addr
        );
        fs::write(dir.join("nginx.conf"), config).expect("write");
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "--", "/usr/sbin/nginx", "-c"])
            .arg(dir.join("nginx.conf"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx: run ./ci/test, it installs it");
        let until = Instant::now() + Duration::from_secs(5);
        while std::net::TcpStream::connect(port.addr).is_err() {
            assert!(Instant::now() < until, "nginx does not start: see {}", dir.display());
            std::thread::sleep(Duration::from_millis(5));
        }
        Nginx { child, port, dir }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).expect("a pid"));
        // TERM, not KILL: the master takes its workers with it.
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn config(nginx: &Nginx) -> String {
    format!(
        "global\n    nbthread 2\n{DEFAULTS}
listen site
    bind \"127.0.10.1:${{F1}}\"
    http-reuse always
    server nginx {} check inter 500ms
",
        nginx.port.addr
    )
}

fn curl(args: &[&str]) -> Vec<u8> {
    let out = Command::new("curl").args(["-sS", "--max-time", "10"]).args(args).output().expect("curl");
    assert!(out.status.success(), "curl {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

#[test]
fn curl_through_ringmain_to_nginx() {
    for program in BOTH {
        let (nginx, ground) = (Nginx::start(program.name()), Ground::new());
        let _proxy = ground.serve(program, 1, &config(&nginx));
        let url = |path: &str| format!("http://{}{path}", ground.front(1));
        let name = program.name();
        let large = pattern(3 << 20);
        assert!(curl(&[&url("/large.bin")]) == large, "{name}: GET");
        assert!(curl(&["--http1.0", &url("/large.bin")]) == large, "{name}: HTTP/1.0");
        assert_eq!(curl(&["-r", "1000-1999", &url("/large.bin")]), &large[1000..2000], "{name}: a range");
        assert_eq!(curl(&["-L", &url("/gone")]), b"small\n", "{name}: a redirect of the origin");
        let code = ["-o", "/dev/null", "-w", "%{http_code} %{size_download} %{num_connects}"];
        let ask = |args: &[&str]| String::from_utf8_lossy(&curl(&[&code, args].concat())).into_owned();
        assert_eq!(ask(&[&url("/empty")]), "204 0 1", "{name}: 204");
        assert_eq!(ask(&["-I", &url("/large.bin")]).split(' ').next(), Some("200"), "{name}: HEAD");
        assert_eq!(ask(&[&url("/none")]).split(' ').next(), Some("404"), "{name}: 404");
        let body = format!("@{}/www/large.bin", nginx.dir.display());
        let upload = ask(&["--data-binary", &body, "-H", "Expect: 100-continue", &url("/small.txt")]);
        assert!(upload.starts_with("413") || upload.starts_with("405"), "{name}: a refused upload: {upload}");
        let twice =
            curl(&["-w", "%{num_connects}", &url("/small.txt"), "-w", "%{num_connects}", &url("/small.txt")]);
        assert_eq!(twice, b"small\n1small\n0", "{name}: the second request uses the first one's connection");
    }
}

/// A short load: every answer is a 200, and none is lost.
#[test]
fn wrk_sees_no_errors() {
    for program in BOTH {
        let (nginx, ground) = (Nginx::start(&format!("wrk-{}", program.name())), Ground::new());
        let _proxy = ground.serve(program, 1, &config(&nginx));
        let url = format!("http://{}/small.txt", ground.front(1));
        let out = Command::new("wrk").args(["-t1", "-c32", "-d1s", &url]).output().expect("wrk");
        let said = String::from_utf8_lossy(&out.stdout);
        assert!(!said.contains("Socket errors") && !said.contains("Non-2xx"), "{}:\n{said}", program.name());
        let requests =
            said.lines().find_map(|l| l.trim().split_once(" requests in")).expect("wrk's figures").0;
        println!("{}: {requests} requests in a second", program.name());
        assert!(requests.parse::<u64>().expect("a number") > 100, "{}:\n{said}", program.name());
    }
}
