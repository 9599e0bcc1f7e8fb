//! `show sess` and `shutdown session` beside haproxy: sessions that stand at different places, each line compared field by
//! field where a field means the same to both.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use crate::common::ground::Ground;
use crate::common::proxy::Program;
use crate::common::{self, PATIENCE, client, eventually};
use crate::{BOTH, ask, await_socket, socket_path, tell};

const CONFIG: &str = "
defaults
    mode http
    timeout connect 30s
    timeout client 40s
    timeout server 50s
    timeout queue 60s
    timeout tarpit 70s
frontend site
    bind \"127.0.10.1:${F1}\"
    http-request tarpit if { path /tarpit }
    use_backend one if { path_beg /one }
    use_backend hole if { path /hole }
    default_backend farm
backend farm
    server a ${A}
backend one
    server o ${B} maxconn 1
backend hole
    server h ${HOLE}
listen raw
    mode tcp
    bind \"127.0.10.1:${F2}\"
    server e ${ECHO}
";

/// A client that has sent something and stays.
struct Client {
    stream: TcpStream,
    addr: SocketAddr,
}

impl Client {
    fn open(to: SocketAddr, bytes: &str) -> Client {
        let mut stream = client::connect(to, common::CLIENT).expect("connect");
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        stream.write_all(bytes.as_bytes()).expect("send");
        let addr = stream.local_addr().expect("bound");
        Client { stream, addr }
    }

    fn asks(to: SocketAddr, path: &str) -> Client {
        Client::open(to, &format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"))
    }

    /// Waits until so many bytes have come.
    fn take(&mut self, count: usize) {
        self.stream.read_exact(&mut vec![0; count]).expect("bytes");
    }

    /// Its line, once there is one that holds this.
    fn line(&self, socket: &Path, holds: &str) -> String {
        let (mine, mut line) = (format!(" src={} ", self.addr), None);
        let found = eventually(|| {
            let all = ask(socket, "show sess");
            line = all.lines().find(|l| l.contains(&mine) && l.contains(holds)).map(str::to_owned);
            line.is_some()
        });
        assert!(found, "no line of {} with {holds:?} in {}", self.addr, ask(socket, "show sess"));
        line.expect("found")
    }

    fn id(&self, socket: &Path, holds: &str) -> String {
        self.line(socket, holds).split(':').next().expect("an id").to_owned()
    }

    /// All until the end of the connection.
    fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let _ = self.stream.read_to_end(&mut rest);
        common::text(&rest)
    }
}

fn with_proxy(program: Program, threads: usize, f: impl FnOnce(&Ground, &Path)) {
    let (ground, socket) = (Ground::new(), socket_path());
    let config = format!(
        "global\n    nbthread {threads}\n    stats socket {} mode 600 level admin\n{CONFIG}",
        socket.display()
    );
    let _proxy = ground.serve(program, 2, &config);
    await_socket(&socket);
    f(&ground, &socket);
    let _ = std::fs::remove_file(&socket);
}

/// What a line says that both programs must say: no ids, no flags of a program's own, no counts of its tasks. Of times it
/// counts whether they run; those of the two directions of a TCP connection Ringmain knows together only (`exp`).
fn said(line: &str) -> Vec<String> {
    let inner = line.split_once(": ").expect("an id").1;
    let side = regex::Regex::new(r"(sc[fb])=\[(\d+),[0-9a-f]+h,fd=-?\d+\]").expect("good");
    // `rq[f=…,i=0,…]` is several fields.
    let flat = side.replace_all(inner, "$1=$2").replace(['[', ']', ' '], ",");
    let own = ["src=", "ts=", "epoch=", "age=", "calls=", "rate=", "cpu=", "lat=", "f=", "i="];
    let tcp = inner.contains("fe=raw ");
    let differs =
        |field: &str| own.iter().any(|name| field.starts_with(name)) || tcp && field.starts_with("rx=");
    let keep = |field: &&str| !field.is_empty() && !differs(field);
    flat.split(',')
        .filter(keep)
        .map(|field| match field.split_once('=') {
            Some((name @ ("rx" | "wx" | "ax" | "c_exp" | "exp"), time)) => {
                format!("{name}={}", !time.is_empty())
            }
            _ => field.to_owned(),
        })
        .collect()
}

/// Sessions at all their places: what `show sess` says of each.
fn lines(program: Program) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    with_proxy(program, 1, |ground, socket| {
        let (site, raw) = (ground.front(1), ground.front(2));
        let waits = Client::asks(site, "/slow/8000");
        all.push(("waits for an answer", waits.line(socket, "an=1400000h")));
        let mut body = Client::asks(site, "/slowbody/8000");
        body.take(30);
        all.push(("an answer passes", body.line(socket, "an=4000000h")));
        let held = Client::open(site, "GET /one HTTP/1.1\r\nHost: a\r\nX-Do: slow/8000\r\n\r\n");
        held.line(socket, "be=one ");
        let queued = Client::asks(site, "/one");
        all.push(("waits in the queue", queued.line(socket, "scb=[2,")));
        let hole = Client::asks(site, "/hole");
        all.push(("is being connected", hole.line(socket, "be=hole srv=h ")));
        let tarpit = Client::asks(site, "/tarpit");
        all.push(("is kept waiting", tarpit.line(socket, "an=200h")));
        let mut tcp = Client::open(raw, "hello");
        tcp.take(5);
        all.push(("TCP", tcp.line(socket, "srv=e ")));
        // One that has asked nothing yet, one whose answer has gone: no session.
        let (idle, mut served) = (Client::open(site, ""), Client::asks(site, "/len/5"));
        served.take(40);
        let gone = eventually(|| {
            let list = ask(socket, "show sess");
            ![idle.addr, served.addr].iter().any(|addr| list.contains(&format!(" src={addr} ")))
        });
        assert!(gone, "{}", program.name());
    });
    all
}

#[test]
fn sessions_are_listed_as_haproxy_lists_them() {
    let wanted = lines(Program::Haproxy);
    for program in BOTH {
        for ((place, theirs), (_, ours)) in wanted.iter().zip(lines(program)) {
            assert_eq!(
                said(&ours),
                said(theirs),
                "{}, a session that {place}:\n{theirs}\n{ours}",
                program.name()
            );
        }
    }
}

/// The lines of the long form that mean the same to both.
fn long(program: Program) -> Vec<String> {
    let mut lines = Vec::new();
    with_proxy(program, 1, |ground, socket| {
        let mut tcp = Client::open(ground.front(2), "hello");
        tcp.take(5);
        let id = tcp.id(socket, "srv=e ");
        let text = ask(socket, &format!("show sess {id}"));
        assert!(ask(socket, "show sess all").contains(&id), "{}", program.name());
        let head = text.lines().next().unwrap_or_default();
        assert!(
            head.starts_with(&format!("{id}: [")) && head.contains(&format!("source={}", tcp.addr)),
            "{head}"
        );
        let masks = ground.masks();
        for line in text.lines().map(str::trim) {
            if !["frontend=", "backend=", "server="].iter().any(|name| line.starts_with(name)) {
                continue;
            }
            let masked = masks.iter().fold(line.to_owned(), |l, (port, name)| l.replace(port.as_str(), name));
            // The port that we connect from.
            let own = masked.starts_with("backend=");
            let end = masked.rfind(':').filter(|_| own).unwrap_or(masked.len());
            lines.push(masked[..end].to_owned());
        }
        let total = |name: &str| text.lines().any(|l| l.trim().starts_with(name) && l.contains("total=5)"));
        assert!(total("req") && total("res"), "{}: {text}", program.name());
    });
    lines
}

#[test]
fn one_session_is_told_at_length() {
    let wanted = long(Program::Haproxy);
    assert_eq!(wanted.len(), 3, "{wanted:?}");
    for program in BOTH {
        assert_eq!(long(program), wanted, "{}", program.name());
    }
}

#[test]
fn sessions_are_ended_by_their_id() {
    for program in [Program::Haproxy, BOTH[0], BOTH[1]] {
        with_proxy(program, 2, |ground, socket| {
            let name = program.name();
            for line in ["shutdown session", "shutdown session zz", "shutdown session 0"] {
                assert_eq!(ask(socket, line), "Session pointer expected (use 'show sess').\n\n", "{name}");
            }
            let none = "No such session (use 'show sess').\n\n";
            assert_eq!(ask(socket, "shutdown session 0x1234"), none, "{name}");
            assert_eq!(ask(socket, "show sess 0x1234"), "Session not found.\n\n", "{name}");
            assert_eq!(tell(socket, "user\nshow sess\n").lines().last(), Some(""), "{name}");

            let mut tcp = Client::open(ground.front(2), "hello");
            tcp.take(5);
            let id = tcp.id(socket, "srv=e ");
            assert_eq!(ask(socket, &format!("shutdown session {id}")), "\n", "{name}");
            assert_eq!(tcp.rest(), "", "{name}");
            let mut waits = Client::asks(ground.front(1), "/slow/9000");
            let id = waits.id(socket, "srv=a ");
            waits.stream.set_read_timeout(Some(Duration::from_secs(5))).expect("set");
            assert_eq!(ask(socket, &format!("shutdown session {id}")), "\n", "{name}");
            waits.take(12);
            if program != Program::Haproxy {
                // An id names one session for ever; haproxy's may name the next one.
                assert_eq!(ask(socket, &format!("shutdown session {id}")), none, "{name}");
            }
            let mut body = Client::asks(ground.front(1), "/slowbody/9000");
            body.take(30);
            let id = body.id(socket, "an=4000000h");
            assert_eq!(ask(socket, &format!("shutdown session {id}")), "\n", "{name}");
            body.rest();
        });
    }
}

#[test]
fn levels_and_options_of_show_sess() {
    for program in BOTH {
        with_proxy(program, 2, |ground, socket| {
            let name = program.name();
            let denied = tell(socket, "prompt i; user; show sess; shutdown session 0x1; quit\n");
            assert_eq!(denied.matches("Permission denied").count(), 2, "{name}: {denied}");
            let mut tcp = Client::open(ground.front(2), "hello");
            tcp.take(5);
            tcp.line(socket, "srv=e ");
            let waits = Client::asks(ground.front(1), "/slow/9000");
            waits.line(socket, "srv=a ");
            // Those who looked at the start whether it listens came from another address.
            let count = |options: &str| {
                ask(socket, &format!("show sess {options}")).matches("proto=tcpv4 src=127.0.10.50:").count()
            };
            let gone = eventually(|| !ask(socket, "show sess").contains(" src=127.0.0.1:"));
            assert!(gone, "{name}: those who looked stay");
            assert_eq!((count(""), count("backend raw"), count("frontend site")), (2, 1, 1), "{name}");
            assert_eq!((count("server raw/e"), count("frontend raw server farm/a")), (1, 0), "{name}");
            let heads = |options: &str| ask(socket, &format!("show sess {options}")).matches("] id=").count();
            assert_eq!(
                (heads("all"), heads("older 0"), heads("older 1h"), heads("susp")),
                (2, 2, 0, 0),
                "{name}"
            );
            assert_eq!(heads("all backend farm"), 1, "{name}");
            for (line, says) in [
                ("older", "Expects a minimum age (in seconds by default).\n\n"),
                ("older x", "Invalid age.\n\n"),
                ("backend nope", "No such backend.\n\n"),
                ("server raw/nope", "No such server.\n\n"),
                ("frontend nope", "No such frontend.\n\n"),
                ("bogus", "Unsupported option 'bogus', try 'help' for more info.\n\n"),
            ] {
                assert_eq!(ask(socket, &format!("show sess {line}")), says, "{name}");
            }
        });
    }
}

/// More than one piece of each core's list: each session is there once, and has an id of its own.
#[test]
fn long_lists_are_whole() {
    const COUNT: usize = 300;
    for program in BOTH {
        with_proxy(program, 2, |ground, socket| {
            let mut clients: Vec<Client> = (0..COUNT).map(|_| Client::open(ground.front(2), "x")).collect();
            clients.iter_mut().for_each(|c| c.take(1));
            let list = ask(socket, "show sess");
            let ours = list.lines().filter(|l| l.contains(" src=127.0.10.50:"));
            let mut ids: Vec<&str> = ours.filter_map(|l| l.split_once(": ")).map(|(id, _)| id).collect();
            assert_eq!(ids.len(), COUNT, "{}", program.name());
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), COUNT, "{}", program.name());
            for client in &clients {
                assert!(
                    list.contains(&format!(" src={} ", client.addr)),
                    "{}: {}",
                    program.name(),
                    client.addr
                );
            }
        });
    }
}
