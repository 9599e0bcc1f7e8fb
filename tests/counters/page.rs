//! What `stats show-…` lines put on the statistics page, beside haproxy: the same texts, whatever the page looks like.

use crate::common::client;
use crate::common::proxy::Program;
use crate::{BOTH, Stand};

const FILE: &str = "global
    nbthread 1
    node edge7
    description the edge
    stats socket SOCKET level admin
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend web
    description web & more
    bind 127.0.10.1:${F1}
    stats uri /bare
    default_backend app
listen both
    description both <halves>
    bind 127.0.10.1:${F2}
    stats uri /globals
    stats show-desc
    stats show-node
    stats show-legends
    server b1 ${B} cookie xyz
frontend other
    bind 127.0.10.1:${F3}
    stats uri /own
    stats show-desc words of its own
    stats show-node elsewhere
    stats show-modules
    stats hide-version
backend app
    description the servers
    balance leastconn
    server a1 ${A}
";

/// Texts that one page or another has, as HTML writes them.
const TEXTS: [&str; 16] = [
    "edge7",
    "elsewhere",
    "the edge",
    "words of its own",
    "the servers",
    "web &amp; more",
    "both &lt;halves&gt;",
    "Extra modules",
    "Total number of ssl sessions established",
    "Total number of received HEADERS frames",
    "Total number of bytes received",
    "cap: proxy, mode: http, id: ",
    "cap: backend, mode: http, id: ",
    "IPv4: 127.0.10.11:",
    "xyz",
    "leastconn",
];

fn texts(program: Program) -> Vec<String> {
    let stand = Stand::start(program, 3, FILE);
    let mut all = Vec::new();
    for (front, target) in [(1, "/bare"), (2, "/globals"), (3, "/own")] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        let answer = client::get(stand.ground.front(front), request);
        let page = String::from_utf8_lossy(&answer.answers[0].body.bytes).into_owned();
        all.extend(TEXTS.iter().filter(|text| page.contains(**text)).map(|text| format!("{target}: {text}")));
    }
    all
}

#[test]
fn descriptions_nodes_legends_and_modules_stand_where_haproxy_has_them() {
    let mut wanted = texts(Program::Haproxy);
    // HAProxy writes descriptions as they are.
    let raw = [("web & more", "web &amp; more"), ("both <halves>", "both &lt;halves&gt;")];
    for target in ["/bare", "/globals", "/own"] {
        raw.iter().for_each(|(_, text)| wanted.push(format!("{target}: {text}")));
    }
    wanted.sort();
    assert!(
        wanted.contains(&"/own: Extra modules".to_owned()) && !wanted.contains(&"/bare: edge7".to_owned())
    );
    assert!(
        wanted.contains(&"/globals: the edge".to_owned())
            && wanted.contains(&"/bare: the servers".to_owned())
    );
    for program in BOTH {
        let mut got = texts(program);
        got.sort();
        assert_eq!(got, wanted, "{}", program.name());
    }
}
