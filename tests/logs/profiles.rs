//! `log-profile`, `log-steps` and `do-log`, and items in JSON and CBOR, as the manuals of HAProxy 3.0 and later have them:
//! the haproxy of the other tests is older.

use crate::common::ground::{Ground, scratch};
use crate::common::proxy::{Io, Program};
use crate::common::socket::ask;
use crate::common::{client, eventually};
use regex::Regex;
use std::net::SocketAddr;
use std::path::Path;

const PROFILES: &str = "
global
    nbthread 1
    stats socket ${DIR} level admin
    log-tag same
log-profile steps
    log-tag other
    on accept format \"accept %ci\"
    on request format \"request %HU\"
    on connect format \"connect %b/%s\"
    on response format \"response %ST\" sd \"[r]\"
    on close format \"close %ST %tsc\"
    on http-req format \"http-req %[var(txn.a)]\"
    on http-res format \"http-res %ST\"
    on error format \"error %ST\"
log-profile closed
    on any drop
    on close format \"closed %HU\"
log-profile special
    on any format \"special %f\"
ring steps
    format rfc5424
ring closed
    format raw
ring plain
    format raw
ring usual
    format raw
ring tcp
    format raw
defaults
    mode http
    timeout client 2s
    timeout connect 2s
    timeout server 2s
    option dontlognull
frontend f
    bind \"127.0.10.1:${F1}\"
    log-steps all
    log ring@steps profile steps local0
    log ring@closed profile closed local0
    log ring@plain local0
    log-format \"plain %HU\"
    http-request set-var(txn.a) str(hello)
    http-request do-log
    http-request do-log profile special if { path /special }
    http-response do-log if { status 200 }
    default_backend b
frontend g
    bind \"127.0.10.1:${F2}\"
    log ring@usual profile closed local0
    log ring@usual local0
    log-format \"%{+json}o %(uri)HU %(status)ST %(bytes)B %(none)[var(txn.none)] %(five:sint)[str(5)] %(yes)[always_true]\"
    default_backend b
frontend h
    bind \"127.0.10.1:${F3}\"
    log ring@usual local0
    log-steps accept,close
    log-format \"%{+cbor}o %(m)HM %(s)ST\"
    default_backend b
listen t
    mode tcp
    bind \"127.0.10.1:${F4}\"
    log ring@tcp profile tcp local0
    log-steps accept,connect,close
    tcp-request content do-log
    server a ${A}
backend b
    server a ${A}
log-profile tcp
    on accept format \"tcp accept\"
    on connect format \"tcp connect %s\"
    on close format \"tcp close %ts\"
    on tcp-req-cont format \"tcp content\"
";

fn lines(socket: &Path, ring: &str) -> Vec<String> {
    let answer = ask(socket, &format!("show events {ring}"));
    answer.lines().filter(|l| !l.is_empty()).map(str::to_owned).collect()
}

/// The lines of a ring once there are so many.
fn awaited(socket: &Path, ring: &str, count: usize) -> Vec<String> {
    eventually(|| lines(socket, ring).len() >= count);
    lines(socket, ring)
}

fn get(front: SocketAddr, path: &str) {
    let outcome = client::get(front, format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_eq!(outcome.statuses(), [200], "{path}");
}

#[test]
fn lines_are_written_step_by_step() {
    for io in [Io::Epoll, Io::Uring] {
        let socket = scratch("sock", "");
        let _ = std::fs::remove_file(&socket);
        let mut ground = Ground::new();
        ground.env.push(("DIR".to_owned(), socket.display().to_string()));
        let _proxy = ground.serve(Program::Ringmain(io), 4, PROFILES);
        get(ground.front(1), "/one");
        get(ground.front(1), "/special");
        client::get(ground.front(1), "BAD\r\n\r\n");
        // Behind the head: the structured data, and the line.
        let told: Vec<String> = awaited(&socket, "steps", 16)
            .iter()
            .map(|line| {
                // The profile that a rule names has no tag of its own.
                let tag = if line.ends_with("special f") { " same " } else { " other " };
                assert!(line.starts_with("<134>1 ") && line.contains(tag), "{line}");
                line.splitn(7, ' ').nth(6).expect("a head").to_owned()
            })
            .collect();
        let of = |uri: &str, special: &[&str]| {
            let mut all = vec!["- accept 127.0.10.50".to_owned(), format!("- request {uri}")];
            all.push("- http-req hello".to_owned());
            all.extend(special.iter().map(|l| (*l).to_owned()));
            let rest = ["- connect b/a", "- http-res 200", "[r] response 200", "- close 200 ----"];
            all.extend(rest.map(str::to_owned));
            all
        };
        let mut wanted = of("/one", &[]);
        wanted.extend(of("/special", &["- special f"]));
        wanted.push("- error 400".to_owned());
        assert_eq!(told, wanted, "{io:?}");
        assert_eq!(awaited(&socket, "closed", 3), ["closed /one", "special f", "closed /special"], "{io:?}");
        let plain = awaited(&socket, "plain", 16);
        assert_eq!(plain.iter().filter(|l| *l == "plain /one").count(), 7, "{io:?}: {plain:?}");
    }
}

#[test]
fn lines_are_coded() {
    let bytes = Regex::new(r#""bytes": [1-9]\d+,"#).expect("good");
    for io in [Io::Epoll, Io::Uring] {
        let socket = scratch("sock", "");
        let _ = std::fs::remove_file(&socket);
        let mut ground = Ground::new();
        ground.env.push(("DIR".to_owned(), socket.display().to_string()));
        let _proxy = ground.serve(Program::Ringmain(io), 4, PROFILES);
        get(ground.front(2), "/a\"b");
        let told = awaited(&socket, "usual", 2);
        let json = told.iter().find(|l| l.starts_with('{')).expect("a line");
        let masked = bytes.replace(json, "\"bytes\": N,");
        assert_eq!(
            masked, r#"{"uri": "/a\"b", "status": 200, "bytes": N, "none": null, "five": 5, "yes": true}"#,
            "{io:?}"
        );
        assert!(
            told.contains(&"closed /a\"b".to_owned()) || told.contains(&"closed /a#22b".to_owned()),
            "{told:?}"
        );
        get(ground.front(3), "/");
        // A map: "m": "GET", "s": -1, and once more with 200.
        let told = awaited(&socket, "usual", 4);
        assert_eq!(
            told[2..],
            ["BF616D634745546173 20FF".replace(' ', ""), "BF616D63474554617318C8FF".to_owned()],
            "{io:?}"
        );
        get(ground.front(4), "/");
        // Who looked at the start whether it listens left lines too, but none at the end of a connection without a byte.
        assert!(eventually(|| lines(&socket, "tcp").iter().any(|l| l.starts_with("tcp close"))), "{io:?}");
        let told = lines(&socket, "tcp");
        let wanted = ["tcp accept", "tcp content", "tcp connect a", "tcp close --"];
        assert!(told.ends_with(&wanted.map(str::to_owned)), "{io:?}: {told:?}");
    }
}
