//! Algorithms that hash something of the request.

use crate::compare;
use crate::stage::{Step, ask, clients, get, tell};

const METHODS: [&str; 2] = ["map-based", "consistent"];
const FUNCTIONS: [&str; 4] = ["sdbm", "djb2", "wt6", "crc32"];
const KEYS: usize = 1_000;

/// Keys of many lengths and letters, the same in every run.
fn keys() -> Vec<String> {
    (0..KEYS as u64)
        .map(|n| {
            let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            match n % 4 {
                0 => format!("user{n}"),
                1 => format!("{mixed:x}"),
                2 => format!("/a/{}/{}", n / 7, "xyz".repeat((mixed % 9) as usize)),
                _ => format!("{}", (b'a' + (n % 26) as u8) as char).repeat(1 + (n % 40) as usize),
            }
        })
        .collect()
}

/// Every method × function × modifier, while weights change, servers go, backups take over and all come back.
#[test]
fn every_function_gives_haproxys_server() {
    let (mut backends, mut names) = (String::new(), Vec::new());
    for method in METHODS {
        for function in FUNCTIONS {
            for modifier in ["", "avalanche"] {
                let name = format!("{method}-{function}-{modifier}");
                backends.push_str(&format!(
                    "backend {name}\n    balance hdr(key)\n    hash-type {method} {function} {modifier}
    server s0 \"${{S0}}\" weight 10\n    server s1 \"${{S1}}\" weight 20\n    server s2 \"${{S2}}\" weight 6
    server s3 \"${{S3}}\" weight 10\n    server s4 \"${{S4}}\" weight 3 backup\n    server s5 \"${{S5}}\" weight 4 backup\n"
                ));
                names.push(name);
            }
        }
    }
    let requests: Vec<String> = keys().iter().map(|key| get("/", &format!("Key: {key}\r\n"))).collect();
    let changes: [&[&str]; 7] = [
        &[],
        &["weight s1 256", "weight s3 1"],
        &["state s0 maint"],
        &["weight s2 0", "state s1 drain"],
        &["state s3 maint"],
        &["state s4 maint"],
        &[
            "state s4 ready",
            "state s0 ready",
            "state s1 ready",
            "state s3 ready",
            "weight s2 6",
            "weight s1 20",
        ],
    ];
    let mut script = Vec::new();
    for change in changes {
        for name in &names {
            for words in change {
                let words: Vec<&str> = words.split(' ').collect();
                script.push(tell(&format!("set server {name}/{} {} {}", words[1], words[0], words[2])));
            }
            script.push(ask(name, requests.clone()));
        }
    }
    let said = compare(&backends, &script);
    let used = |server: char| said.iter().any(|s| s.contains(server) && s.len() == KEYS);
    assert!(('0'..='4').all(used), "all servers take part");
}

/// Every kind of key and its arguments.
#[test]
fn every_key_is_haproxys() {
    let algorithms = [
        ("uri", "uri"),
        ("uri-len", "uri len 9"),
        ("uri-depth", "uri depth 2"),
        ("uri-both", "uri depth 3 len 12"),
        ("uri-whole", "uri whole"),
        ("uri-whole-depth", "uri whole depth 4"),
        ("uri-path", "uri path-only"),
        ("uri-path-whole", "uri path-only whole len 14"),
        ("param", "url_param id"),
        ("param-post", "url_param id check_post"),
        ("host", "hdr(host)"),
        ("domain", "hdr(Key) use_domain_only"),
        ("field", "hdr(Key)"),
        ("expr-path", "hash path"),
        ("expr-lower", "hash req.hdr(key),lower"),
        ("expr-src", "hash src"),
        ("expr-int", "hash int(7),add(3)"),
        ("expr-method", "hash method"),
        ("expr-bool", "hash always_true"),
        ("expr-none", "hash req.hdr(none)"),
        ("expr-port", "hash url_param(id),field(1,-)"),
    ];
    let (mut backends, mut script) = (String::new(), Vec::new());
    let mut requests = Vec::new();
    for target in [
        "/",
        "/a",
        "/a/b/c/d?x=1",
        "/a/b/c/e?x=1",
        "/a?id=7&x=/y/z",
        "/a?x=1&id=8",
        "/a?id=",
        "/a?id",
        "/a?xid=1",
        "/a?id=1&id=2",
        "/a/?id=5;x=1",
        "//a//b",
        "/a?b/c/d/e/f",
        "/12345678?",
        "/a;id=4?z",
        "/a?q=id=3",
        "/a?Id=3",
        "*",
        "http://h/abs/path?id=9",
        "http://h/",
        "/abs/path?id=%37",
        "/a?id=x-1",
    ] {
        if target != "*" {
            requests.push(get(target, ""));
        }
    }
    for value in [
        "www.example.com",
        "example.com",
        "com",
        "a.b.c.d.e",
        ".com",
        "www.",
        "..",
        "a..b",
        "",
        " , b",
        "a, b",
        "a,b",
        "\"x,y\",z",
        "\"a\\\",b\",c",
        ",a",
        "A.Example.COM",
        "  spaced  ",
        "1.2.3.4:80",
    ] {
        requests.push(get("/", &format!("Key: {value}\r\n")));
        requests.push(get("/", &format!("Other: x\r\nKEY: {value}\r\nkey: second\r\n")));
    }
    for body in [
        "id=4",
        "x=1&id=5&y=2",
        "id=5 ",
        "id= 5",
        "id=\r\nx",
        "id=",
        "xid=3",
        "id",
        "id=\u{1}x",
        "id=%41/x",
        "",
    ] {
        for (method, target) in [("POST", "/p"), ("POST", "/p?id=7"), ("PUT", "/p")] {
            let len = body.len();
            requests.push(format!(
                "{method} {target} HTTP/1.1\r\nHost: h\r\nContent-Length: {len}\r\n\r\n{body}"
            ));
        }
    }
    for body in ["4\r\nid=4\r\n0\r\n\r\n", "3\r\nx=1\r\n6\r\n&id=55\r\n0\r\n\r\n"] {
        requests.push(format!("POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{body}"));
    }
    for n in 0..60 {
        requests.push(get(
            &format!("/dir{}/sub{}/page{n}?id={n}", n % 5, n % 7),
            &format!("Key: k{n}.example{}.org\r\n", n % 9),
        ));
    }
    for (name, line) in algorithms {
        for method in METHODS {
            let name = format!("{name}-{method}");
            backends.push_str(&format!(
                "backend {name}\n    balance {line}\n    hash-type {method}\n    server s0 \"${{S0}}\" weight 3
    server s1 \"${{S1}}\" weight 7\n    server s2 \"${{S2}}\"\n    server s3 \"${{S3}}\" weight 2\n"
            ));
            script.push(ask(&name, requests.clone()));
        }
    }
    compare(&backends, &script);
}

/// Clients are known by their address.
#[test]
fn the_source_is_haproxys() {
    let (mut backends, mut script) = (String::new(), Vec::new());
    for (name, line) in [
        ("plain", "map-based"),
        ("spread", "map-based wt6 avalanche"),
        ("ring", "consistent"),
        ("bare", "consistent sdbm"),
    ] {
        backends.push_str(&format!(
            "backend {name}\n    balance source\n    hash-type {line}\n    server s0 \"${{S0}}\"\n    server s1 \"${{S1}}\" weight 2
    server s2 \"${{S2}}\"\n"
        ));
        script.push(Step::From { backend: name.to_owned(), clients: clients(120) });
        script.push(tell(&format!("set server {name}/s1 state maint")));
        script.push(Step::From { backend: name.to_owned(), clients: clients(60) });
    }
    compare(&backends, &script);
}
