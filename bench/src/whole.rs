//! A whole request, counted: the real program under callgrind, a client and an origin on the loopback.
//!
//! In epoll mode only: valgrind (3.19) lets one thread run at a time and does not know that `io_uring_enter` waits, so that
//! a program of several threads stands still in it. Above the driver both modes run the same code.
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The requests of the longer run beyond those of the shorter one.
pub const REQUESTS: u64 = 3_000;

const REQUEST: &[u8] = crate::samples::BROWSER;
const BODY: &[u8] = b"0123456789012345678901234567890123";

/// Measurements, of which the middle one counts: requests that fall into one turn of the loop share its cost.
const TIMES: usize = 3;

/// User-space instructions for one keep-alive request, all threads of `program`; `io` is a value of `RINGMAIN_IO`.
///
/// # Errors
/// Something could not be started, or did not answer.
/// `logged`: each is a line of `option httplog` over UDP.
pub fn instructions(program: &Path, io: &str, logged: bool) -> io::Result<f64> {
    let mut found = Vec::new();
    for _ in 0..TIMES {
        let (few, many) =
            (run(program, io, logged, REQUESTS, &[])?, run(program, io, logged, 2 * REQUESTS, &[])?);
        found.push((many as f64 - few as f64) / REQUESTS as f64);
    }
    found.sort_by(f64::total_cmp);
    Ok(found[TIMES / 2])
}

/// Every instruction that so many requests ran, as callgrind writes it without abbreviations.
///
/// # Errors
/// As [`instructions`].
pub fn profile(program: &Path, io: &str, requests: u64) -> io::Result<String> {
    let out = std::env::temp_dir().join(format!("ringmain-profile-{}", std::process::id()));
    let file = format!("--callgrind-out-file={}", out.display());
    let plain = ["--dump-instr=yes", "--demangle=no", "--compress-strings=no", "--compress-pos=no"];
    run(program, io, false, requests, &[&plain[..], &[&file]].concat())?;
    let text = std::fs::read_to_string(&out);
    std::fs::remove_file(&out)?;
    text
}

/// The instructions of a run from start to end.
fn run(program: &Path, io: &str, logged: bool, requests: u64, more: &[&str]) -> io::Result<u64> {
    // Nobody reads it: what does not fit is dropped by the kernel, as by any receiver that is busy.
    let receiver = UdpSocket::bind("127.0.0.1:0")?;
    let log = if logged { Some(receiver.local_addr()?) } else { None };
    let origin = origin()?;
    let addr = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let dir = std::env::temp_dir().join(format!("ringmain-bench-{}-{}", std::process::id(), addr.port()));
    std::fs::create_dir_all(&dir)?;
    let file = dir.join("whole.cfg");
    std::fs::write(&file, configuration(addr, origin, log))?;
    let mut child = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(more)
        .arg(program)
        .arg("-f")
        .arg(&file)
        .env("RINGMAIN_IO", io)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let asked = ask(addr, requests);
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status()?;
    let mut said = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut said)?;
    child.wait()?;
    std::fs::remove_dir_all(&dir)?;
    asked?;
    collected(&said).ok_or_else(|| io::Error::other(format!("callgrind counted nothing:\n{said}")))
}

/// The count that callgrind prints at the end.
#[must_use]
pub fn collected(said: &str) -> Option<u64> {
    let line = said.lines().find(|l| l.contains("Collected :"))?;
    line.split_whitespace().last()?.parse().ok()
}

fn configuration(addr: SocketAddr, origin: SocketAddr, log: Option<SocketAddr>) -> String {
    let log = log.map_or_else(String::new, |log| format!("    log {log} local0\n    option httplog\n"));
    format!(
        "global
    nbthread 1
defaults
    mode http
{log}    timeout connect 5s
    timeout client 50s
    timeout server 50s
    http-reuse always
frontend site
    bind {addr}
    option forwardfor
    acl image path_beg /img/
    use_backend images if image
    default_backend pages
backend images
    server i1 {origin}
backend pages
    server p1 {origin}
"
    )
}

/// Sends the requests one after the other on one connection.
fn ask(addr: SocketAddr, requests: u64) -> io::Result<()> {
    let mut client = connect(addr)?;
    let mut buffer = [0; 4_096];
    for _ in 0..requests {
        client.write_all(REQUEST)?;
        let mut answer = Vec::new();
        while !answer.ends_with(BODY) {
            match client.read(&mut buffer)? {
                0 => return Err(io::Error::other("the connection was closed before its answer")),
                n => answer.extend_from_slice(&buffer[..n]),
            }
        }
    }
    Ok(())
}

fn connect(addr: SocketAddr) -> io::Result<TcpStream> {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        match TcpStream::connect(addr) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(Duration::from_secs(10)))?;
                return Ok(stream);
            }
            Err(e) if Instant::now() > end => return Err(e),
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

fn origin() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?;
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || serve(stream));
        }
    });
    Ok(addr)
}

fn serve(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let answer = [crate::samples::ANSWER, BODY].concat();
    let (mut buffer, mut seen) = ([0; 4_096], Vec::new());
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            n => seen.extend_from_slice(&buffer[..n]),
        }
        if seen.ends_with(b"\r\n\r\n") {
            seen.clear();
            stream.write_all(&answer)?;
        }
    }
}
