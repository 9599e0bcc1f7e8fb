//! Persistence that changes while running, beside haproxy on the same addresses: dynamic cookies.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::common::ground::{Ground, scratch};
use crate::common::proxy::Program;
use crate::{BOTH, DEFAULTS, get, origin, status};

/// One command on the statistics socket.
fn ask(socket: &Path, question: &str) -> String {
    let mut stream = UnixStream::connect(socket).expect("the statistics socket");
    stream.set_read_timeout(Some(Duration::from_secs(3))).expect("timeout");
    stream.write_all(format!("{question}\n").as_bytes()).expect("ask");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer");
    answer
}

/// What a program says and which cookies it sets for one server after the other.
fn dynamic(ground: &Ground, program: Program) -> Vec<String> {
    let socket = scratch("sock", "");
    let _ = std::fs::remove_file(&socket);
    let config = format!(
        "global\n    nbthread 1\n    stats socket {} mode 600 level admin\n{DEFAULTS}
frontend site
    bind \"127.0.10.1:${{F1}}\"
    default_backend farm
backend farm
    cookie S insert dynamic
    dynamic-cookie-key secret
    server a \"${{A}}\"
    server b \"${{B}}\" cookie own
",
        socket.display()
    );
    let _proxy = ground.serve(program, 1, &config);
    let mut said = Vec::new();
    let look = |said: &mut Vec<String>| {
        for _ in 0..2 {
            let outcome = get(ground.front(1), "/");
            let cookie = outcome.answers.last().and_then(|a| a.head.field("set-cookie")).unwrap_or("none");
            said.push(format!("{} {}: {cookie}", status(&outcome), origin(&outcome)));
        }
    };
    look(&mut said);
    for command in [
        "set dynamic-cookie-key backend farm another",
        "disable dynamic-cookie backend farm",
        "enable dynamic-cookie backend farm",
        "enable dynamic-cookie backend",
        "enable dynamic-cookie backend nowhere",
        "set dynamic-cookie-key backend farm",
        "set dynamic-cookie-key backend nowhere x",
    ] {
        said.push(format!("{command}: {}", ask(&socket, command)));
        std::thread::sleep(Duration::from_millis(50));
        look(&mut said);
    }
    let _ = std::fs::remove_file(&socket);
    said
}

#[test]
fn dynamic_cookies_are_haproxys_and_follow_the_key() {
    let ground = Ground::new();
    let wanted = dynamic(&ground, Program::Haproxy);
    assert!(wanted.iter().any(|line| line.contains("S=own")), "{wanted:#?}");
    for program in BOTH {
        assert_eq!(dynamic(&ground, program), wanted, "{}", program.name());
    }
}
