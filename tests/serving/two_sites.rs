//! The two-site file: `tests/cfg/two-sites.cfg` as it stands, with nothing changed but its addresses.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::common::FRONT;
use crate::common::client::{self, Exchange, Step};
use crate::common::ground::{Ground, file};
use crate::common::ports::Port;
use crate::common::proxy::{Program, Proxy};
use crate::{BOTH, get, origin, status};

const FILE: &str = include_str!("../cfg/two-sites.cfg");

/// The file's program, with ports that are free at every address: it binds `*`.
struct Site {
    ground: Ground,
    http: SocketAddr,
    tls: SocketAddr,
    _ports: [Port; 2],
    _proxy: Proxy,
}

fn start(program: Program, threads: usize) -> Site {
    let ground = Ground::new();
    let ports = [(); 2].map(|()| Port::reserve(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
    let [http, tls] = [&ports[0], &ports[1]].map(|p| SocketAddr::new(FRONT, p.addr.port()));
    let path = file(&rewritten(&ground, http.port(), tls.port()));
    // A second file with what this machine may need: threads and descriptor limits are not the first one's business.
    let beside = file(&format!("global\n    nbthread {threads}\n    no strict-limits\n"));
    let args = ["-f", &beside.display().to_string(), "-db"];
    let proxy = Proxy::start_with(program, &path, &ground.env, &args, &[http, tls]);
    Site { ground, http, tls, _ports: ports, _proxy: proxy }
}

/// Site 2 and the default site have the same origins in other places.
fn rewritten(ground: &Ground, http: u16, tls: u16) -> String {
    let (a, b, c, d) = (ground.back("A"), ground.back("B"), ground.back("C"), ground.back("D"));
    let mut text = FILE.to_owned();
    let places = [
        ("*:80\n", format!("*:{http}\n")),
        ("*:443\n", format!("*:{tls}\n")),
        ("127.0.0.11:8000", a.to_string()),
        ("127.0.0.12:8000", b.to_string()),
        ("127.0.0.13:8000", c.to_string()),
        ("127.0.0.14:8000", d.to_string()),
        ("127.0.0.15:8000", a.to_string()),
        ("127.0.0.16:8000", c.to_string()),
        ("127.0.0.21:8443", ground.back("ECHO").to_string()),
        ("127.0.0.22:8443", ground.back("ECHO").to_string()),
    ];
    for (from, to) in places {
        assert!(text.contains(from), "{from} is in the file");
        text = text.replace(from, &to);
    }
    text
}

#[test]
fn serves_both_sites_and_the_tls_port() {
    for program in BOTH {
        let site = start(program, 2);
        let origin_of = |path: &str| origin(&get(site.http, path));
        for _ in 0..8 {
            assert!(["A", "B"].contains(&origin_of("/example1/x").as_str()), "{}: site 1", program.name());
            assert!(["C", "D"].contains(&origin_of("/example2/x").as_str()), "{}: site 2", program.name());
            assert!(["A", "C"].contains(&origin_of("/x").as_str()), "{}: the default site", program.name());
        }
        let seen = site.ground.log.take(Duration::ZERO);
        assert!(
            seen.iter().all(|s| s.head.field("x-forwarded-for") == Some("127.0.10.50")),
            "option forwardfor"
        );
        let hello = b"\x16\x03\x01 bytes".to_vec();
        let steps = vec![Step::Send(hello.clone()), Step::Fin];
        let outcome = client::run(site.tls, &Exchange { steps, opaque: true, ..Exchange::default() });
        assert_eq!(outcome.rest, hello, "{}: the TCP port", program.name());
    }
}

/// 80 requests to site 1 by weights 1 and 3, each on a connection of its own or all on one.
#[test]
fn weights_one_to_three_give_20_and_60_of_80() {
    for program in BOTH {
        for (threads, slack) in [(1, 0), (2, 2)] {
            let site = start(program, threads);
            for (how, names) in [("each on its own", apart(site.http)), ("all on one", together(site.http))] {
                let to_a = names.iter().filter(|n| *n == "A").count();
                let to_b = names.iter().filter(|n| *n == "B").count();
                let name = program.name();
                assert_eq!(to_a + to_b, 80, "{name}, {threads} threads, {how}: {names:?}");
                assert!(to_a.abs_diff(20) <= slack, "{name}, {threads} threads, {how}: {to_a} and {to_b}");
            }
        }
    }
}

fn apart(to: SocketAddr) -> Vec<String> {
    (0..80)
        .map(|_| {
            let outcome = get(to, "/example1");
            assert_eq!(status(&outcome), 200);
            origin(&outcome)
        })
        .collect()
}

fn together(to: SocketAddr) -> Vec<String> {
    let request = Step::Send(b"GET /example1 HTTP/1.1\r\nHost: a\r\n\r\n".into());
    let steps = (0..80).flat_map(|n| [Step::AwaitHeads(n), request.clone()]).collect();
    let outcome = client::run(to, &Exchange { steps, answers: 80, ..Exchange::default() });
    outcome.answers.iter().map(|a| a.head.field("x-origin").unwrap_or("none").to_owned()).collect()
}
