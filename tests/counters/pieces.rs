//! Answers of ten thousand servers go out in pieces in every form, and traffic passes meanwhile.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use crate::Stand;
use crate::common::PATIENCE;
use crate::common::client;
use crate::common::proxy::{Io, Program};

const SERVERS: usize = 10_000;

fn file() -> String {
    let mut text = "global
    nbthread 1
    stats socket SOCKET level admin
    stats timeout 2m
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend web
    bind 127.0.10.1:${F1}
    default_backend app
backend app
    server real ${A}
backend farm
"
    .to_owned();
    (0..SERVERS).for_each(|n| text.push_str(&format!("    server s{n} ${{A}}\n")));
    text
}

/// A reader that takes nothing holds up nobody: requests pass, other commands are answered, and what was asked for is all there
/// once it reads.
#[test]
fn every_form_is_made_in_pieces() {
    let stand = Stand::start(Program::Ringmain(Io::Epoll), 1, &file());
    for (question, begins, ends) in [
        ("show stat", "# pxname,", "\n\n"),
        ("show stat typed", "F.", "\n\n"),
        ("show stat json", "[[{", "]]\n\n"),
    ] {
        let mut slow = UnixStream::connect(&stand.socket).expect("the socket");
        slow.set_read_timeout(Some(PATIENCE)).expect("timeout");
        slow.write_all(format!("{question}\n").as_bytes()).expect("ask");
        let mut first = [0; 512];
        slow.read_exact(&mut first).expect("the beginning");
        assert!(first.starts_with(begins.as_bytes()), "{question}");
        // The whole answer is megabytes, more than a socket holds: the rest of it is not made yet.
        let request = "GET /len/10 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        assert_eq!(client::get(stand.ground.front(1), request).statuses(), [200], "{question}");
        assert!(stand.ask("show info").starts_with("Name: "), "{question}");
        let mut rest = Vec::new();
        slow.read_to_end(&mut rest).expect("the rest");
        let text = String::from_utf8([first.as_slice(), &rest].concat()).expect("text");
        assert!(text.len() > 2 * SERVERS * 100 && text.ends_with(ends), "{question}: {}", text.len());
        assert!(text.contains(&format!("s{}", SERVERS - 1)), "{question}");
    }
}

/// The figures of a server at the end of the answer are those of the moment at which the reader came to it.
#[test]
fn later_pieces_are_made_later() {
    let text = file().replace("default_backend app", "default_backend last")
        + "backend last\n    server real ${A}\n";
    let stand = Stand::start(Program::Ringmain(Io::Epoll), 1, &text);
    for (question, wanted) in [
        ("show stat typed", ".8.bin.1:MCP:u64:"),
        ("show stat json", "\"name\":\"bin\"}"),
        ("show stat", "last,real,"),
    ] {
        stand.ask("clear counters all");
        let mut slow = UnixStream::connect(&stand.socket).expect("the socket");
        slow.set_read_timeout(Some(PATIENCE)).expect("timeout");
        slow.write_all(format!("{question}\n").as_bytes()).expect("ask");
        let mut first = [0; 64];
        slow.read_exact(&mut first).expect("the beginning");
        let request = "GET /len/10 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        assert_eq!(client::get(stand.ground.front(1), request).statuses(), [200], "{question}");
        let mut rest = Vec::new();
        slow.read_to_end(&mut rest).expect("the rest");
        let rest = String::from_utf8(rest).expect("text");
        // The last server's row, which had nothing when the answer began.
        let at =
            rest.rfind(if question == "show stat" { "last,real," } else { "real" }).expect("the last server");
        let row = &rest[at..];
        let bytes = row.split_once(wanted).map_or("", |(_, row)| row);
        let digit = match question {
            "show stat" => bytes.split(',').nth(6).unwrap_or("").to_owned(),
            "show stat json" => bytes
                .split_once("\"value\":")
                .map_or("", |(_, v)| v.split_once("\"value\":").map_or("", |(_, n)| n))
                .chars()
                .take_while(char::is_ascii_digit)
                .collect(),
            _ => bytes.chars().take_while(char::is_ascii_digit).collect(),
        };
        assert!(
            digit.parse::<u64>().is_ok_and(|n| n > 20),
            "{question}: '{digit}' in {}",
            &row[..row.len().min(400)]
        );
    }
}
