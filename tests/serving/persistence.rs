//! Persistence that changes while running, beside haproxy on the same addresses: dynamic cookies and tables; and tables
//! that several cores share.

use std::time::Duration;

use crate::common::ground::{Ground, scratch};
use crate::common::proxy::Program;
use crate::common::socket::ask;
use crate::{BOTH, DEFAULTS, get, origin, status};

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

/// What a program says about its tables, without what differs from run to run: where an entry lies, and how long it
/// still lives.
fn tables(ground: &Ground, program: Program) -> Vec<String> {
    let socket = scratch("sock", "");
    let _ = std::fs::remove_file(&socket);
    let config = format!(
        "global\n    nbthread 1\n    stats socket {} mode 600 level admin\n{DEFAULTS}
frontend site
    bind \"127.0.10.1:${{F1}}\"
    default_backend farm
backend farm
    stick-table type ip size 10 expire 30m store gpc0,conn_rate(10s),http_req_cnt,server_id
    stick on src
    stick store-request path table text
    stick store-request path,length table numbers
    stick store-request src table six
    stick store-request path table bytes
    server a \"${{A}}\"
    server b \"${{B}}\"
backend text
    stick-table type string len 8 size 4 expire 30m
backend numbers
    stick-table type integer size 3 nopurge
backend six
    stick-table type ipv6 size 3
backend bytes
    stick-table type binary len 4 size 1k store gpc(2),gpt(2),gpc_rate(2,10s)
backend arrays
    stick-table type ip size 10 store gpc(2),gpc_rate(2,10s),gpt0,bytes_in_cnt,conn_cur,http_fail_rate(60s)
",
        socket.display()
    );
    let _proxy = ground.serve(program, 1, &config);
    for path in ["/", "/a=b", "/longer-than-eight", "/xy"] {
        get(ground.front(1), path);
    }
    let mut said = Vec::new();
    for question in QUESTIONS {
        let answer = ask(&socket, question);
        let lines = answer.lines().map(|line| match line.split_once(": key=") {
            Some((place, rest)) => {
                assert!(place.starts_with("0x"), "{line}");
                let words = rest.split(' ').map(|w| match w.strip_prefix("exp=") {
                    Some(ms) if ms.parse::<u64>().expect("milliseconds") > 0 => "exp=<some>",
                    _ => w,
                });
                format!("key={}", words.collect::<Vec<_>>().join(" "))
            }
            None => line.to_owned(),
        });
        said.push(format!("> {question}\n{}", lines.collect::<Vec<_>>().join("\n")));
    }
    let _ = std::fs::remove_file(&socket);
    said
}

const QUESTIONS: [&str; 49] = [
    "show table",
    "show table farm",
    "show table text",
    "show table numbers",
    "show table six",
    "show table bytes",
    "show table nope",
    "show table farm key 127.0.10.50",
    "show table farm key 9.9.9.9",
    "show table farm key",
    "show table farm foo",
    "show table farm data.gpc0 gt 0",
    "show table farm data.server_id eq 1",
    "show table farm data.gpc0 foo 0",
    "show table farm data.nope eq 0",
    "show table farm data.gpc0 eq",
    "show table farm data.conn_cur eq 0",
    "set table",
    "set table nope key x",
    "set table farm key",
    "set table farm key 1.2.3.4 data.gpc0 5",
    "set table farm key 1.2.3.4 data.conn_rate 50 data.server_id 2",
    "set table farm key 1.2.3.5 foo",
    "set table farm key 1.2.3.5 data.nope 3",
    "set table farm key 1.2.3.5 data.gpc0",
    "set table farm key 1.2.3.5 data.gpc0 x",
    "set table farm key 1.2.3.5 data.http_req_rate 3",
    "set table farm key x",
    "set table farm data.gpc0 1",
    "show table farm",
    "show table farm data.gpc0 gt 0 data.server_id eq 2",
    "clear table farm data.gpc0 gt 100",
    "clear table farm data.gpc0 eq 5",
    "clear table farm key 9.9.9.9",
    "clear table farm key 1.2.3.5",
    "show table farm",
    "clear table farm",
    "show table farm",
    "clear table",
    "clear table nope",
    "clear table farm foo",
    "set table numbers key 5 data.server_id 7",
    "set table numbers key -1",
    "set table bytes key abcd data.gpc0 3",
    "clear table bytes key abcd",
    "set table arrays key 1.1.1.1 data.gpc 3 data.gpt0 -3 data.conn_cur 99999999999 data.bytes_in_cnt 99999999999",
    "set table arrays key 1.1.1.1 data.http_fail_rate 70",
    "show table arrays",
    "show table arrays data.gpc eq 3",
];

#[test]
fn tables_are_shown_and_changed_as_by_haproxy() {
    let ground = Ground::new();
    let wanted = tables(&ground, Program::Haproxy);
    for program in BOTH {
        let got = tables(&ground, program);
        for (wanted, got) in wanted.iter().zip(&got) {
            assert_eq!(got, wanted, "{}", program.name());
        }
    }
}

/// What one core stores the others find: connections of one client are spread over the cores.
#[test]
fn a_key_leads_to_one_server_on_every_core() {
    for program in BOTH {
        let ground = Ground::new();
        let config = format!(
            "global\n    nbthread 2\n{DEFAULTS}
frontend site
    bind \"127.0.10.1:${{F1}}\"
    default_backend farm
backend farm
    stick-table type string size 1k expire 1m
    stick on path
    server a \"${{A}}\"
    server b \"${{B}}\"
    server c \"${{C}}\"
"
        );
        let _proxy = ground.serve(program, 1, &config);
        let first: Vec<String> =
            (0..12).map(|n| origin(&get(ground.front(1), &format!("/key{n}")))).collect();
        assert!(["A", "B", "C"].iter().all(|o| first.iter().any(|f| f == o)), "{first:?}");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let (ground, first) = (&ground, &first);
                scope.spawn(move || {
                    for _ in 0..5 {
                        for (n, wanted) in first.iter().enumerate() {
                            let got = origin(&get(ground.front(1), &format!("/key{n}")));
                            assert_eq!(&got, wanted, "key {n}, {}", program.name());
                        }
                    }
                });
            }
        });
    }
}
