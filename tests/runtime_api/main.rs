//! The runtime API beside haproxy: the same lines to both, the same answers; and what they change for requests. Tools that
//! people use over it are run against Ringmain.

#[path = "../common/mod.rs"]
mod common;

mod cores;
mod errors;
mod figures;
mod files;
mod lists;
mod master;
mod newer;
mod rule_edits;
mod sessions;
mod severity;
mod table;
mod talk;
mod tools;
mod wait;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use common::ground::scratch;
use common::proxy::{Io, Program};

/// Ringmain in both I/O modes.
const BOTH: [Program; 2] = [Program::Ringmain(Io::Epoll), Program::Ringmain(Io::Uring)];

const DEFAULTS: &str = "defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
";

/// Sends text as it is and gives all that comes back.
fn tell(socket: &Path, text: &str) -> String {
    let mut stream = UnixStream::connect(socket).expect("the socket");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("timeout");
    stream.write_all(text.as_bytes()).expect("ask");
    stream.shutdown(std::net::Shutdown::Write).expect("half-close");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the answer");
    String::from_utf8(answer).expect("text")
}

/// A line and its answer.
fn ask(socket: &Path, line: &str) -> String {
    tell(socket, &format!("{line}\n"))
}

fn socket_path() -> PathBuf {
    let path = scratch("sock", "");
    let _ = std::fs::remove_file(&path);
    path
}

/// Whether somebody answers there.
fn answers(socket: &Path) -> bool {
    let Ok(mut stream) = UnixStream::connect(socket) else { return false };
    let mut answer = Vec::new();
    let asked = stream.write_all(b"show version\n").and_then(|()| stream.shutdown(std::net::Shutdown::Write));
    asked.and_then(|()| stream.read_to_end(&mut answer)).is_ok() && !answer.is_empty()
}

/// Waits until the socket is there and answered.
fn await_socket(socket: &Path) {
    let until = Instant::now() + Duration::from_secs(5);
    while UnixStream::connect(socket).is_err() || ask(socket, "show info").is_empty() {
        assert!(Instant::now() < until, "{} is not served", socket.display());
        thread::sleep(Duration::from_millis(10));
    }
}

/// What is asked is answered by Ringmain, in both I/O modes, as by haproxy.
fn same_answers(asked: &[&str], heard: impl Fn(Program) -> Vec<String>) {
    let wanted = heard(Program::Haproxy);
    assert_eq!(wanted.len(), asked.len(), "an answer to each");
    for program in BOTH {
        let got = heard(program);
        assert_eq!(got.len(), asked.len(), "{}: an answer to each", program.name());
        let answers = asked.iter().zip(got.iter().zip(&wanted));
        let differ: Vec<String> = answers
            .filter(|(_, (got, wanted))| got != wanted)
            .map(|(line, (got, wanted))| format!("> {line:?}\n-- haproxy:\n{wanted}\n-- we:\n{got}"))
            .collect();
        assert!(differ.is_empty(), "{}: {} differ:\n{}", program.name(), differ.len(), differ.join("\n"));
    }
}

/// Puts a mark in place of each number behind `0x`.
fn without_pointers(text: &str) -> String {
    let mut parts = text.split("0x");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(part.len());
        out.push_str("PTR");
        out.push_str(&part[end..]);
    }
    out
}
