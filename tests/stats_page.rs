//! The statistics page beside Debian's haproxy: who may see it, where it is, its CSV, and what its form does. Both I/O modes.

mod common;

use std::fmt::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use common::client::{self, Outcome};
use common::ground::{Ground, file, scratch};
use common::proxy::{Io, Program, Proxy};

const PROGRAMS: [Program; 3] = [Program::Haproxy, Program::Ringmain(Io::Epoll), Program::Ringmain(Io::Uring)];

const FILE: &str = "global
    stats socket SOCKET mode 600 level admin
    node edge1
    description the edge
defaults
    mode http
    timeout connect 2s
    timeout client 5s
    timeout server 5s
frontend web
    bind 127.0.10.1:${F1}
    stats uri /lb?stats
    stats realm Site\\ figures
    stats auth ops:se:cret
    stats auth other:pass
    stats admin if TRUE
    stats refresh 7s
    stats show-legends
    stats show-node
    stats show-desc
    default_backend app
frontend readers
    bind 127.0.10.1:${F2}
    stats enable
    stats hide-version
    stats scope app
    stats scope .
    default_backend own
listen both
    bind 127.0.10.1:${F3}
    stats uri /s
    stats http-request deny if { hdr(x-who) nobody }
    stats http-request allow if { hdr(x-who) friend }
    stats http-request auth realm Other
    server b1 ${A}
backend app
    cookie SRV insert
    server good ${A} cookie g
    server bad ${DEAD} check inter 100ms fall 1
    server spare ${B} backup weight 3
backend own
    stats uri /own
    stats admin if { src 127.0.10.50 }
    http-request deny if { path /own/never }
    server o1 ${A}
    server o2 ${B} disabled
";

struct Stand {
    proxy: Proxy,
    socket: std::path::PathBuf,
    ground: Ground,
}

fn start(program: Program) -> Stand {
    let ground = Ground::new();
    let socket = scratch("sock", "");
    let _ = std::fs::remove_file(&socket);
    let config = file(&FILE.replace("SOCKET", &socket.display().to_string()));
    let ready = [ground.front(1), ground.front(2), ground.front(3)];
    let proxy = Proxy::start(program, &config, &ground.env, &ready);
    let stand = Stand { proxy, socket, ground };
    let until = Instant::now() + Duration::from_secs(10);
    // The control thread makes its socket a moment after the first listener answers.
    while std::os::unix::net::UnixStream::connect(&stand.socket).is_err() {
        assert!(Instant::now() < until, "no socket: {}", stand.proxy.errors());
        std::thread::sleep(Duration::from_millis(10));
    }
    while state(&stand, "bad") != "DOWN" {
        assert!(Instant::now() < until, "the dead server is not seen as down: {}", stand.proxy.errors());
        std::thread::sleep(Duration::from_millis(20));
    }
    stand
}

fn ask(stand: &Stand, command: &str) -> String {
    common::socket::ask(&stand.socket, command)
}

fn state(stand: &Stand, server: &str) -> String {
    let stat = ask(stand, "show stat");
    let line = stat.lines().find(|l| l.split(',').nth(1) == Some(server));
    line.and_then(|l| l.split(',').nth(17)).unwrap_or("").to_owned()
}

/// Base64 of `name:password`, made once by hand.
const OPS: &str = "Authorization: Basic b3BzOnNlOmNyZXQ=\r\n";
const OTHER: &str = "Authorization: Basic b3RoZXI6cGFzcw==\r\n";
const WRONG: &str = "Authorization: Basic b3BzOndyb25n\r\n";

fn get(to: SocketAddr, target: &str, fields: &str) -> Outcome {
    client::get(to, format!("GET {target} HTTP/1.1\r\nHost: h\r\n{fields}Connection: close\r\n\r\n"))
}

fn post(to: SocketAddr, target: &str, fields: &str, form: &str) -> Outcome {
    let len = form.len();
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: h\r\n{fields}Content-Length: {len}\r\nConnection: close\r\n\r\n"
    );
    client::get(to, head + form)
}

/// What is compared of an answer: its status, and the fields that both programs mean.
fn shown(outcome: &Outcome) -> String {
    let Some(answer) = outcome.answers.last() else { return format!("no answer: {:?}", outcome.end) };
    let mut text = answer.head.line.clone();
    for name in ["www-authenticate", "location", "refresh", "cache-control"] {
        if let Some(value) = answer.head.field(name) {
            let _ = write!(text, " | {name}: {value}");
        }
    }
    text
}

fn body(outcome: &Outcome) -> String {
    let bytes = &outcome.answers.last().expect("an answer").body.bytes;
    String::from_utf8(bytes.clone()).expect("a page in UTF-8")
}

#[test]
fn who_may_see_it_and_what_its_form_does_is_as_with_haproxy() {
    let rows = |program: Program| -> Vec<String> {
        let stand = start(program);
        let front = |n| stand.ground.front(n);
        let mut rows = Vec::new();
        let mut row = |what: &str, outcome: &Outcome| rows.push(format!("{what}: {}", shown(outcome)));
        for (what, fields) in [
            ("nobody", ""),
            ("wrong", WRONG),
            ("ops", OPS),
            ("other", OTHER),
            ("junk", "Authorization: x\r\n"),
        ] {
            row(what, &get(front(1), "/lb?stats;csv", fields));
        }
        row("another target", &get(front(1), "/lb", ""));
        row("norefresh", &get(front(1), "/lb?stats;csv;norefresh", OPS));
        row("default uri", &get(front(2), "/haproxy?stats;csv", ""));
        for who in ["nobody", "friend", "somebody"] {
            row(who, &get(front(3), "/s;csv", &format!("X-Who: {who}\r\n")));
        }
        row("backend's", &get(front(2), "/own;csv", ""));
        row("rules first", &get(front(2), "/own/never", ""));
        let own = ask(&stand, "show stat")
            .lines()
            .find(|l| l.starts_with("own,BACKEND"))
            .and_then(|l| l.split(',').nth(27).map(str::to_owned))
            .expect("an id");
        let app = ask(&stand, "show stat")
            .lines()
            .find(|l| l.starts_with("app,BACKEND"))
            .and_then(|l| l.split(',').nth(27).map(str::to_owned))
            .expect("an id");
        let form = |servers: &str, action: &str, id: &str| format!("{servers}&action={action}&b=%23{id}");
        let to_own = |form: &str| post(front(2), "/own", "", form);
        row("drain", &to_own(&form("s=o1", "drain", &own)));
        rows.push(format!("o1 is {}", state(&stand, "o1")));
        let mut row = |what: &str, outcome: &Outcome| rows.push(format!("{what}: {}", shown(outcome)));
        row("ready both", &to_own(&form("s=o1&s=o2", "ready", &own)));
        row("one unknown", &to_own(&form("s=o1&s=nobody", "maint", &own)));
        row("unknown", &to_own(&form("s=nobody", "maint", &own)));
        row("no server", &to_own(&form("x=1", "maint", &own)));
        row("no such action", &to_own(&form("s=o1", "explode", &own)));
        row("no such backend", &to_own(&form("s=o1", "ready", "99")));
        row("by name", &to_own("s=o1&action=ready&b=own"));
        row("junk", &to_own("junk"));
        row("read only", &post(front(2), "/haproxy?stats", "", &form("s=good", "drain", &app)));
        row("keeps the view", &post(front(2), "/own;up", "", &form("s=o1", "ready", &own)));
        row("checks off", &post(front(1), "/lb?stats", OPS, &form("s=bad", "dhlth", &app)));
        row("forced", &post(front(1), "/lb?stats", OPS, &form("s=good", "hdown", &app)));
        rows.push(format!(
            "good is {}, o1 is {}, o2 is {}",
            state(&stand, "good"),
            state(&stand, "o1"),
            state(&stand, "o2")
        ));
        rows
    };
    let all: Vec<Vec<String>> = std::thread::scope(|scope| {
        let runs: Vec<_> = PROGRAMS.map(|p| scope.spawn(move || rows(p))).into_iter().collect();
        runs.into_iter().map(|r| r.join().expect("a run")).collect()
    });
    for (program, rows) in PROGRAMS.iter().zip(&all).skip(1) {
        assert_eq!(rows, &all[0], "{}", program.name());
    }
    assert!(all[0].len() > 25);
}

#[test]
fn the_csv_of_the_page_is_that_of_the_socket() {
    for program in PROGRAMS {
        let stand = start(program);
        let names = |csv: &str| -> Vec<String> {
            csv.lines()
                .filter(|l| !l.is_empty())
                .map(|l| l.split(',').take(2).collect::<Vec<_>>().join("/"))
                .collect()
        };
        let page = body(&get(stand.ground.front(1), "/lb?stats;csv", OPS));
        assert_eq!(names(&page), names(&ask(&stand, "show stat")), "{}", program.name());
        let json = body(&get(stand.ground.front(1), "/lb?stats;json", OPS));
        assert_eq!(shape(&json), shape(&ask(&stand, "show stat json")), "{}", program.name());
        assert!(shape(&json).contains(",[") && json.contains("\"svname\""), "{json}");
        let schema = body(&get(stand.ground.front(1), "/lb?stats;json-schema", OPS));
        assert_eq!(schema.trim(), ask(&stand, "show schema json").trim(), "{}", program.name());
        // `scope`: the names given, and the page's own proxy.
        let page = body(&get(stand.ground.front(2), "/haproxy?stats;csv", ""));
        let wanted =
            ["# pxname/svname", "readers/FRONTEND", "app/good", "app/bad", "app/spare", "app/BACKEND"];
        assert_eq!(names(&page), wanted, "{}", program.name());
        let page = body(&get(stand.ground.front(2), "/own;csv;up", ""));
        let seen = names(&page);
        assert!(!seen.iter().any(|n| n == "app/bad" || n == "own/o2"), "{}: {seen:?}", program.name());
    }
}

/// The brackets and names of some JSON, without its figures.
fn shape(json: &str) -> String {
    let mut text = String::new();
    for piece in json.trim().split("\"value\":{") {
        text.push_str(piece.split_once('}').map_or(piece, |(_, rest)| rest));
        text.push('\n');
    }
    text
}

#[test]
fn the_page_shows_the_truth_and_nothing_from_outside() {
    if Program::is_understudied() {
        return;
    }
    for program in PROGRAMS.into_iter().skip(1) {
        let stand = start(program);
        for _ in 0..5 {
            assert_eq!(get(stand.ground.front(1), "/", "").statuses(), [200]);
        }
        let outcome = get(stand.ground.front(1), "/lb?stats", OPS);
        let page = body(&outcome);
        for part in [
            "Statistics Report for pid",
            " on edge1: the edge",
            "<tr id=\"app/bad\" class=\"active_down\"",
            "<tr id=\"app/spare\" class=\"backup_no_check\"",
            "cookie: &#39;g&#39;",
            "@media print",
            "name=\"s\" value=\"good\"",
            "<meta http-equiv=\"refresh\" content=\"7\">",
        ] {
            assert!(page.contains(part), "no {part:?} in {page}");
        }
        let good =
            page.split("<tr id=\"app/good\"").nth(1).and_then(|r| r.split("</tr>").next()).expect("a row");
        assert!(
            good.contains(">5<span role=\"tooltip\"><b>Sessions<i>5</i></b>"),
            "five requests went there: {good}"
        );
        assert!(!page.contains("http://") && !page.contains("https://"), "a link leads outside");
        let policy =
            outcome.answers.last().and_then(|a| a.head.field("content-security-policy")).expect("a policy");
        let nonce = policy.split("'nonce-").nth(1).and_then(|n| n.split('\'').next()).expect("a nonce");
        assert!(page.contains(&format!("<script nonce=\"{nonce}\">")), "{policy}");
        // Whoever may not change servers is not shown the form, and a version that is to be hidden is nowhere.
        let page = body(&get(stand.ground.front(2), "/haproxy?stats", ""));
        assert!(
            !page.contains("<form method=\"post\"") && !page.contains(env!("CARGO_PKG_VERSION")),
            "{page}"
        );
        // Another site's page sends the operator's browser here: nothing is changed.
        let own = "s=o1&action=maint&b=own";
        for fields in ["Origin: http://evil.test\r\n", "Sec-Fetch-Site: cross-site\r\n"] {
            let outcome = post(stand.ground.front(2), "/own", fields, own);
            assert!(shown(&outcome).contains("st=DENY"), "{}", shown(&outcome));
        }
        assert_eq!(state(&stand, "o1"), "no check");
        let outcome =
            post(stand.ground.front(2), "/own", "Origin: http://h\r\nSec-Fetch-Site: same-origin\r\n", own);
        assert!(shown(&outcome).contains("st=DONE"), "{}", shown(&outcome));
        assert_eq!(state(&stand, "o1"), "MAINT");
    }
}

#[test]
fn a_page_of_thousands_of_servers_comes_in_pieces_while_traffic_passes() {
    if Program::is_understudied() {
        return;
    }
    const SERVERS: usize = 3_000;
    for program in PROGRAMS.into_iter().skip(1) {
        let ground = Ground::new();
        let mut config = "defaults\n    mode http\n    timeout connect 2s\n    timeout client 10s\n    timeout server 5s\n\
                          frontend web\n    bind 127.0.10.1:${F1}\n    stats uri /s\n    default_backend app\n\
                          backend app\n    server first ${A}\nbackend many\n"
            .to_owned();
        for n in 0..SERVERS {
            let _ = writeln!(config, "    server n{n} 127.0.10.11:{}", 10_000 + n);
        }
        let _proxy = Proxy::start(program, &file(&config), &ground.env, &[ground.front(1)]);
        let front = ground.front(1);
        let page = std::thread::spawn(move || {
            // Somebody who reads slowly: the page waits, nobody else does.
            use std::io::{Read, Write};
            let mut stream = client::connect(front, common::CLIENT).expect("connect");
            stream.write_all(b"GET /s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").expect("ask");
            let (mut page, mut room) = (Vec::new(), vec![0; 64 * 1_024]);
            loop {
                let n = stream.read(&mut room).expect("the page");
                if n == 0 {
                    return page;
                }
                page.extend_from_slice(&room[..n]);
                if page.len() < 2_000_000 {
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        });
        let mut passed = 0;
        while !page.is_finished() {
            assert_eq!(get(front, "/", "").statuses(), [200], "{}", program.name());
            passed += 1;
        }
        let page = String::from_utf8_lossy(&page.join().expect("the page")).into_owned();
        assert!(passed > 3, "{passed}");
        for n in [0, SERVERS / 2, SERVERS - 1] {
            assert!(page.contains(&format!("<tr id=\"many/n{n}\"")), "server {n} is missing");
        }
        assert!(page.ends_with("</html>\n\r\n0\r\n\r\n"), "{:?}", &page[page.len().saturating_sub(40)..]);
    }
}
