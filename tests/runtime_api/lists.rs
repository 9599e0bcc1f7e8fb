//! `acl` and `map`: every command beside haproxy, then what requests see.

use std::path::PathBuf;

use crate::common::client::{self, Outcome};
use crate::common::ground::{Ground, scratch};
use crate::common::proxy::Program;
use crate::{BOTH, DEFAULTS, ask, await_socket, same_answers, socket_path, tell, without_pointers};

/// Files that configurations name.
struct Files {
    networks: PathBuf,
    hosts: PathBuf,
    numbers: PathBuf,
    paths: PathBuf,
}

impl Files {
    fn new() -> Files {
        Files {
            networks: scratch(
                "lst",
                "# the bad ones\n10.0.0.0/8\n192.168.1.1\n\n\t 2001:db8::/32\n198.51.100.0/255.255.255.0\n",
            ),
            hosts: scratch("map", "# hosts\nexample.test  one two \nwww.example.test\tthree\n/img  four\n"),
            numbers: scratch("map", "10.0.0.0/8 1\n10.1.0.0/16 2\n2001:db8::/32 3\n"),
            paths: scratch("lst", "/a\n/b\n"),
        }
    }

    /// The configuration, in which the files stand by name.
    fn config(&self, rules: &str, socket: &std::path::Path) -> String {
        let rules = rules
            .replace("NETWORKS", &self.networks.display().to_string())
            .replace("HOSTS", &self.hosts.display().to_string())
            .replace("NUMBERS", &self.numbers.display().to_string())
            .replace("PATHS", &self.paths.display().to_string());
        format!(
            "global\n    nbthread 2\n    stats socket {} level admin\n{DEFAULTS}frontend site\n    bind \"127.0.10.1:${{F1}}\"\n{rules}",
            socket.display()
        )
    }

    /// An answer with the names put in place of paths.
    fn named(&self, answer: &str) -> String {
        let mut answer = answer.to_owned();
        for (path, name) in [
            (&self.networks, "NETWORKS"),
            (&self.hosts, "HOSTS"),
            (&self.numbers, "NUMBERS"),
            (&self.paths, "PATHS"),
        ] {
            answer = answer.replace(&path.display().to_string(), name);
        }
        answer
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        for path in [&self.networks, &self.hosts, &self.numbers, &self.paths] {
            let _ = std::fs::remove_file(path);
        }
    }
}

const RULES: &str = "    acl a1 path_beg /a /b
    acl a2 src -f NETWORKS 9.9.9.9
    acl a2 src -f NETWORKS
    acl a3 hdr_cnt(x) gt 5 le 3 1:9
    acl a4 path_reg -i ^/x
    acl a5 path -i -u 77 AbC
    acl a6 path -m found
    acl a7 always_true
    acl a8 path_end .png .gif
    acl a9 path -M -f HOSTS
    acl a9 hdr_dom(host) example
    acl a9 path -m bin 2f61
    http-request set-header x-m %[req.hdr(host),map(HOSTS,none)]
    http-request set-header x-n %[path,map_beg(HOSTS)]
    http-request set-header x-o %[src,map_ip_int(NUMBERS,7)]
    http-request deny if METH_GET { path /no } or LOCALHOST
    http-request deny if METH_GET { path_len 3:5 }
";

/// Answers as they can be compared: without addresses, and without the lists of haproxy's own HTTP client.
fn comparable(files: &Files, answer: &str) -> String {
    let lines = answer.lines().filter(|l| !l.contains("'httpclient'"));
    // haproxy counts the entries of a file once for each form in which it is searched, and cleared ones below zero.
    let counts_badly = |l: &str| l.contains("pattern loaded from file") || l.contains("() acl 'src'");
    let line = |l: &str| match counts_badly(l) {
        true => l.split(" entry_cnt=").next().unwrap_or_default().to_owned(),
        false => l.to_owned(),
    };
    let text = lines.map(|l| line(l) + "\n").collect::<String>();
    files
        .named(&without_pointers(&text))
        .split(".cfg'")
        .map(|p| p.rsplit_once("file '").map_or(p, |(a, _)| a))
        .collect::<Vec<_>>()
        .join("CFG")
}

const COMMANDS: &[&str] = &[
    "show acl",
    "show map",
    "show acl #0",
    "show acl #1",
    "show acl #2",
    "show acl NETWORKS",
    "show acl #3",
    "show acl #77",
    "show map HOSTS",
    "show map NUMBERS",
    "show map #2",
    "show acl #999",
    "show acl #3x",
    "show acl 3",
    "show acl nowhere",
    "show acl @1",
    "get acl #0 /ab",
    "get acl #0 /c",
    "get acl #0",
    "get acl",
    "get acl NETWORKS 10.1.2.3",
    "get acl NETWORKS 198.51.100.77",
    "get acl NETWORKS 2001:db8::7",
    "get acl NETWORKS ::ffff:10.1.2.3",
    "get acl NETWORKS 2002:0a01:0203::1",
    "get acl NETWORKS 11.1.1.1",
    "get acl #3 7",
    "get acl #3 -1",
    "get acl #4 /X1",
    "get acl #77 ABC",
    "get acl #77 zz",
    "get map HOSTS example.test",
    "get map HOSTS example.testing",
    "get map HOSTS nope",
    "get map NUMBERS 10.1.2.3",
    "get map NUMBERS 10.2.2.3",
    "get map nowhere x",
    "add acl",
    "add acl #0",
    "add acl #0 /zz",
    "add acl #0 /zz /ignored",
    "show acl #0",
    "del acl #0 /zz",
    "show acl #0",
    "del acl #0 /zz",
    "del acl #0",
    "del acl",
    "del acl #0 #0xdeadbeef00",
    "del acl nowhere x",
    "add map #0 a b",
    "show acl #0",
    "add acl NETWORKS notanip",
    "add acl NETWORKS 1.2.3.4/33",
    "add acl NETWORKS 1.2.3.4",
    "get acl NETWORKS 1.2.3.4",
    "del acl NETWORKS 10.0.0.0/8",
    "get acl NETWORKS 10.1.2.3",
    "show acl NETWORKS",
    "add acl #3 x",
    "add acl #3 20:30",
    "add acl #3 30:20",
    "add acl #3 gt 7",
    "show acl #3",
    "get acl #3 25",
    "add acl HOSTS x",
    "add map HOSTS k",
    "add map HOSTS k v w x",
    "get map HOSTS k",
    "set map HOSTS k vv",
    "get map HOSTS k",
    "set map HOSTS nope vv",
    "set map HOSTS #0x5 vv",
    "set map HOSTS k",
    "set map",
    "del map HOSTS k",
    "del map HOSTS k",
    "del map HOSTS",
    "show map HOSTS",
    "add map NUMBERS 192.0.2.0/24 x",
    "add map NUMBERS 192.0.2.0/24 5",
    "set map NUMBERS 192.0.2.0/24 6",
    "get map NUMBERS 192.0.2.9",
    "add map NUMBERS 192.0.2.0/24 8",
    "get map NUMBERS 192.0.2.9",
    "del map NUMBERS 192.0.2.0/24",
    "show map NUMBERS",
    "prepare acl #0",
    "add acl @1 #0 /q",
    "show acl @1 #0",
    "show acl #0",
    "show acl @7 #0",
    "add acl @5 #0 x",
    "prepare acl #0",
    "add acl @2 #0 /r",
    "commit acl @2 #0",
    "show acl #0",
    "show acl @1 #0",
    "get acl #0 /q",
    "get acl #0 /r",
    "commit acl @2 #0",
    "commit acl @1 #0",
    "commit acl @9 #0",
    "commit acl #0",
    "commit acl @1",
    "commit map @1 #0",
    "clear acl @1 #0",
    "clear acl #0",
    "show acl #0",
    "clear acl",
    "clear acl nowhere",
    "clear map #0",
    "clear map",
    "prepare map HOSTS",
    "add map @1 HOSTS a b",
    "show map @1 HOSTS",
    "clear map @1 HOSTS",
    "show map @1 HOSTS",
    "add map @1 HOSTS c d",
    "commit map @1 HOSTS",
    "show map HOSTS",
    "add map @9 HOSTS c d",
    "prepare map nowhere",
    "prepare acl",
    "add acl #1 x;add acl #1 x;show acl #1;del acl #1 x;show acl #1",
    "show acl",
    "show map",
];

/// Answers of one program, one a command.
fn heard(program: Program, files: &Files) -> Vec<String> {
    let (ground, socket) = (Ground::new(), socket_path());
    let _proxy = ground.serve(program, 1, &files.config(RULES, &socket));
    await_socket(&socket);
    let command = |c: &str| {
        c.replace("NETWORKS", &files.networks.display().to_string())
            .replace("HOSTS", &files.hosts.display().to_string())
            .replace("NUMBERS", &files.numbers.display().to_string())
    };
    let answers: Vec<String> =
        COMMANDS.iter().map(|c| comparable(files, &ask(&socket, &command(c)))).collect();
    let _ = std::fs::remove_file(&socket);
    answers
}

#[test]
fn every_command_is_answered_as_by_haproxy() {
    let files = Files::new();
    same_answers(COMMANDS, |program| heard(program, &files));
}

fn request(to: std::net::SocketAddr, path: &str) -> Outcome {
    client::get(to, format!("GET {path} HTTP/1.1\r\nHost: example.test\r\nConnection: close\r\n\r\n"))
}

fn told(outcome: &Outcome) -> String {
    let Some(answer) = outcome.answers.last() else { return "nothing".to_owned() };
    format!("{} {}", answer.head.status(), answer.head.field("location").unwrap_or("-"))
}

const SEEN: &str = "    http-request deny deny_status 429 if { path -f PATHS }
    http-request deny deny_status 410 if { path_beg /gone }
    http-request deny deny_status 401 if { src -f NETWORKS }
    http-request redirect location /to/%[path,map_beg(HOSTS,none)]
";

/// What is changed holds for the next request, in every thread.
#[test]
fn requests_see_the_lists_as_they_are() {
    let files = Files::new();
    let mut heard = Vec::new();
    for program in [Program::Haproxy, BOTH[0], BOTH[1]] {
        let (ground, socket) = (Ground::new(), socket_path());
        let _proxy = ground.serve(program, 1, &files.config(SEEN, &socket));
        await_socket(&socket);
        let (paths, hosts, networks) =
            (files.paths.display(), files.hosts.display(), files.networks.display());
        let mut seen = Vec::new();
        let mut step = |line: String, requests: &[&str]| {
            let said = if line.is_empty() { String::new() } else { tell(&socket, &line) };
            for path in requests {
                // Several, so that each thread is asked.
                let all: Vec<String> = (0..6).map(|_| told(&request(ground.front(1), path))).collect();
                assert!(all.iter().all(|a| *a == all[0]), "{}: {line}: {path}: {all:?}", program.name());
                seen.push(format!("{line:?} {said:?} {path}: {}", all[0]));
            }
        };
        step(String::new(), &["/a", "/gone/x", "/img/x", "/other"]);
        step(format!("add acl {paths} /other\n"), &["/a", "/other"]);
        step(format!("del acl {paths} /a\n"), &["/a", "/other", "/gone/x"]);
        step("clear acl #1\n".to_owned(), &["/gone/x"]);
        step("add acl #1 /goner\n".to_owned(), &["/gone/x", "/goner"]);
        step(format!("set map {hosts} /img five\n"), &["/img/x"]);
        step(format!("add map {hosts} <<\n/img/large six\n/a seven\n\n"), &["/img/x", "/img/large/x", "/a"]);
        step(format!("prepare map {hosts};add map @1 {hosts} /img new\n"), &["/img/x"]);
        step(format!("commit map @1 {hosts}\n"), &["/img/x", "/a"]);
        step(format!("add acl {networks} 127.0.0.0/8\n"), &["/img/x"]);
        step(format!("clear acl {networks}\n"), &["/img/x"]);
        let _ = std::fs::remove_file(&socket);
        heard.push((program, seen));
    }
    let (_, wanted) = heard.remove(0);
    assert!(wanted.iter().any(|l| l.ends_with("302 /to/six")) && wanted.iter().any(|l| l.ends_with("401 -")));
    for (program, seen) in heard {
        assert_eq!(seen, wanted, "{}", program.name());
    }
}

/// A new version of ten thousand networks, while requests pass: one change, soon, and the old ones are gone.
#[test]
fn ten_thousand_networks_come_into_force_at_once() {
    let files = Files::new();
    for program in BOTH {
        let (ground, socket) = (Ground::new(), socket_path());
        let _proxy = ground.serve(program, 1, &files.config(SEEN, &socket));
        await_socket(&socket);
        let networks = files.networks.display();
        assert_eq!(ask(&socket, &format!("prepare acl {networks}")), "New version created: 1\n\n");
        for part in 0..20 {
            let lines: Vec<String> = (0..500)
                .map(|n| format!("add acl @1 {networks} 172.{}.{}.{}/32", 16 + part % 16, part, n % 250))
                .collect();
            let said = ask(&socket, &lines.join("\n"));
            assert!(said == "\n".repeat(500), "{}: {}", program.name(), said.trim());
        }
        ask(&socket, &format!("add acl @1 {networks} 127.0.0.0/8"));
        assert_eq!(told(&request(ground.front(1), "/img/x")), "302 /to/four");
        assert_eq!(ask(&socket, &format!("commit acl @1 {networks}")), "\n");
        assert_eq!(told(&request(ground.front(1), "/img/x")), "401 -");
        let shown = ask(&socket, &format!("show acl {networks}"));
        assert_eq!(shown.lines().filter(|l| !l.is_empty()).count(), 10_001);
        assert!(ask(&socket, &format!("get acl {networks} 10.1.2.3")).contains("match=no"));
        let _ = std::fs::remove_file(&socket);
    }
}
