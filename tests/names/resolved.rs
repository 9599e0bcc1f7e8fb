//! `do-resolve` (manual 4.2): requests and connections that wait for an address, beside haproxy; name servers that are good,
//! bad or silent, and other traffic meanwhile.

use crate::ALL;
use crate::common::client;
use crate::common::ground::Ground;
use crate::common::proxy::{Program, Proxy};
use crate::dns::{A, AAAA, Dns, Say, records};
use std::time::{Duration, Instant};

struct Stand {
    dns: Dns,
    ground: Ground,
    _proxy: Proxy,
}

impl Stand {
    fn new(program: Program, hold: &str) -> Stand {
        let (ground, dns) = (Ground::new(), Dns::start([127, 0, 10, 53]));
        let port = ground.back("A").port();
        let config = format!(
            "resolvers dns\n    nameserver n1 udp@{}\n    timeout retry 200ms\n    resolve_retries 2\n    {hold}\n{}\
             frontend site\n    bind \"127.0.10.1:${{F1}}\"\n    http-request set-header x-before 1\n    \
             http-request add-header x-times 1\n    \
             http-request do-resolve(txn.ip,dns,ipv4) hdr(host) if {{ path_beg /go }}\n    \
             http-request do-resolve(txn.six,dns,ipv6) hdr(x-six) if {{ hdr(x-six) -m found }}\n    \
             http-request set-header x-six %[var(txn.six)]\n    \
             http-request return status 200 content-type text/plain string hello if {{ path /here }}\n    \
             http-request deny deny_status 502 unless {{ var(txn.ip) -m found }}\n    \
             http-request set-header x-ip %[var(txn.ip)]\n    default_backend clear\n\
             backend clear\n    http-request do-resolve(txn.again,dns,ipv4) hdr(host)\n    \
             http-request set-header x-again %[var(txn.again)]\n    \
             http-request set-dst var(txn.ip)\n    http-request set-dst-port int({port})\n    server clear 0.0.0.0:0\n\
             frontend raw\n    mode tcp\n    bind \"127.0.10.1:${{F2}}\"\n    tcp-request inspect-delay 2s\n    \
             tcp-request content do-resolve(sess.ip,dns,ipv4) hdr(host) if HTTP\n    \
             tcp-request content reject if HTTP !{{ var(sess.ip) -m found }}\n    \
             tcp-request content set-dst var(sess.ip)\n    tcp-request content set-dst-port int({port})\n    \
             tcp-request content accept if HTTP\n    default_backend tcp\n\
             backend tcp\n    mode tcp\n    server clear 0.0.0.0:0\n",
            dns.addr,
            crate::DEFAULTS,
        );
        let proxy = ground.serve(program, 2, &config);
        Stand { dns, ground, _proxy: proxy }
    }

    /// The status, and what the origin saw in the fields that rules set.
    fn get(&self, front: usize, path: &str, host: &str, more: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n");
        let outcome = client::get(self.ground.front(front), request);
        let seen = self.ground.log.take(Duration::from_millis(300));
        let fields = seen.iter().flat_map(|s| &s.head.fields).filter(|(name, _)| name.starts_with("x-"));
        let fields: Vec<String> = fields.map(|(name, value)| format!("{name}={value}")).collect();
        format!("{:?} {}", outcome.statuses(), fields.join(" "))
    }
}

#[test]
fn a_request_goes_to_the_address_of_the_name_it_brings() {
    let run = |program: Program| {
        let s = Stand::new(program, "hold valid 0s");
        let good = records(&["127.0.10.11"]);
        s.dns.script(&[
            ("a.test", A, good.clone()),
            ("six.test", AAAA, records(&["::9"])),
            ("fallback.test", A, records(&["127.0.0.9"])),
            ("fallback.test", AAAA, Say::Code(3)),
            ("none.test", A, Say::Code(3)),
            ("none.test", AAAA, Say::Code(3)),
            ("silent.test", A, Say::Nothing),
            ("garbage.test", A, Say::Garbage),
            ("refused.test", A, Say::Code(5)),
            ("refused.test", AAAA, Say::Code(5)),
        ]);
        [
            s.get(1, "/go", "a.test", ""),
            s.get(1, "/go", "A.Test", "X-Six: six.test\r\n"),
            s.get(1, "/go", "a.test", "X-Six: fallback.test\r\n"),
            s.get(1, "/stay", "a.test", ""),
            s.get(1, "/go", "none.test", ""),
            s.get(1, "/go", "silent.test", ""),
            s.get(1, "/go", "garbage.test", ""),
            s.get(1, "/go", "refused.test", ""),
            s.get(1, "/go", "not..a_name!", ""),
            s.get(2, "/tcp", "a.test", ""),
            s.get(2, "/tcp", "none.test", ""),
        ]
    };
    let wanted = run(Program::Haproxy);
    assert!(wanted[0].starts_with("[200]") && wanted[0].contains("x-ip=127.0.10.11"), "{wanted:#?}");
    for program in &ALL[1..] {
        assert_eq!(run(*program), wanted, "{}", program.name());
    }
}

/// A request that waits for a silent name server holds nobody up, and nobody is asked for what is known.
#[test]
fn others_go_on_while_a_request_waits() {
    for program in ALL {
        let s = Stand::new(program, "hold valid 10s");
        s.dns.script(&[("a.test", A, records(&["127.0.10.11"])), ("silent.test", A, Say::Nothing)]);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let began = Instant::now();
                let request = "GET /go HTTP/1.1\r\nHost: silent.test\r\nConnection: close\r\n\r\n";
                (client::get(s.ground.front(1), request).statuses(), began.elapsed())
            });
            std::thread::sleep(Duration::from_millis(50));
            let began = Instant::now();
            for _ in 0..20 {
                let here = client::get(
                    s.ground.front(1),
                    "GET /here HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
                );
                assert_eq!(here.statuses(), [200], "{}", program.name());
            }
            let others = began.elapsed();
            let (statuses, waited) = waiting.join().expect("the one that waits");
            assert_eq!(statuses, [502], "{}", program.name());
            assert!(waited >= Duration::from_millis(300), "{}: waited {waited:?}", program.name());
            assert!(others < waited, "{}: {others:?} for the others, {waited:?}", program.name());
        });
    }
}

/// How often the name server is asked: an answer that nobody waits for any more is not kept, but a server's is shared.
#[test]
fn the_nameserver_is_asked_as_often_as_by_haproxy() {
    let run = |program: Program| {
        let s = Stand::new(program, "hold valid 10s");
        s.dns.script(&[("a.test", A, records(&["127.0.10.11"]))]);
        let first = s.get(1, "/go", "a.test", "");
        let asked = s.dns.asked().len();
        let second = s.get(1, "/go", "a.test", "");
        (first, asked, second, s.dns.asked().len())
    };
    let wanted = run(Program::Haproxy);
    for program in &ALL[1..] {
        assert_eq!(run(*program), wanted, "{}", program.name());
    }
}
