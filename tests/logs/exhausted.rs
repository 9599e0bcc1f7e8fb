//! `PC`: the process may have no more descriptors when a server is to be connected to (manual 8.5).

use crate::common::ground::{Ground, file, scratch};
use crate::common::proxy::{Io, Program, Proxy};
use crate::common::{self, PATIENCE, client};
use crate::stage::Receiver;
use std::io::{Read, Write};

const CONFIG: &str = "
global
    nbthread 1
    no strict-limits
    stats socket ${SOCKET} level admin
defaults
    mode http
    log ${LOG} local0
    option httplog
    timeout connect 5s
    timeout client 30s
    timeout server 5s
frontend f
    bind \"127.0.10.1:${F1}\"
    default_backend b
backend b
    server a ${A}
backend checked
    timeout check 60s
    server-template s 80 ${HOLE} check inter 10ms disabled
";

#[test]
fn a_server_that_no_descriptor_is_left_for() {
    for io in [Io::Epoll, Io::Uring] {
        let (mut ground, log) = (Ground::new(), Receiver::new());
        let socket = scratch("sock", "");
        std::fs::remove_file(&socket).expect("only its name");
        ground.env.push(("LOG".to_owned(), log.addr()));
        ground.env.push(("SOCKET".to_owned(), socket.display().to_string()));
        let limited = ["prlimit", "--nofile=64:64"];
        let (program, path) = (Program::Ringmain(io), file(CONFIG));
        let proxy = Proxy::start_under(program, &limited, &path, &ground.env, &["-db"], &[ground.front(1)]);
        // The socket of the log is open from here on.
        log.until("BADREQ");
        let mut first = client::connect(ground.front(1), common::CLIENT).expect("connect");
        first.set_read_timeout(Some(PATIENCE)).expect("set");
        first.write_all(b"GET /connclose/1 HTTP/1.1\r\nHost: a\r\n\r\n").expect("send");
        let mut status = [0; 12];
        first.read_exact(&mut status).expect("an answer");
        assert_eq!(&status, b"HTTP/1.1 200", "{io:?}");
        while !status.ends_with(b"\r\n\r\n!") {
            status.rotate_left(1);
            first.read_exact(&mut status[11..]).expect("the rest");
        }
        // Checks that nobody answers take one descriptor after the other, and keep them.
        let enable = (1..=80).map(|n| format!("enable server checked/s{n}")).collect::<Vec<_>>().join(";");
        common::socket::ask(&socket, &enable);
        let list = format!("/proc/{}/fd", proxy.id());
        let count = || std::fs::read_dir(&list).map_or(0, Iterator::count);
        assert!(common::eventually(|| count() >= 64), "{io:?}: {}", count());
        first.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").expect("send");
        first.read_exact(&mut status).expect("an answer");
        assert_eq!(&status, b"HTTP/1.1 503", "{io:?}");
        let lines = log.until("GET / HTTP/1.1");
        let line = lines.last().expect("the line");
        assert!(
            line.contains(" b/a ") && line.contains(" 503 ") && line.contains(" PC-- "),
            "{io:?}: {line}"
        );
    }
}
