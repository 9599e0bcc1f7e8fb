//! What versions of HAProxy after 2.6 have: `echo`, the words of `prompt`, its time.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::common::PATIENCE;
use crate::common::ground::Ground;
use crate::{BOTH, DEFAULTS, ask, await_socket, socket_path, tell};

fn with_socket(f: impl Fn(&Path, &str)) {
    for program in BOTH {
        let (ground, socket) = (Ground::new(), socket_path());
        let config = format!(
            "global\n    nbthread 1\n    stats socket {} level admin\n{DEFAULTS}frontend site\n    bind \"127.0.10.1:${{F1}}\"\n",
            socket.display()
        );
        let _proxy = ground.serve(program, 1, &config);
        await_socket(&socket);
        f(&socket, program.name());
        let _ = std::fs::remove_file(&socket);
    }
}

#[test]
fn words_are_echoed_and_prompts_have_words() {
    with_socket(|socket, name| {
        for (script, answer) in [
            ("echo a  b\\ c\n", "a b c\n\n"),
            ("echo\n", "\n\n"),
            ("set severity-output number;echo x\n", "\n[6]: x\n\n"),
            ("prompt p\necho x\nprompt n\n", "\n> x\n\n> \n"),
            ("prompt i\necho x\necho y\n", "\nx\n\ny\n\n"),
            ("prompt n\necho x\n", "\nx\n\n"),
            ("prompt p;prompt i;echo x\n", "\n> \nx\n\n"),
        ] {
            assert_eq!(tell(socket, script), answer, "{name}: {script:?}");
        }
        for line in ["prompt help", "prompt ?", "prompt frob"] {
            assert!(
                ask(socket, line).starts_with("Usage: prompt [help | n | i | p | timed]*\n"),
                "{name}: {line}"
            );
        }
    });
}

#[test]
fn prompts_tell_the_time() {
    with_socket(|socket, name| {
        let said = tell(socket, "prompt timed\nprompt timed\n");
        let (first, second) = said.split_once("]> ").unwrap_or_else(|| panic!("{name}: {said:?}"));
        // Days, hours, minutes, seconds since the start.
        let time: Vec<&str> = first.trim_start_matches("\n[").split(':').collect();
        assert!(time.len() == 4 && time.iter().all(|part| part.parse::<u32>().is_ok()), "{name}: {said:?}");
        assert_eq!(&time[..2], ["0", "00"], "{name}: {said:?}");
        assert_eq!(second, "\n> ", "{name}: {said:?}");
    });
}

/// Interactive without a prompt: the connection stays, and nothing but answers comes.
#[test]
fn interactive_connections_stay_open() {
    with_socket(|socket, name| {
        let mut stream = UnixStream::connect(socket).expect("connect");
        stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
        for line in ["prompt i", "echo x", "show cli level"] {
            stream.write_all(format!("{line}\n").as_bytes()).expect("send");
        }
        let mut answers = [0; 11];
        stream.read_exact(&mut answers).expect("the answers");
        assert_eq!(&answers, b"\nx\n\nadmin\n\n", "{name}");
        stream.write_all(b"quit\n").expect("send");
        assert_eq!(stream.read(&mut [0]).expect("the end"), 0, "{name}");
    });
}
