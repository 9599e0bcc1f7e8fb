//! `wait` (3.x): delays, servers that become removable, and who does not wait meanwhile.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::common::PATIENCE;
use crate::common::ground::Ground;
use crate::{BOTH, DEFAULTS, ask, await_socket, socket_path, tell};

fn config(socket: &Path, global: &str) -> String {
    format!(
        "global\n    nbthread 2\n    stats socket {} level admin\n{global}{DEFAULTS}listen farm
    mode tcp
    bind \"127.0.10.1:${{F1}}\"
    balance roundrobin
    server e \"${{ECHO}}\"
",
        socket.display()
    )
}

/// A connection through the proxy to a server that sends back what it gets.
fn held(ground: &Ground) -> TcpStream {
    let mut stream = TcpStream::connect(ground.front(1)).expect("connect");
    stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
    stream.write_all(b"x").expect("send");
    stream.read_exact(&mut [0]).expect("the echo");
    stream
}

#[test]
fn servers_are_waited_for_until_they_can_go() {
    for program in BOTH {
        let (ground, socket, name) = (Ground::new(), socket_path(), program.name());
        let _proxy = ground.serve(program, 0, &config(&socket, ""));
        await_socket(&socket);
        let began = Instant::now();
        assert_eq!(ask(&socket, "wait 30ms"), "Done.\n\n", "{name}");
        assert!(began.elapsed() >= Duration::from_millis(30), "{name}");
        let in_use = "Only servers in maintenance mode can be deleted.\n";
        assert_eq!(ask(&socket, "wait 600s srv-removable farm/e"), in_use, "{name}: it never can be");
        assert_eq!(ask(&socket, "wait 600s srv-removable farm/x"), "No such server.\n", "{name}");
        assert_eq!(ask(&socket, "wait 600s srv-removable x/e"), "No such backend.\n", "{name}");

        let client = held(&ground);
        let line = "disable server farm/e;wait 1 srv-removable farm/e";
        assert_eq!(ask(&socket, line), "\nWait delay expired.\n\n", "{name}: a connection is open");
        // Another waits meanwhile, and goes on when the client does.
        let mut waits = UnixStream::connect(&socket).expect("connect");
        waits.set_read_timeout(Some(PATIENCE)).expect("timeout");
        waits.write_all(b"wait 600s srv-unused farm/e;del server farm/e\n").expect("ask");
        assert!(ask(&socket, "show info").contains("Name: "), "{name}: nobody else waits");
        drop(client);
        let mut said = String::new();
        waits.read_to_string(&mut said).expect("the answer");
        assert_eq!(said, "Done.\n\nServer deleted.\n", "{name}");
        let _ = std::fs::remove_file(&socket);
    }
}

/// The manual's example.
#[test]
fn a_server_is_emptied_and_deleted_in_one_line() {
    for program in BOTH {
        let (ground, socket, name) = (Ground::new(), socket_path(), program.name());
        let _proxy = ground.serve(program, 0, &config(&socket, ""));
        await_socket(&socket);
        let mut client = held(&ground);
        let line = "disable server farm/e;shutdown sessions server farm/e;wait 600s srv-unused farm/e;del server farm/e";
        assert_eq!(ask(&socket, line), "\n\nDone.\n\nServer deleted.\n", "{name}");
        assert_eq!(client.read(&mut [0]).unwrap_or(0), 0, "{name}: the client's connection has ended");
        let _ = std::fs::remove_file(&socket);
    }
}

/// A client that goes away does not keep its place for as long as it wanted to wait.
#[test]
fn who_is_gone_is_not_waited_for() {
    for program in BOTH {
        let (ground, socket, name) = (Ground::new(), socket_path(), program.name());
        let _proxy = ground.serve(program, 0, &config(&socket, "    stats maxconn 1\n"));
        await_socket(&socket);
        let mut waits = UnixStream::connect(&socket).expect("connect");
        waits.write_all(b"wait 600s\n").expect("ask");
        drop(waits);
        assert_eq!(tell(&socket, "show cli level\n"), "admin\n\n", "{name}");
        let _ = std::fs::remove_file(&socket);
    }
}
