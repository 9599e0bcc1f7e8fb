//! The framing of messages after rules: every rule that can touch a field which frames a message, on every shape of message.
//! Whatever the rule, client and origin have to count the same messages with the same bodies (RFC 9112, 6 and 9).
//!
//! `tests/golden/framing.txt` has a line for each: what the client got and what the origin, with HAProxy 3.2.26 and with
//! Ringmain. `RECORD=ringmain cargo test --test framing` writes Ringmain's column anew, and with
//! `RINGMAIN_TEST_BINARY=/path/to/haproxy RECORD=haproxy` HAProxy's. A line with `!` broke the rule above; only HAProxy's may.

#[path = "../common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use common::client::{self, Answer, End, Exchange, Outcome, Step};
use common::ground::Ground;
use common::origin::Seen;
use common::proxy::{Io, Program};
use common::wire::{Framing, Head};

/// Rules of requests.
const REQUEST_RULES: [&str; 36] = [
    "add-header content-length 3",
    "add-header content-length %[req.hdr(content-length)]",
    "add-header transfer-encoding chunked",
    "add-header transfer-encoding gzip",
    "del-header connection",
    "del-header content-length",
    "del-header .*-length -m reg",
    "del-header c -m beg",
    "del-header transfer-encoding",
    "replace-header content-length .* 3",
    "replace-header transfer-encoding .* identity",
    "replace-value transfer-encoding chunked gzip",
    "set-header connection close",
    "set-header connection \"close, x-a\"",
    "set-header connection content-length",
    "set-header connection keep-alive",
    "set-header connection transfer-encoding",
    "set-header connection upgrade",
    "set-header content-length 0",
    "set-header content-length 3",
    "set-header content-length 99",
    "set-header content-length -1",
    "set-header content-length abc",
    "set-header content-length \"3, 3\"",
    "set-header keep-alive timeout=5",
    "set-header proxy-connection close",
    "set-header te chunked",
    "set-header te trailers",
    "set-header trailer content-length",
    "set-header transfer-encoding chunked",
    "set-header transfer-encoding \"gzip, chunked\"",
    "set-header upgrade h2c",
    "set-header upgrade x",
    "set-method GET",
    "set-method HEAD",
    "set-method POST",
];

/// Rules of answers.
const ANSWER_RULES: [&str; 28] = [
    "add-header content-length 4",
    "add-header content-length 5",
    "add-header transfer-encoding chunked",
    "add-header transfer-encoding gzip",
    "del-header connection",
    "del-header content-length",
    "del-header transfer-encoding",
    "replace-header content-length .* 2",
    "replace-value transfer-encoding chunked gzip",
    "set-header connection close",
    "set-header connection keep-alive",
    "set-header connection upgrade",
    "set-header connection x-a",
    "set-header content-length 0",
    "set-header content-length 2",
    "set-header content-length 99",
    "set-header content-length abc",
    "set-header keep-alive timeout=5",
    "set-header proxy-connection close",
    "set-header trailer x-a",
    "set-header transfer-encoding chunked",
    "set-header upgrade h2c",
    "set-header upgrade x",
    "set-status 200",
    "set-status 204",
    "set-status 205",
    "set-status 304",
    "set-status 404",
];

/// A body that is a request to whoever reads on behind a head.
const EVIL: &str = "GET /evil HTTP/1.1\r\nHost: h\r\n\r\n";

/// How a request comes: its name, first line, fields, body on the wire, body.
const REQUESTS: [(&str, &str, &str, &str, &str); 7] = [
    ("len", "POST /len/4 HTTP/1.1", "content-length: 31\r\n", EVIL, EVIL),
    (
        "chunked",
        "POST /len/4 HTTP/1.1",
        "transfer-encoding: chunked\r\n",
        "1f\r\nGET /evil HTTP/1.1\r\nHost: h\r\n\r\n\r\n0\r\n\r\n",
        EVIL,
    ),
    ("empty", "POST /len/4 HTTP/1.1", "content-length: 0\r\n", "", ""),
    ("none", "GET /len/4 HTTP/1.1", "", "", ""),
    ("head", "HEAD /len/4 HTTP/1.1", "", "", ""),
    ("options", "OPTIONS /len/4 HTTP/1.1", "", "", ""),
    ("http10", "POST /len/4 HTTP/1.0", "content-length: 31\r\nconnection: keep-alive\r\n", EVIL, EVIL),
];

/// How an answer comes: its name, the request's first line, fields.
const ANSWERS: [(&str, &str, &str); 12] = [
    ("len", "GET /len/4 HTTP/1.1", ""),
    ("chunked", "GET /chunked/4 HTTP/1.1", ""),
    ("trailers", "GET /trailers HTTP/1.1", ""),
    ("toclose", "GET /toclose/4 HTTP/1.1", ""),
    ("connclose", "GET /connclose/4 HTTP/1.1", ""),
    ("empty", "GET /len/0 HTTP/1.1", ""),
    ("204", "GET /204 HTTP/1.1", ""),
    ("304", "GET /304 HTTP/1.1", ""),
    ("head", "HEAD /len/4 HTTP/1.1", ""),
    ("1xx", "GET /1xx HTTP/1.1", ""),
    ("http10", "GET /len/4 HTTP/1.0", "connection: keep-alive\r\n"),
    ("chunked-http10", "GET /chunked/4 HTTP/1.0", "connection: keep-alive\r\n"),
];

/// One exchange: a request under one rule, and a plain one behind it on the same connection, sent at once.
struct Row {
    name: String,
    request: String,
    method: &'static str,
    body: &'static str,
    /// What the answer's body is where nothing forbids one.
    content: usize,
}

fn rows() -> Vec<Row> {
    let method = |line: &'static str| line.split(' ').next().expect("a method");
    let mut rows = Vec::new();
    for (n, rule) in REQUEST_RULES.iter().enumerate() {
        for (shape, line, fields, wire, body) in REQUESTS {
            rows.push(Row {
                name: format!("http-request {rule} | {shape}"),
                request: format!("{line}\r\nhost: h\r\nx-rule: q{n}\r\n{fields}\r\n{wire}"),
                method: method(line),
                body,
                content: 4,
            });
        }
    }
    for (n, rule) in ANSWER_RULES.iter().enumerate() {
        for (shape, line, fields) in ANSWERS {
            rows.push(Row {
                name: format!("http-response {rule} | {shape}"),
                request: format!("{line}\r\nhost: h\r\nx-rule: s{n}\r\n{fields}\r\n"),
                method: method(line),
                body: "",
                content: match shape {
                    "empty" | "204" | "304" => 0,
                    "trailers" => 5,
                    "1xx" => 6,
                    _ => 4,
                },
            });
        }
    }
    rows
}

fn config() -> String {
    let mut text = String::from(
        "defaults\n mode http\n timeout client 2s\n timeout server 2s\n timeout connect 2s\n\
         frontend f\n bind \"127.0.10.1:${F1}\"\n http-request set-var(txn.rule) req.hdr(x-rule)\n default_backend b\n",
    );
    for (n, rule) in REQUEST_RULES.iter().enumerate() {
        let _ = writeln!(text, " http-request {rule} if {{ var(txn.rule) -m str q{n} }}");
    }
    for (n, rule) in ANSWER_RULES.iter().enumerate() {
        let _ = writeln!(text, " http-response {rule} if {{ var(txn.rule) -m str s{n} }}");
    }
    text + "backend b\n server a \"${A}\"\n"
}

const LAST: &str = "GET /last HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";

/// What a program did with a row, and whether both ends counted the same.
struct Done {
    line: String,
    sound: Result<(), String>,
}

fn run(ground: &Ground, row: &Row) -> Done {
    ground.log.take(Duration::ZERO);
    let exchange = Exchange {
        steps: vec![Step::Send((row.request.clone() + LAST).into_bytes())],
        methods: vec![row.method.to_owned(), "GET".to_owned()],
        answers: 2,
        patience: Duration::from_secs(4),
        ..Exchange::default()
    };
    let outcome = client::run(ground.front(1), &exchange);
    let seen = ground.log.take(Duration::from_millis(500));
    Done { line: told(&outcome, &seen), sound: sound(row, &outcome, &seen) }
}

fn told(outcome: &Outcome, seen: &[Seen]) -> String {
    let cut = |complete: bool| if complete { "" } else { " cut" };
    let mut parts: Vec<String> = outcome
        .answers
        .iter()
        .map(|a| format!("{} {}{}", a.head.status(), a.body.bytes.len(), cut(a.body.complete)))
        .collect();
    if outcome.end == End::TimedOut {
        parts.push("no end".to_owned());
    }
    let requests = seen.iter().map(|s| {
        let (method, target) = s.head.request();
        format!("{method} {target} {}{}", s.body.bytes.len(), cut(s.body.complete))
    });
    format!("{} <- {}", parts.join(", "), requests.collect::<Vec<_>>().join(", "))
}

/// Whether client and origin counted the same messages, each framed in one way and whole.
fn sound(row: &Row, outcome: &Outcome, seen: &[Seen]) -> Result<(), String> {
    let finals: Vec<&Answer> = outcome.answers.iter().filter(|a| a.head.status() >= 200).collect();
    let check = |ok: bool, what: &str| if ok { Ok(()) } else { Err(what.to_owned()) };
    check(outcome.rest.is_empty(), "bytes that belong to no answer")?;
    check(outcome.end == End::Closed, "the client waits, or was reset")?;
    check(finals.iter().all(|a| a.body.complete), "an answer is cut off")?;
    for (n, answer) in finals.iter().enumerate() {
        let method = if n == 0 { row.method } else { "GET" };
        head_is_sound(&answer.head)?;
        bodiless_says_nothing(&answer.head)?;
        if answer.head.answer_framing(method) != Framing::None && answer.head.status() < 300 && n == 0 {
            let expected = if answer.head.status() == 205 && row.content == 0 { 0 } else { row.content };
            let length = answer.body.bytes.len();
            // Rules that change the method leave one side without a body.
            check(
                length == expected || (row.name.contains("set-method") && length == 0),
                "another body than the origin's",
            )?;
        }
    }
    let first = finals.first().ok_or("no answer")?;
    if finals.len() < 2 {
        let told = first.head.ends_connection() || first.head.answer_framing(row.method) == Framing::ToClose;
        check(told, "the second request has no answer, and nobody said why")?;
    }
    check(finals.len() <= 2, "more answers than requests")?;
    let passed: Vec<&Seen> = seen.iter().collect();
    check(
        passed.iter().all(|s| s.body.complete && head_is_sound(&s.head).is_ok()),
        "the origin got half a request",
    )?;
    check(!passed.is_empty() && passed.len() <= 2, "the origin counted other requests")?;
    check(passed[0].body.bytes == row.body.as_bytes(), "the origin got another body")?;
    match passed.get(1) {
        Some(last) => check(
            last.head.request() == ("GET", "/last") && last.body.bytes.is_empty(),
            "the second request is another",
        ),
        None => check(finals.len() == 1, "an answer to a request that the origin never got"),
    }
}

fn head_is_sound(head: &Head) -> Result<(), String> {
    let (lengths, codings) = (head.all("content-length").count(), head.all("transfer-encoding").count());
    if lengths + codings > 1 {
        return Err(format!("framed in {} ways", lengths + codings));
    }
    if head.all("content-length").any(|v| v.is_empty() || !v.bytes().all(|b| b.is_ascii_digit())) {
        return Err("a length that is no number".to_owned());
    }
    if head.all("transfer-encoding").any(|v| v != "chunked") {
        return Err("a coding that nobody undoes".to_owned());
    }
    Ok(())
}

/// RFC 9110, 8.6: neither length nor coding with 204.
fn bodiless_says_nothing(head: &Head) -> Result<(), String> {
    let says = head.field("content-length").is_some() || head.field("transfer-encoding").is_some();
    if head.status() == 204 && says { Err("a 204 with a length".to_owned()) } else { Ok(()) }
}

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/framing.txt")
}

/// The recorded lines: row, HAProxy's, Ringmain's.
fn recorded() -> BTreeMap<String, (String, String)> {
    let text = std::fs::read_to_string(golden()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
    let value = |line: &str, name: &str| {
        line.trim_start().strip_prefix(name).unwrap_or_default().trim_start().to_owned()
    };
    lines
        .chunks(3)
        .filter(|c| c.len() == 3)
        .map(|c| (c[0].to_owned(), (value(c[1], "haproxy"), value(c[2], "ringmain"))))
        .collect()
}

fn all(io: Io) -> Vec<(String, Done)> {
    let ground = Ground::new();
    let _proxy = ground.serve(Program::Ringmain(io), 1, &config());
    rows().iter().map(|row| (row.name.clone(), run(&ground, row))).collect()
}

#[test]
fn client_and_origin_count_the_same_messages() {
    let [uring, epoll] = std::thread::scope(|scope| {
        [Io::Uring, Io::Epoll].map(|io| scope.spawn(move || all(io))).map(|run| run.join().expect("a run"))
    });
    if let Ok(whose) = std::env::var("RECORD") {
        return record(&whose, &uring);
    }
    let recorded = recorded();
    let mut failures = String::new();
    for (io, done) in [("uring", uring), ("epoll", epoll)] {
        for (row, done) in done {
            if let Err(why) = &done.sound {
                let _ = writeln!(failures, "{row} ({io}): {why}: {}", done.line);
            }
            let expected = recorded.get(&row).map_or("not recorded", |(_, ours)| ours);
            if done.line != expected {
                let _ = writeln!(failures, "{row} ({io}):\n  - {expected}\n  + {}", done.line);
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert_eq!(recorded.len(), rows().len(), "rows that are no longer run");
    let haproxy: Vec<_> = recorded.values().map(|(haproxy, _)| haproxy).collect();
    assert!(haproxy.iter().all(|line| line.contains("<-")), "HAProxy's column is not whole");
}

fn record(whose: &str, done: &[(String, Done)]) {
    let mut recorded = recorded();
    for (row, done) in done {
        let mark = if done.sound.is_ok() { "" } else { "! " };
        let line = format!("{mark}{}", done.line);
        let entry = recorded.entry(row.clone()).or_default();
        *(if whose == "haproxy" { &mut entry.0 } else { &mut entry.1 }) = line;
    }
    let mut text = String::from(
        "# A request under a rule and `GET /last` behind it: what the client got (status, bytes of the body) <- what the origin got\n\
         # (method, target, bytes of the body). `!`: the two counted other messages. See tests/framing/main.rs.\n",
    );
    for row in rows() {
        let (haproxy, ringmain) = recorded.remove(&row.name).unwrap_or_default();
        let _ = writeln!(text, "{}\n  haproxy  {haproxy}\n  ringmain {ringmain}", row.name);
    }
    std::fs::write(golden(), text).expect("write");
}

/// Rules on answers that open a tunnel, and on answers that rules make look like one: the client learns which of both it is, and
/// a tunnel carries its bytes (RFC 9110, 9.3.6 and 15.2.2).
#[test]
fn tunnels_are_tunnels_for_both_ends() {
    // What a rule does, and how an upgrade and a CONNECT end: the status, and whether bytes come back.
    let table: [(&str, (u16, bool), (u16, bool)); 11] = [
        ("", (101, true), (200, true)),
        ("del-header upgrade", (101, true), (200, true)),
        ("del-header connection", (101, true), (200, true)),
        ("set-header connection close", (101, true), (200, true)),
        ("set-header content-length 5", (101, true), (200, true)),
        ("set-header transfer-encoding chunked", (101, true), (200, true)),
        ("set-header upgrade h2c", (101, true), (200, true)),
        ("set-status 200", (200, false), (200, true)),
        ("set-status 204", (204, false), (204, true)),
        ("set-status 404", (404, false), (404, false)),
        ("set-status 503", (503, false), (503, false)),
    ];
    let mut config = String::from(
        "defaults\n mode http\n timeout client 2s\n timeout server 2s\n timeout connect 2s\n\
         frontend f\n bind \"127.0.10.1:${F1}\"\n http-request set-var(txn.rule) req.hdr(x-rule)\n default_backend b\n",
    );
    for (n, (rule, ..)) in table.iter().enumerate().filter(|(_, row)| !row.0.is_empty()) {
        let _ = writeln!(config, " http-response {rule} if {{ var(txn.rule) -m str s{n} }}");
    }
    config.push_str("backend b\n server a \"${A}\"\n");
    std::thread::scope(|scope| {
        for io in [Io::Epoll, Io::Uring] {
            let config = &config;
            scope.spawn(move || {
                let ground = Ground::new();
                let _proxy = ground.serve(Program::Ringmain(io), 1, config);
                for (n, (rule, upgrade, connect)) in table.into_iter().enumerate() {
                    let ask = |first: &str, fields: &str, end: (u16, bool)| {
                        tunnel(
                            &ground,
                            &format!("{rule}, {first}"),
                            &format!("{first} HTTP/1.1\r\nx-rule: s{n}\r\n{fields}\r\n"),
                            end,
                        )
                    };
                    ask("GET /upgrade", "host: h\r\nconnection: upgrade\r\nupgrade: x\r\n", upgrade);
                    ask("CONNECT h:443", "host: h:443\r\n", connect);
                }
            });
        }
    });
}

fn tunnel(ground: &Ground, what: &str, request: &str, (status, tunnels): (u16, bool)) {
    let exchange = Exchange {
        steps: vec![
            Step::Send(request.into()),
            Step::Pause(Duration::from_millis(50)),
            Step::Send(b"PING".to_vec()),
        ],
        opaque: true,
        patience: Duration::from_millis(400),
        ..Exchange::default()
    };
    let got = common::text(&client::run(ground.front(1), &exchange).rest);
    let (head, behind) = got.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{what}: {got:?}"));
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {got}");
    let fields = head.to_ascii_lowercase();
    let says = |name: &str| fields.contains(&format!("\r\n{name}:"));
    if tunnels {
        assert!(!says("content-length") && !says("transfer-encoding"), "{what}: {got}");
        // What the origin sends behind its head: our bytes again, or a line of its own.
        assert_eq!(behind, if status == 101 { "PING" } else { "A CONNECT h:443 HTTP/1.1\n" }, "{what}");
        let names = says("upgrade") && fields.contains("\r\nconnection: upgrade");
        assert_eq!(status == 101, names, "{what}: {got}");
    } else {
        assert!(says("connection") && fields.contains("connection: close"), "{what}: {got}");
        assert!(behind.is_empty() && (says("content-length") || status == 204), "{what}: {got}");
    }
}
