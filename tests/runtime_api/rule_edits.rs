//! Rules that change lists (`add-acl`, `del-acl`, `set-map`, `del-map`) beside haproxy: what the same request's later rules, its answer
//! and later requests see, and what the runtime API shows.

use std::net::SocketAddr;
use std::path::Path;
use std::thread;

use crate::common::client::{self, Outcome};
use crate::common::ground::{Ground, scratch};
use crate::common::proxy::Program;
use crate::{BOTH, DEFAULTS, ask, await_socket, socket_path, without_pointers};

/// Queries are the orders: `?add=x` and so on.
fn config(socket: &Path, map: &Path, ips: &Path, words: &Path, both: &Path) -> String {
    let (map, ips, words, both) = (map.display(), ips.display(), words.display(), both.display());
    format!(
        "global
    nbthread 2
    stats socket {} level admin
{DEFAULTS}frontend site
    bind \"127.0.10.1:${{F1}}\"
    acl listed src -f {ips}
    acl word url_param(w) -i -f {words}
    acl shared url_param(w) -f {both}
    http-request set-map({map}) %[url_param(k)] %[url_param(set)] if {{ url_param(set) -m found }}
    http-request del-map({map}) %[url_param(delmap)] if {{ url_param(delmap) -m found }}
    http-request add-acl({ips}) %[url_param(ip)] if {{ url_param(ip) -m found }}
    http-request add-acl({words}) %[url_param(add)] if {{ url_param(add) -m found }}
    http-request del-acl({words}) %[url_param(del)] if {{ url_param(del) -m found }}
    http-request set-map({both}) %[url_param(both)] x if {{ url_param(both) -m found }}
    http-request deny deny_status 429 if word !{{ url_param(del) -m found }}
    http-request deny deny_status 401 if listed
    http-request set-var(txn.early) url_param(k),map({map},none)
    http-request set-map({map}) late %[var(txn.early)]-late if {{ url_param(late) -m found }}
    http-request set-var(txn.late) str(late),map({map},none)
    default_backend b
backend b
    http-response set-map({map}) answered %[status] if {{ var(txn.early) -m str one two }}
    http-response del-map({map}) late if {{ str(late),map({map}) -m found }}
    http-response set-header x-early %[var(txn.early)]
    http-response set-header x-late %[var(txn.late)]
    http-response set-header x-late-now %[str(late),map({map},gone)]
    http-response set-header x-answered %[str(answered),map({map},none)]
    http-response set-header x-both yes if {{ str(b),map({map}) -m found }}
    server a \"${{A}}\"
",
        socket.display()
    )
}

const REQUESTS: &[&str] = &[
    "/?k=a",
    "/?k=a&set=one",
    "/?k=a",
    "/?k=a&set=two",
    "/?k=a&set=two",
    "/?k=dup",
    "/?k=dup&set=three",
    "/?k=dup",
    "/?k=a&late=1",
    "/?k=a",
    "/?k=a&delmap=a",
    "/?k=a&delmap=a",
    "/?k=a%20b&set=c%20d",
    "/?k=a%20b",
    "/?w=bad",
    "/?add=bad",
    "/?w=bad",
    "/?w=BAD",
    "/?add=bad",
    "/?del=nope",
    "/?w=bad&del=bad",
    "/?w=bad",
    "/?ip=notanip",
    "/?both=q",
    "/?w=q",
    "/?ip=127.0.0.0/8",
    "/?k=a",
];

fn request(to: SocketAddr, path: &str) -> Outcome {
    client::get(to, format!("GET {path} HTTP/1.1\r\nHost: example.test\r\nConnection: close\r\n\r\n"))
}

fn told(outcome: &Outcome) -> String {
    let Some(answer) = outcome.answers.last() else { return "nothing".to_owned() };
    let field = |name| answer.head.field(name).unwrap_or("-").to_owned();
    let fields = ["x-early", "x-late", "x-late-now", "x-answered", "x-both"].map(field);
    format!("{} {}", answer.head.status(), fields.join(" "))
}

/// Files of their own for each program: it may not matter, but who knows.
fn stage<T>(program: Program, f: impl FnOnce(&Ground, &Path, [&Path; 4]) -> T) -> T {
    let (ground, socket) = (Ground::new(), socket_path());
    let files = [
        scratch("map", "dup one\ndup two\nb c\n"),
        scratch("lst", ""),
        scratch("lst", "other\n"),
        scratch("lst", "p\n"),
    ];
    let [map, ips, words, both] = &files;
    let _proxy = ground.serve(program, 1, &config(&socket, map, ips, words, both));
    await_socket(&socket);
    let result = f(&ground, &socket, [map, ips, words, both]);
    for path in files.iter().chain([&socket]) {
        let _ = std::fs::remove_file(path);
    }
    result
}

fn heard(program: Program) -> Vec<String> {
    stage(program, |ground, socket, files| {
        let mut seen = Vec::new();
        for path in REQUESTS {
            seen.push(format!("{path}: {}", told(&request(ground.front(1), path))));
            // Whichever thread comes next.
            let shown = files.map(|file| {
                let kind = if file.extension().is_some_and(|e| e == "map") { "map" } else { "acl" };
                without_pointers(&ask(socket, &format!("show {kind} {}", file.display()))).replace('\n', ";")
            });
            seen.push(shown.join(" | "));
        }
        seen
    })
}

#[test]
fn later_rules_answers_and_requests_see_what_rules_have_changed() {
    let wanted = heard(Program::Haproxy);
    for status in ["429", "401"] {
        assert!(wanted.iter().any(|l| l.contains(&format!(": {status} "))), "{wanted:#?}");
    }
    assert!(wanted.iter().any(|l| l.contains("two-late gone")), "{wanted:#?}");
    for program in BOTH {
        let got = heard(program);
        let differ: Vec<String> = got
            .iter()
            .zip(&wanted)
            .filter(|(got, wanted)| got != wanted)
            .map(|(got, wanted)| format!("haproxy: {wanted}\nwe:      {got}"))
            .collect();
        assert!(differ.is_empty() && got.len() == wanted.len(), "{}:\n{}", program.name(), differ.join("\n"));
    }
}

/// Many clients at once, each with a key of its own that it looks up in the same request: nothing is lost between the cores.
#[test]
fn every_edit_of_many_is_there() {
    const CLIENTS: usize = 8;
    const EACH: usize = 25;
    for program in BOTH {
        stage(program, |ground, socket, [map, ..]| {
            let to = ground.front(1);
            let clients: Vec<_> = (0..CLIENTS)
                .map(|c| {
                    thread::spawn(move || {
                        for n in 0..EACH {
                            let seen = told(&request(to, &format!("/?k=k{c}-{n}&set=v{c}-{n}")));
                            assert!(seen.starts_with(&format!("200 v{c}-{n} ")), "{seen}");
                        }
                    })
                })
                .collect();
            clients.into_iter().for_each(|c| c.join().expect("a client"));
            let shown = ask(socket, &format!("show map {}", map.display()));
            let keys = shown.lines().filter(|l| l.contains(" k")).count();
            assert_eq!(keys, CLIENTS * EACH, "{}", program.name());
        });
    }
}
