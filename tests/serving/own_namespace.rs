//! `namespace *`: connections to a server are made in the network namespace that the client's PROXY header names.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::process::Command;
use std::thread;

use nix::sched::{CloneFlags, setns};

use crate::common::client::{self, Exchange, Step};
use crate::common::ground::Ground;
use crate::common::ports::Port;
use crate::common::proxy::{Io, Program};
use crate::{DEFAULTS, origin};

/// A namespace of this test's own, with a loopback device.
struct Own(String);

impl Own {
    fn new() -> Own {
        let own = Own(format!("rm-test-{}", std::process::id()));
        ip(&["netns", "add", &own.0]);
        ip(&["-n", &own.0, "link", "set", "lo", "up"]);
        own
    }

    /// Answers requests at an address of this namespace, each connection with a field that tells so.
    fn serve(&self, addr: std::net::SocketAddr) {
        let name = self.0.clone();
        let (ready, is_ready) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let file = std::fs::File::open(format!("/var/run/netns/{name}")).expect("the namespace");
            setns(file.as_fd(), CloneFlags::CLONE_NEWNET).expect("enter it");
            let listener = TcpListener::bind(addr).expect("bind in the namespace");
            ready.send(()).expect("somebody waits");
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut bytes = [0; 1_024];
                while let Ok(1..) = stream.read(&mut bytes) {
                    let answer = "HTTP/1.1 200 OK\r\nx-origin: inside\r\ncontent-length: 0\r\n\r\n";
                    stream.write_all(answer.as_bytes()).expect("answer");
                }
            }
        });
        is_ready.recv().expect("it serves");
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.0]).status();
    }
}

fn ip(args: &[&str]) {
    let done = Command::new("ip").args(args).output().expect("ip, of iproute2");
    assert!(done.status.success(), "ip {args:?}, as root: {}", String::from_utf8_lossy(&done.stderr));
}

/// A PROXY header of version 2 that names a namespace, or none.
fn header(namespace: Option<&str>) -> Vec<u8> {
    let mut body = vec![127, 0, 10, 9, 127, 0, 10, 1, 0, 9, 0, 80];
    if let Some(name) = namespace {
        body.push(0x30);
        body.extend((name.len() as u16).to_be_bytes());
        body.extend(name.as_bytes());
    }
    let mut all = b"\r\n\r\n\0\r\nQUIT\n\x21\x11".to_vec();
    all.extend((body.len() as u16).to_be_bytes());
    all.extend(body);
    all
}

#[test]
fn connections_are_made_where_the_client_comes_from() {
    let own = Own::new();
    for program in [Program::Haproxy, Program::Ringmain(Io::Epoll), Program::Ringmain(Io::Uring)] {
        let ground = Ground::new();
        let inside = Port::reserve([127, 0, 0, 1].into());
        own.serve(ground.back("A"));
        // haproxy gives the idle connections of one namespace to clients of another.
        let reuse = if program == Program::Haproxy { "never" } else { "always" };
        let config = format!(
            "global\n{DEFAULTS}listen site\n    bind \"127.0.10.1:${{F1}}\" accept-proxy\n    http-reuse {reuse}\n    server a \
             \"${{A}}\" namespace *\nbackend other\n    server b {} namespace {}\n",
            inside.addr, own.0
        );
        let proxy = ground.serve(program, 1, &config);
        let ask = |namespace: Option<&str>| {
            let mut bytes = header(namespace);
            bytes.extend(b"GET / HTTP/1.1\r\nHost: example.test\r\nConnection: close\r\n\r\n");
            let exchange = Exchange {
                steps: vec![Step::Send(bytes)],
                methods: vec!["GET".to_owned()],
                ..Exchange::default()
            };
            origin(&client::run(ground.front(1), &exchange))
        };
        let name = program.name();
        // Idle connections of the one are not the other's.
        for _ in 0..2 {
            assert_eq!(ask(Some(&own.0)), "inside", "{name}: {}", proxy.errors());
            assert_eq!(ask(None), "A", "{name}");
            assert_eq!(ask(Some("nobody-knows")), "A", "{name}");
        }
    }
}
