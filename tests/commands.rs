//! Ringmain's own commands, which haproxy does not have: `explain` and `demo`.

mod common;

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::ground::file;
use common::ports::Port;
use common::proxy::{Io, Program};

const RINGMAIN: Program = Program::Ringmain(Io::Epoll);

const FILE: &str = "defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend site
    bind 127.0.10.1:18096
    option forwardfor
    acl is_img path_beg /img/
    http-request deny deny_status 429 if { hdr(x-flood) yes }
    http-request set-header x-seen yes if { method POST }
    use_backend images if is_img
    default_backend pages
backend images
    server i1 127.0.10.11:1
    server i2 127.0.10.11:2
backend pages
    acl internal src 10.0.0.0/8
    http-request deny if !internal { path /admin }
    server p1 127.0.10.11:3
";

/// What `explain` prints about a request; it needs no network and no privilege.
fn explain(args: &[&str]) -> String {
    let path = file(FILE).display().to_string();
    let args = [&["explain", "-f", &path], args].concat();
    let out = RINGMAIN.run(args.iter().copied(), &[], Duration::from_secs(5));
    let said = format!("{}{}", common::text(&out.stdout), common::text(&out.stderr));
    assert_eq!(out.status.code(), Some(0), "{args:?}:\n{said}");
    said.replace(&path, "FILE")
}

fn says(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "should say {part:?}:\n{said}");
    }
}

#[test]
fn explain_shows_rules_backend_servers_and_headers() {
    if Program::is_understudied() {
        return;
    }
    let said = explain(&["GET http://example.test/img/a.png"]);
    says(&said, &["FILE:12", "images", "i1", "i2", "x-forwarded-for"]);
    assert!(!said.contains("p1"), "the other backend's server is no candidate:\n{said}");

    let said = explain(&["GET http://example.test/x", "--header", "X-Flood: yes"]);
    says(&said, &["FILE:10", "429"]);

    let said = explain(&["http://example.test/x", "--method", "POST"]);
    says(&said, &["FILE:11", "x-seen", "pages", "p1"]);

    let said = explain(&["GET http://example.test/admin", "--src", "192.0.2.1"]);
    says(&said, &["FILE:19", "403"]);
    let said = explain(&["GET http://example.test/admin", "--src", "10.1.2.3"]);
    says(&said, &["pages", "p1"]);
}

#[test]
fn explain_knows_the_request_line_as_it_came() {
    if Program::is_understudied() {
        return;
    }
    let rules = "    http-request set-path /new\n    http-request set-header X-Came %[capture.req.uri]|%HM\n    use_backend";
    let path = file(&FILE.replacen("    use_backend", rules, 1)).display().to_string();
    let out =
        RINGMAIN.run(["explain", "-f", &path, "GET http://example.test/old?q"], &[], Duration::from_secs(5));
    says(&common::text(&out.stdout), &["x-came: /old?q|GET", "GET /new?q"]);
}

#[test]
fn explain_of_a_bad_file_says_what_is_wrong() {
    if Program::is_understudied() {
        return;
    }
    let path = file(&FILE.replace("use_backend", "usebackend")).display().to_string();
    let out = RINGMAIN.run(["explain", "-f", &path, "GET http://a/"], &[], Duration::from_secs(5));
    assert_eq!(out.status.code(), Some(1));
    says(&common::text(&out.stderr), &["unknown keyword 'usebackend'"]);
}

/// The demonstration serves its pages, puts a load on itself and ends by itself.
#[test]
fn demo_serves_and_ends() {
    if Program::is_understudied() {
        return;
    }
    // Held meanwhile, so that no other test is given it.
    let held = Port::reserve(std::net::Ipv4Addr::UNSPECIFIED.into());
    let port = held.addr.port().to_string();
    let began = Instant::now();
    let mut child = RINGMAIN
        .command()
        .args(["demo", "--port", &port, "--seconds", "2"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("start");
    let mut said = String::new();
    let mut fetched = 0;
    for line in BufReader::new(child.stdout.take().expect("stdout")).split(b'\n').map_while(Result::ok) {
        let line = common::text(&line);
        if let Some(at) = line.find("http://").filter(|_| fetched == 0) {
            let url: String = line[at..].chars().take_while(|c| !c.is_whitespace()).collect();
            let out = std::process::Command::new("curl")
                .args(["-sS", "-o", "/dev/null", "-w", "%{http_code}", &url])
                .output();
            assert_eq!(common::text(&out.expect("curl").stdout), "200", "{url}");
            fetched += 1;
        }
        said.push_str(&line);
        said.push('\n');
    }
    let status = child.wait().expect("wait");
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(fetched == 1 && said.contains(&port), "it prints the pages' addresses:\n{said}");
    assert!(began.elapsed() < Duration::from_secs(30), "it took {:?}", began.elapsed());
}
