//! Each field of each row of `show stat` after each kind of exchange, beside haproxy.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream};
use std::time::Duration;

use crate::common::client::{self, Exchange, Step};
use crate::common::proxy::Program;
use crate::common::{self, CLIENT, PATIENCE};
use crate::{BOTH, Rows, Stand, number};

const FILE: &str = "global
    nbthread 1
    stats socket SOCKET level admin
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
    timeout queue 100ms
    timeout tarpit 50ms
    retries 1
frontend web
    option socket-stats
    bind 127.0.10.1:${F1} name alpha
    bind 127.0.10.1:${F2}
    tcp-request connection reject if { src 127.0.10.51 }
    tcp-request session reject if { src 127.0.10.52 }
    tcp-request content reject if { src 127.0.10.53 }
    http-request deny if { path /never }
    http-request tarpit if { path /tarpit }
    http-request silent-drop if { path /drop }
    http-request redirect location /x if { path /away }
    http-request return status 200 content-type text/plain string hi if { path /here }
    http-response deny if { status 418 }
    http-response return status 210 if { status 419 }
    monitor-uri /alive
    stats uri /stats
    stats auth a:b
    use_backend none if { path /none-up }
    use_backend dead if { path /dead }
    use_backend empty if { path /empty }
    use_backend refusing if { path_beg /refusing }
    use_backend slow if { path_beg /slow }
    use_backend full if { path_beg /full }
    default_backend app
frontend nowhere
    bind 127.0.10.1:${F3}
    http-request deny if { path /never }
frontend hasty
    bind 127.0.10.1:${F4}
    timeout client 200ms
    default_backend app
listen both
    bind 127.0.10.1:${F5}
    http-request deny if { path /never }
    http-request redirect location /x if { path /away }
    http-response deny if { status 418 }
    server s ${A}
listen bytes
    mode tcp
    option socket-stats
    bind 127.0.10.1:${F6}
    tcp-request content reject if { src 127.0.10.53 }
    server t ${A}
listen gone
    mode tcp
    bind 127.0.10.1:${F7}
    server t ${DEAD}
frontend lost
    mode tcp
    bind 127.0.10.1:${F8}
backend app
    server s ${A}
backend dead
    timeout connect 100ms
    server d ${DEAD}
backend empty
backend none
    server d ${DEAD} disabled
backend refusing
    http-request deny if { path /refusing }
    http-request redirect location /y if { path /refusing/away }
    http-request return status 200 if { path /refusing/here }
    http-request tarpit if { path /refusing/tarpit }
    stats uri /refusing/stats
    http-response deny
    server s ${A}
backend slow
    timeout server 100ms
    server s ${A}
backend full
    server s ${A} maxconn 1
";

/// What is not compared: times and rates, peaks, connections that lie idle, HTTP/1 connections that are open.
const NOT: [&str; 31] = [
    "smax",
    "qmax",
    "rate",
    "rate_max",
    "req_rate",
    "req_rate_max",
    "conn_rate",
    "conn_rate_max",
    "lastchg",
    "lastsess",
    "downtime",
    "pid",
    "addr",
    "qtime",
    "ctime",
    "rtime",
    "ttime",
    "qtime_max",
    "ctime_max",
    "rtime_max",
    "ttime_max",
    "srv_icur",
    "idle_conn_cur",
    "safe_conn_cur",
    "used_conn_cur",
    "need_conn_est",
    "h1_open_connections",
    "h1_open_streams",
    "h1_bytes_in",
    "h1_bytes_out",
    "slim",
];

const FRONTS: usize = 8;

/// What an exchange adds, by proxy, row and field.
type Added = BTreeMap<(String, String, String), i64>;

struct Case {
    name: &'static str,
    run: fn(&Stand),
    connections: u64,
    /// Where the two differ on purpose (`docs/compat.md`): row and field.
    differ: &'static [(&'static str, &'static str)],
}

const fn case(name: &'static str, run: fn(&Stand)) -> Case {
    Case { name, run, connections: 1, differ: &[] }
}

impl Case {
    const fn but(self, differ: &'static [(&'static str, &'static str)]) -> Case {
        Case { differ, ..self }
    }

    const fn connections(self, connections: u64) -> Case {
        Case { connections, ..self }
    }
}

fn request(method: &str, target: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("{method} {target} HTTP/1.1\r\nHost: h\r\n{fields}Connection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// Sends pieces one after the other and reads to the end.
fn talk(stand: &Stand, front: usize, from: IpAddr, pieces: &[&[u8]], patience: Duration) {
    let mut steps = Vec::new();
    for piece in pieces {
        steps.push(Step::Send(piece.to_vec()));
        steps.push(Step::Pause(Duration::from_millis(30)));
    }
    client::run(
        stand.ground.front(front),
        &Exchange { steps, opaque: true, from, patience, ..Exchange::default() },
    );
}

fn get(stand: &Stand, front: usize, target: &str) {
    talk(stand, front, CLIENT, &[&request("GET", target, "", b"")], PATIENCE);
}

fn from(stand: &Stand, front: usize, host: u8) {
    let from = IpAddr::from([127, 0, 10, host]);
    talk(stand, front, from, &[&request("GET", "/len/1", "", b"")], PATIENCE);
}

fn send(stand: &Stand, front: usize, bytes: &[u8]) {
    talk(stand, front, CLIENT, &[bytes], PATIENCE);
}

/// Sends, waits for something, and resets the connection.
fn abort(stand: &Stand, front: usize, bytes: &[u8], wait: impl FnOnce(&mut TcpStream)) {
    let mut stream = client::connect(stand.ground.front(front), CLIENT).expect("connect");
    stream.write_all(bytes).expect("send");
    wait(&mut stream);
    let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
}

/// Waits until a request is at a server.
fn await_request(stand: &Stand, backend: &str) {
    let busy = || number(&stand.rows(), backend, "s", "scur") == 1;
    assert!(common::eventually(busy), "the request is not at its server");
}

/// What is sent has another length: a page of another kind, or as much of an answer as chance has it.
const PAGE: &[(&str, &str)] = &[("FRONTEND", "bout"), ("alpha", "bout"), ("BACKEND", "bout"), ("s", "bout")];

const CASES: &[Case] = &[
    case("keep-alive", |s| {
        let two = "GET /len/10 HTTP/1.1\r\nHost: h\r\n\r\nGET /len/20 HTTP/1.1\r\nHost: h\r\n\r\n";
        send(s, 1, &[two.as_bytes(), &request("GET", "/len/30", "", b"")].concat());
    }),
    case("post", |s| send(s, 1, &request("POST", "/len/7", "Content-Length: 1000\r\n", &[b'p'; 1_000]))),
    case("post in pieces", |s| {
        let whole = request("POST", "/len/7", "Content-Length: 1000\r\n", &[b'p'; 1_000]);
        talk(s, 1, CLIENT, &[&whole[..300], &whole[300..]], PATIENCE);
    }),
    case("large post", |s| {
        send(s, 1, &request("POST", "/len/7", "Content-Length: 300000\r\n", &vec![b'p'; 300_000]));
    }),
    case("chunked post", |s| {
        let body = b"5\r\nhello\r\n0\r\n\r\n";
        send(s, 1, &request("POST", "/len/7", "Transfer-Encoding: chunked\r\n", body));
    }),
    // The borders of chunks are written anew.
    case("chunked answer", |s| get(s, 1, "/chunked/5,6")).but(&[("FRONTEND", "bout")]),
    case("204", |s| get(s, 1, "/204")),
    case("304", |s| get(s, 1, "/304")),
    case("head", |s| send(s, 1, &request("HEAD", "/len/100", "", b""))),
    case("large answer", |s| get(s, 1, "/len/100000")),
    case("until the end", |s| get(s, 1, "/toclose/20")),
    case("early hints", |s| get(s, 1, "/1xx")),
    case("404", |s| get(s, 1, "/status/404")),
    case("500", |s| get(s, 1, "/status/500")),
    case("odd status", |s| get(s, 1, "/status/999")),
    case("no http", |s| get(s, 1, "/raw/nonsense\\r\\n\\r\\n")),
    case("cut", |s| get(s, 1, "/half/100")),
    case("no answer", |s| get(s, 1, "/none")),
    case("denied", |s| get(s, 1, "/never")),
    case("tarpit", |s| get(s, 1, "/tarpit")),
    case("silent drop", |s| {
        talk(s, 1, CLIENT, &[&request("GET", "/drop", "", b"")], Duration::from_millis(200));
    }),
    case("denied answer", |s| get(s, 1, "/status/418")),
    case("other answer", |s| get(s, 1, "/status/419")),
    case("redirected", |s| get(s, 1, "/away")),
    case("returned", |s| get(s, 1, "/here")),
    case("monitor", |s| get(s, 1, "/alive")),
    case("statistics, unknown", |s| get(s, 1, "/stats;csv")).but(PAGE),
    // The page has other figures in it.
    case("statistics", |s| {
        send(s, 1, &request("GET", "/stats;csv", "Authorization: Basic YTpi\r\n", b""));
    })
    .but(PAGE),
    case("none up", |s| get(s, 1, "/none-up")),
    // No byte of it came to that server.
    case("dead", |s| get(s, 1, "/dead")).but(&[("d", "bin"), ("d", "bout")]),
    case("no servers", |s| get(s, 1, "/empty")),
    case("backend denies", |s| get(s, 1, "/refusing")),
    case("backend redirects", |s| get(s, 1, "/refusing/away")),
    case("backend returns", |s| get(s, 1, "/refusing/here")),
    case("backend tarpits", |s| get(s, 1, "/refusing/tarpit")),
    case("backend's statistics", |s| get(s, 1, "/refusing/stats;csv")).but(PAGE),
    case("backend denies the answer", |s| get(s, 1, "/refusing/x")),
    // What is no request is not counted among the bytes of requests.
    case("nonsense", |s| send(s, 2, b"NONSENSE\r\n\r\n")).but(&[("FRONTEND", "bin")]),
    case("half a head", |s| {
        talk(s, 2, CLIENT, &[b"GET / HT"], Duration::from_millis(1));
    })
    .but(&[("FRONTEND", "bin")]),
    case("nothing", |s| drop(client::connect(s.ground.front(2), CLIENT).expect("connect")))
        .but(&[("FRONTEND", "h1_total_streams")]),
    case("silence", |s| send(s, 4, b"")).but(&[("FRONTEND", "h1_total_streams")]),
    case("late head", |s| send(s, 4, b"GET / H")).but(&[("FRONTEND", "bin")]),
    case("connection refused by rule", |s| from(s, 2, 51)),
    case("session refused by rule", |s| from(s, 2, 52)),
    case("content refused by rule", |s| from(s, 2, 53)).but(&[("FRONTEND", "req_tot")]),
    case("chunk that is none", |s| {
        let body = b"zz\r\nhello\r\n";
        let whole = request("POST", "/len/7", "Transfer-Encoding: chunked\r\n", body);
        talk(s, 1, CLIENT, &[&whole[..whole.len() - body.len()], body], PATIENCE);
    })
    .but(PAGE),
    case("nowhere", |s| get(s, 3, "/")),
    case("nowhere, denied", |s| get(s, 3, "/never")),
    case("too slow", |s| get(s, 1, "/slow/3000")),
    case("download aborted", |s| {
        let answer = |stream: &mut TcpStream| stream.read_exact(&mut [0; 1_000]).expect("its beginning");
        abort(s, 1, &request("GET", "/len/20000000", "", b""), answer);
    })
    .but(PAGE),
    case("upload aborted", |s| {
        let post = request("POST", "/len/7", "Content-Length: 1000\r\n", b"p");
        abort(s, 1, &post, |_| await_request(s, "app"));
    }),
    case("queue", |s| {
        std::thread::scope(|scope| {
            scope.spawn(|| send(s, 1, &request("GET", "/full", "X-Do: slow/1500\r\n", b"")));
            await_request(s, "full");
            get(s, 1, "/full");
        });
    })
    .connections(2),
    case("listen", |s| get(s, 5, "/len/3")),
    case("listen denies", |s| get(s, 5, "/never")),
    case("listen redirects", |s| get(s, 5, "/away")),
    case("listen denies the answer", |s| get(s, 5, "/status/418")),
    case("tcp", |s| get(s, 6, "/connclose/50")),
    case("tcp, much", |s| get(s, 6, "/connclose/500000")),
    // HAProxy counts what it has read before it refuses, if anything.
    case("tcp, refused by rule", |s| from(s, 6, 53)).but(&[
        ("FRONTEND", "bin"),
        ("BACKEND", "bin"),
        ("sock-1", "bin"),
    ]),
    case("tcp, half closed", |s| {
        let steps = vec![Step::Send(request("GET", "/len/9", "", b"")), Step::Fin];
        client::run(s.ground.front(6), &Exchange { steps, opaque: true, ..Exchange::default() });
    }),
    // Bytes that went nowhere: HAProxy counts what it has read meanwhile, if anything.
    case("tcp, server dead", |s| get(s, 7, "/len/50")).but(&[
        ("FRONTEND", "bin"),
        ("BACKEND", "bin"),
        ("t", "bin"),
    ]),
    case("tcp, nowhere", |s| get(s, 8, "/len/50")).but(&[("FRONTEND", "bin")]),
];

/// Waits until a case's connections have come and everything of it is over.
fn quiet(stand: &Stand, connections: u64) -> Rows {
    let mut seen = Rows::new();
    let over = common::eventually(|| {
        seen = stand.rows();
        let all = |field: &str| -> u64 {
            let of = |row: &BTreeMap<String, String>| row[field].parse::<u64>().unwrap_or(0);
            seen.values().map(of).sum()
        };
        all("conn_tot") == connections && all("scur") == 0 && all("qcur") == 0
    });
    assert!(over, "{}: {connections} connections are not over: {seen:#?}", stand.proxy.program.name());
    seen
}

/// The fields that have changed.
fn added(before: &Rows, after: &Rows) -> Added {
    let mut all = Added::new();
    for ((proxy, name), row) in after {
        let of = |rows: &Rows, field: &str| number(rows, proxy, name, field) as i64;
        let mut add = |field: &str, from: &str| {
            let n = of(after, from).wrapping_sub(of(before, from));
            if n != 0 {
                all.insert((proxy.clone(), name.clone(), field.to_owned()), n);
            }
        };
        row.keys().filter(|field| !NOT.contains(&field.as_str())).for_each(|field| add(field, field));
    }
    all
}

fn run(program: Program) -> Vec<Added> {
    let stand = Stand::start(program, FRONTS, FILE);
    // Whoever looked whether the listeners are there was counted, each once.
    let mut connections = FRONTS as u64;
    let mut before = quiet(&stand, connections);
    let mut all = Vec::new();
    for case in CASES {
        (case.run)(&stand);
        connections += case.connections;
        let after = quiet(&stand, connections);
        all.push(added(&before, &after));
        before = after;
    }
    all
}

#[test]
fn each_field_counts_what_haproxy_counts() {
    let wanted = run(Program::Haproxy);
    // That it sees anything at all.
    let key = |row: [&str; 3]| row.map(str::to_owned);
    let [proxy, name, field] = key(["app", "s", "hrsp_2xx"]);
    assert_eq!(wanted[0].get(&(proxy, name, field)), Some(&3));
    let mut wrong = Vec::new();
    for program in BOTH {
        for ((case, wanted), got) in CASES.iter().zip(&wanted).zip(run(program)) {
            let keys: std::collections::BTreeSet<_> = wanted.keys().chain(got.keys()).collect();
            for key in keys {
                let (w, g) = (wanted.get(key).unwrap_or(&0), got.get(key).unwrap_or(&0));
                let meant = case.differ.iter().any(|(row, field)| key.1 == *row && key.2 == *field);
                if w != g && !meant {
                    let (proxy, name, field) = key;
                    wrong.push(format!(
                        "{}: {}: {proxy}/{name} {field}: haproxy {w}, we {g}",
                        program.name(),
                        case.name
                    ));
                }
                // An exception that is none any more.
                if w == g && meant && *w != 0 && !matches!(key.2.as_str(), "bin" | "bout") {
                    wrong.push(format!("{}: {}: {} is equal", program.name(), case.name, key.2));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
