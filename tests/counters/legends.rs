//! Addresses, cookies and algorithms are for those who may see them: on the page with `stats show-legends`, on the socket from
//! the level `operator` on. Beside haproxy; and a frontend's `rate_lim`.

use std::path::PathBuf;

use crate::common::proxy::Program;
use crate::common::{client, socket};
use crate::{BOTH, Stand};

const FILE: &str = "global
    nbthread 1
    stats socket SOCKET level operator
    stats socket SOCKET.user level user
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend web
    option socket-stats
    rate-limit sessions 4000
    bind 127.0.10.1:${F1}
    stats uri /s
    default_backend app
frontend open
    bind 127.0.10.1:${F2}
    stats uri /s
    stats show-legends
    default_backend app
backend app
    cookie SRV insert
    balance leastconn
    server s ${A} cookie abc
";

const FIELDS: [&str; 7] = ["pxname", "svname", "rate_lim", "addr", "cookie", "mode", "algo"];

fn shown(stand: &Stand, csv: &str) -> Vec<String> {
    let mut lines = csv.trim_start().lines();
    let head = lines.next().expect("a head line").trim_start_matches("# ");
    let places: Vec<usize> =
        FIELDS.iter().filter_map(|f| head.split(',').position(|name| name == *f)).collect();
    assert_eq!(places.len(), FIELDS.len());
    let row = |line: &str| {
        let values: Vec<&str> = line.split(',').collect();
        places.iter().map(|place| values[*place]).collect::<Vec<_>>().join(",")
    };
    let ports = stand.ground.masks();
    let masked =
        |text: String| ports.iter().fold(text, |text, (port, name)| text.replace(&format!(":{port}"), name));
    lines.filter(|line| !line.is_empty()).map(row).map(masked).collect()
}

fn seen(program: Program) -> Vec<Vec<String>> {
    let stand = Stand::start(program, 2, FILE);
    let low = PathBuf::from(format!("{}.user", stand.socket.display()));
    let mut all =
        vec![shown(&stand, &stand.ask("show stat")), shown(&stand, &socket::ask(&low, "show stat"))];
    let _ = std::fs::remove_file(&low);
    for front in [1, 2] {
        let answer = client::get(
            stand.ground.front(front),
            "GET /s;csv HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        );
        all.push(shown(&stand, &String::from_utf8_lossy(&answer.answers[0].body.bytes)));
    }
    all
}

#[test]
fn who_may_not_see_them_does_not() {
    let wanted = seen(Program::Haproxy);
    assert!(wanted[0].contains(&"app,BACKEND,,,SRV,http,leastconn".to_owned()), "{wanted:#?}");
    assert_ne!(wanted[2], wanted[3]);
    for program in BOTH {
        assert_eq!(seen(program), wanted, "{}", program.name());
    }
}
