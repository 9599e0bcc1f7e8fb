//! Command lines that are almost right, and whatever else may come over the statistics socket: it answers on.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use crate::common::PATIENCE;
use crate::common::ground::Ground;
use crate::runtime_edits::{ask, await_socket, socket_path};
use crate::{BOTH, DEFAULTS, get, status};

const LINES: &[&str] = &[
    "show stat b 2 -1",
    "show servers state b",
    "show table b data.conn_cnt gt 5",
    "set table b key 1.2.3.4 data.conn_cnt 7",
    "clear table b key 1.2.3.4",
    "set server b/a weight 50%",
    "set server b/a addr 127.0.10.11 port 80",
    "set server b/a agent-send x\\n",
    "set server b/a check-port 99",
    "set maxconn server b/a 4294967295",
    "set maxconn frontend f 100",
    "set server b/a state ready",
    "get weight b/a",
    "enable health b/a",
    "show servers conn b",
    "show info",
    "help set server",
    "set dynamic-cookie-key backend b key",
];

/// A line with a piece of another one, a letter changed, a word twice, a number grown.
fn damaged(n: &mut u64) -> Vec<u8> {
    let mut draw = |below: usize| {
        *n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*n >> 33) as usize % below.max(1)
    };
    let mut line = LINES[draw(LINES.len())].as_bytes().to_vec();
    for _ in 0..1 + draw(3) {
        let at = draw(line.len());
        match draw(6) {
            0 => line.truncate(at),
            1 => line.insert(at, [0, b' ', b'/', b'#', b'%', 0xff, b'@', b'-', b'9', b'\\'][draw(10)]),
            2 => drop(line.drain(at..(at + draw(5)).min(line.len()))),
            3 => {
                let other = LINES[draw(LINES.len())].as_bytes();
                line.truncate(at);
                line.extend_from_slice(&other[draw(other.len())..]);
            }
            4 => line.extend_from_slice(&line.clone()[at..]),
            _ => line.iter_mut().filter(|b| b.is_ascii_digit()).for_each(|b| *b = b'9'),
        }
        if line.is_empty() {
            line.push(b'x');
        }
    }
    // These are the ends of lines and of commands, and a word that stops what is asked of it.
    line.retain(|b| !matches!(b, b'\n' | b'\r' | b';'));
    line
}

#[test]
fn any_command_line_has_an_answer() {
    for program in BOTH {
        let (ground, socket, name) = (Ground::new(), socket_path(), program.name());
        let config = format!(
            "global\n    nbthread 2\n    stats socket {} level admin\n{DEFAULTS}
frontend f
    bind \"127.0.10.1:${{F1}}\"
    default_backend b
backend b
    stick-table type ip size 100 store conn_cnt
    server a \"${{A}}\" check inter 60s
",
            socket.display()
        );
        let mut proxy = ground.serve(program, 1, &config);
        await_socket(&socket);
        let mut seed = 7;
        for round in 0..150 {
            let lines: Vec<Vec<u8>> = (0..20).map(|_| damaged(&mut seed)).collect();
            let mut stream = UnixStream::connect(&socket).expect("the statistics socket");
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            stream.write_all(&lines.join(&b';')).and_then(|()| stream.write_all(b"\n")).expect("ask");
            let mut answer = Vec::new();
            let read = stream.read_to_end(&mut answer);
            let shown: Vec<String> = lines.iter().map(|l| String::from_utf8_lossy(l).into_owned()).collect();
            assert!(read.is_ok(), "{name}, round {round}: no end of the answer to {shown:#?}");
            assert!(!answer.is_empty() && proxy.is_running(), "{name}, round {round}: {shown:#?}");
        }
        let back = ground.back("A");
        ask(&socket, &format!("set server b/a addr {} port {}", back.ip(), back.port()));
        ask(&socket, "set server b/a state ready; set server b/a health up; set server b/a weight 1");
        ask(
            &socket,
            "set maxconn server b/a 0; set maxconn frontend f 100; set maxconn global 0; enable frontend f",
        );
        assert_eq!(status(&get(ground.front(1), "/")), 200, "{name}: it serves");
        assert!(!proxy.errors().contains("panicked"), "{name}: {}", proxy.errors());
    }
}
