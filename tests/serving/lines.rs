//! What `server` and `bind` lines ask of connections: PROXY headers with haproxy at either end, source addresses, relays,
//! templates.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::common::client::{self, Exchange, Step};
use crate::common::ground::Ground;
use crate::common::ports::Port;
use crate::common::proxy::Program;
use crate::common::{BACK, CLIENT, FRONT};
use crate::{BOTH, DEFAULTS, get, status};

/// A server that tells what each connection began with: at least `least` bytes of it, and who it came from.
fn listener(least: usize) -> (SocketAddr, Receiver<(SocketAddr, Vec<u8>)>) {
    let socket = TcpListener::bind((BACK, 0)).expect("bind");
    let (tell, told) = channel();
    let addr = socket.local_addr().expect("bound");
    thread::spawn(move || {
        for mut stream in socket.incoming().map_while(Result::ok) {
            let peer = stream.peer_addr().expect("a peer");
            let (mut seen, mut room) = (Vec::new(), [0; 4096]);
            stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
            while seen.len() < least {
                match stream.read(&mut room) {
                    Ok(n @ 1..) => seen.extend_from_slice(&room[..n]),
                    _ => break,
                }
            }
            if tell.send((peer, seen)).is_err() {
                return;
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        }
    });
    (addr, told)
}

const PATIENCE: Duration = Duration::from_secs(5);

#[test]
fn a_proxy_header_goes_before_everything_else() {
    for program in BOTH {
        let ground = Ground::new();
        let (one, ones) = listener(10);
        let (two, twos) = listener(10);
        let config = format!(
            "{DEFAULTS}
listen silent
    mode tcp
    bind \"127.0.10.1:${{F1}}\"
    server s {one} send-proxy
listen asking
    bind \"127.0.10.1:${{F2}}\"
    server s {two} send-proxy
"
        );
        let _proxy = ground.serve(program, 2, &config);
        // The first connection of each is the one that waits until the proxy is there.
        let name = program.name();
        for (front, seen) in [(1, &ones), (2, &twos)] {
            let mut stream = client::connect(ground.front(front), CLIENT).expect("connect");
            if front == 2 {
                stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").expect("send");
            }
            let own = stream.local_addr().expect("bound");
            let to = ground.front(front);
            let line = format!("PROXY TCP4 {} {} {} {}\r\n", own.ip(), to.ip(), own.port(), to.port());
            let until = Instant::now() + PATIENCE;
            loop {
                let left = until.saturating_duration_since(Instant::now());
                let (_, bytes) = seen.recv_timeout(left).unwrap_or_else(|_| panic!("{name}: no {line}"));
                // A client of TCP has said nothing, and still the header is there.
                if bytes.starts_with(line.as_bytes()) {
                    assert!(front == 2 || bytes.len() == line.len(), "{name}: {bytes:?}");
                    break;
                }
            }
        }
    }
}

#[test]
fn haproxy_understands_and_is_understood() {
    let inner = format!(
        "global\n    nbthread 1\n{DEFAULTS}
frontend f
    bind \"127.0.10.1:${{F1}}\" accept-proxy
    http-request return status 200 content-type text/plain lf-string %[src]:%[src_port],%[dst_port],%[fc_rcvd_proxy]
"
    );
    for program in BOTH {
        for (front, back) in [(program, Program::Haproxy), (Program::Haproxy, program), (program, program)] {
            let (far, near) = (Ground::new(), Ground::new());
            let _far = far.serve(back, 1, &inner);
            let to = far.front(1);
            let outer = format!(
                "global\n    nbthread 1\n{DEFAULTS}
listen one
    bind \"127.0.10.1:${{F1}}\"
    server s {to} send-proxy
listen two
    bind \"127.0.10.1:${{F2}}\"
    server s {to} send-proxy-v2 proxy-v2-options crc32c
"
            );
            let _near = near.serve(front, 2, &outer);
            for n in 1..=2 {
                let at = near.front(n);
                let mut stream = client::connect(at, CLIENT).expect("connect");
                let own = stream.local_addr().expect("bound");
                stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
                stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").expect("send");
                let mut answer = String::new();
                stream.read_to_string(&mut answer).expect("an answer");
                let want = format!("\r\n\r\n{own},{},1", at.port());
                assert!(answer.ends_with(&want), "{} to {}, {n}: {answer}", front.name(), back.name());
            }
        }
    }
}

#[test]
fn a_rejected_connection_ends_in_http_mode_too() {
    for program in BOTH {
        let ground = Ground::new();
        let config = format!(
            "{DEFAULTS}
listen l
    bind \"127.0.10.1:${{F1}}\"
    tcp-request connection reject if {{ src {CLIENT} }}
    server a \"${{A}}\"
"
        );
        let _proxy = ground.serve(program, 1, &config);
        // The connection may be gone before the client has seen that it was there.
        if let Ok(mut stream) = client::connect(ground.front(1), CLIENT) {
            let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            assert!(answer.is_empty(), "{}: {answer:?}", program.name());
        }
        assert!(ground.log.take(Duration::ZERO).is_empty());
    }
}

/// Where the connection of one request came from.
fn peer(ground: &Ground, front: usize, from: IpAddr, fields: &str, what: &str) -> (SocketAddr, u16) {
    ground.log.take(crate::common::PATIENCE);
    // The proxy may take the same address and port for its own side.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_reuse_address(true).expect("an option");
    socket.bind(&SocketAddr::new(from, 0).into()).expect("bind");
    socket.connect(&ground.front(front).into()).expect("connect");
    let mut stream = TcpStream::from(socket);
    let own = stream.local_addr().expect("bound").port();
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let request = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("send");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{what}: {answer}");
    let seen = ground.log.take(crate::common::PATIENCE);
    assert_eq!(seen.len(), 1, "{what}");
    (seen[0].peer, own)
}

#[test]
fn connections_come_from_where_the_line_says() {
    let low = Port::reserve_row(IpAddr::V4(Ipv4Addr::new(127, 0, 10, 77)), 4);
    let (from, to) = (low[0].addr.port(), low[3].addr.port());
    drop(low);
    let config = format!(
        "{DEFAULTS}    http-reuse always
listen fixed
    bind \"127.0.10.1:${{F1}}\"
    server a \"${{A}}\" source 127.0.10.77
listen range
    bind \"127.0.10.1:${{F2}}\"
    server a \"${{A}}\" source 127.0.10.77:{from}-{to}
listen clients
    bind \"127.0.10.1:${{F3}}\"
    server a \"${{A}}\" source 0.0.0.0 usesrc client
listen ips
    bind \"127.0.10.1:${{F4}}\"
    source 127.0.10.78 usesrc clientip
    server a \"${{A}}\"
listen fields
    bind \"127.0.10.1:${{F5}}\"
    server a \"${{A}}\" source 0.0.0.0 usesrc hdr_ip(x-from,-1)
listen other
    bind \"127.0.10.1:${{F6}}\"
    server a \"${{A}}\" source 0.0.0.0 usesrc 127.0.10.79
"
    );
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let _proxy = ground.serve(program, 6, &config);
        let ip = |last: u8| IpAddr::V4(Ipv4Addr::new(127, 0, 10, last));
        let ask =
            |front, from, fields: &str| peer(&ground, front, from, fields, &format!("{name}, F{front}"));
        assert_eq!(ask(1, CLIENT, "").0.ip(), ip(77), "{name}");
        for _ in 0..6 {
            let (peer, _) = ask(2, CLIENT, "");
            assert!(peer.ip() == ip(77) && (from..=to).contains(&peer.port()), "{name}: {peer}");
        }
        let (peer, own) = ask(3, CLIENT, "");
        assert_eq!(peer, SocketAddr::new(CLIENT, own), "{name}: the client's own port");
        // Nobody's connection serves another address, although all may be shared.
        for last in [50, 70, 50] {
            assert_eq!(ask(4, ip(last), "").0.ip(), ip(last), "{name}");
        }
        for last in [81, 82] {
            let fields = format!("X-From: 127.0.10.99, 127.0.10.{last}\r\n");
            assert_eq!(ask(5, CLIENT, &fields).0.ip(), ip(last), "{name}");
        }
        assert_eq!(ask(6, CLIENT, "").0.ip(), ip(79), "{name}");
    }
}

/// A relay of SOCKS 4: gives what it was asked, answers with `code`, then relays to where it was asked.
fn relay(code: u8) -> (SocketAddr, Receiver<Vec<u8>>) {
    let socket = TcpListener::bind((BACK, 0)).expect("bind");
    let (tell, told) = channel();
    let addr = socket.local_addr().expect("bound");
    thread::spawn(move || {
        for mut stream in socket.incoming().map_while(Result::ok) {
            let mut request = vec![0; 16];
            if stream.read_exact(&mut request).is_err() {
                continue;
            }
            let to = SocketAddr::from((
                <[u8; 4]>::try_from(&request[4..8]).expect("four bytes"),
                u16::from_be_bytes([request[2], request[3]]),
            ));
            let _ = tell.send(request);
            // In two pieces, as it may come.
            let _ = stream.write_all(&[0, code, 0]);
            thread::sleep(Duration::from_millis(5));
            let _ = stream.write_all(&[0, 0, 0, 0, 0]);
            if code != 0x5a {
                continue;
            }
            let mut far = TcpStream::connect(to).expect("connect");
            let (mut near, mut back) = (stream.try_clone().expect("clone"), far.try_clone().expect("clone"));
            thread::spawn(move || std::io::copy(&mut near, &mut back));
            thread::spawn(move || std::io::copy(&mut far, &mut stream));
        }
    });
    (addr, told)
}

#[test]
fn connections_through_a_relay() {
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let ((good, asked), (bad, _)) = (relay(0x5a), relay(0x5b));
        let config = format!(
            "{DEFAULTS}
listen good
    bind \"127.0.10.1:${{F1}}\"
    server a \"${{A}}\" socks4 {good}
listen bad
    bind \"127.0.10.1:${{F2}}\"
    server a \"${{A}}\" socks4 {bad}
"
        );
        let _proxy = ground.serve(program, 2, &config);
        assert_eq!(status(&get(ground.front(1), "/")), 200, "{name}");
        let request = asked.recv_timeout(PATIENCE).expect("the relay was asked");
        let to = ground.back("A");
        let IpAddr::V4(ip) = to.ip() else { unreachable!("origins are at IPv4") };
        let want = [&[4, 1][..], &to.port().to_be_bytes(), &ip.octets(), b"HAProxy\0"].concat();
        assert_eq!(request, want, "{name}");
        assert_eq!(status(&get(ground.front(2), "/")), 503, "{name}: refused");
    }
}

#[test]
fn servers_of_a_template_have_names_and_take_turns() {
    for program in BOTH {
        let (ground, name) = (Ground::new(), program.name());
        let config = format!(
            "global\n    nbthread 1\n{DEFAULTS}
listen l
    bind \"127.0.10.1:${{F1}}\"
    http-send-name-header X-Server
    server-template app 2-4 \"${{A}}\"
"
        );
        let _proxy = ground.serve(program, 1, &config);
        ground.log.take(crate::common::PATIENCE);
        for _ in 0..3 {
            assert_eq!(status(&get(ground.front(1), "/")), 200, "{name}");
        }
        let seen = ground.log.take(crate::common::PATIENCE);
        let mut names: Vec<&str> = seen.iter().filter_map(|s| s.head.field("x-server")).collect();
        names.sort_unstable();
        assert_eq!(names, ["app2", "app3", "app4"], "{name}");
    }
}

/// A header that comes byte for byte is a header.
#[test]
fn a_header_may_come_in_any_pieces() {
    for program in BOTH {
        let ground = Ground::new();
        let config = format!(
            "{DEFAULTS}
listen l
    bind \"127.0.10.1:${{F1}}\" accept-proxy
    http-request set-header x-src %[src]
    server a \"${{A}}\"
"
        );
        let _proxy = ground.serve(program, 1, &config);
        ground.log.take(crate::common::PATIENCE);
        let line = b"PROXY TCP4 1.2.3.4 5.6.7.8 1000 2000\r\n";
        let mut steps = Vec::new();
        for byte in line {
            steps.extend([Step::Send(vec![*byte]), Step::Pause(Duration::from_millis(2))]);
        }
        steps.push(Step::Send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()));
        let outcome = client::run(ground.front(1), &Exchange { steps, ..Exchange::default() });
        assert_eq!(status(&outcome), 200, "{}", program.name());
        let seen = ground.log.take(crate::common::PATIENCE);
        assert_eq!(seen[0].head.field("x-src"), Some("1.2.3.4"), "{}", program.name());
        assert_eq!(ground.front(1).ip(), FRONT);
    }
}

#[test]
fn abstract_sockets_and_ports_relative_to_the_clients() {
    for program in BOTH {
        for (front, back) in [(program, Program::Haproxy), (Program::Haproxy, program)] {
            let (far, near) = (Ground::new(), Ground::new());
            let what = format!("{} to {}", front.name(), back.name());
            let hidden = format!("ringmain-lines-{}-{}", std::process::id(), what.replace(' ', "-"));
            let inner = format!(
                "{DEFAULTS}
listen l
    bind \"127.0.10.1:${{F1}}\"
    bind abns@{hidden} accept-proxy
    http-request return status 200 content-type text/plain lf-string %[src],%[dst_port]
"
            );
            let _far = far.serve(back, 1, &inner);
            let port = far.front(1).port();
            let offset = i32::from(port) - i32::from(near.front(2).port());
            let outer = format!(
                "{DEFAULTS}
listen hidden
    bind \"127.0.10.1:${{F1}}\"
    server s abns@{hidden} send-proxy
listen relative
    bind \"127.0.10.1:${{F2}}\"
    server s 127.0.10.1:{offset:+}
"
            );
            let _near = near.serve(front, 2, &outer);
            for (n, dst) in [(1, near.front(1).port()), (2, port)] {
                let outcome = get(near.front(n), "/");
                assert_eq!(status(&outcome), 200, "{what}, F{n}");
                let said = crate::common::text(&outcome.answers[0].body.bytes);
                assert_eq!(said, format!("{},{dst}", source(n)), "{what}, F{n}");
            }
        }
    }
}

/// Who the inner proxy sees: the client where a header tells it, else the outer proxy.
fn source(front: usize) -> &'static str {
    if front == 1 { "127.0.10.50" } else { "127.0.0.1" }
}

/// A word that Debian's haproxy does not have yet: read by Ringmain's own other end.
#[test]
fn extensions_of_ones_own_are_made_for_each_connection() {
    for program in BOTH {
        let (far, near) = (Ground::new(), Ground::new());
        let inner = format!(
            "{DEFAULTS}
listen l
    bind \"127.0.10.1:${{F1}}\" accept-proxy
    http-request return status 200 content-type text/plain lf-string %[fc_pp_tlv(0xE1)],%[fc_pp_unique_id]
"
        );
        let _far = far.serve(program, 1, &inner);
        let to = far.front(1);
        let outer = format!(
            "{DEFAULTS}    http-reuse always
listen l
    bind \"127.0.10.1:${{F1}}\"
    server s {to} send-proxy-v2 set-proxy-v2-tlv-fmt(0xE1) %[src],%[path] set-proxy-v2-tlv-fmt(5) id
listen t
    mode tcp
    bind \"127.0.10.1:${{F2}}\"
    server s {to} send-proxy-v2 set-proxy-v2-tlv-fmt(0xE1) %[dst_port]
"
        );
        let _near = near.serve(program, 2, &outer);
        let port = near.front(2).port();
        for (n, path, said) in [
            (1, "/a", "127.0.10.50,/a,id".to_owned()),
            (1, "/b", "127.0.10.50,/b,id".to_owned()),
            (2, "/c", format!("{port},")),
        ] {
            let outcome = get(near.front(n), path);
            assert_eq!(status(&outcome), 200, "{}: F{n}", program.name());
            let body = crate::common::text(&outcome.answers[0].body.bytes);
            assert_eq!(body, said, "{}: F{n}", program.name());
        }
    }
}

#[test]
fn what_needs_the_rights_of_root_goes_with_no_other_user() {
    let text = format!(
        "global\n    user nobody\n{DEFAULTS}listen l\n    bind 127.0.10.1:0\n    server a 127.0.10.11:1 source 0.0.0.0 usesrc client\n"
    )
    .replace("127.0.10.1:0", &Port::reserve(FRONT).addr.to_string());
    let path = crate::common::ground::file(&text);
    for program in BOTH {
        let args = ["-f", path.to_str().expect("a plain name")];
        let done = program.run(args, &[], Duration::from_secs(5));
        let said = crate::common::text(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{said}");
        let words = "Some configuration options require full privileges, so global.uid cannot be changed.";
        assert!(said.contains(words), "{said}");
    }
}

/// What HAProxy 3.2.26 was seen to send; 2.6 does not have the option.
#[test]
fn forwarded_says_where_a_request_came_from() {
    for program in BOTH {
        let ground = Ground::new();
        let (origin, seen) = listener(90);
        let config = format!(
            "{DEFAULTS}
frontend f
    bind \"127.0.10.1:${{F1}}\"
    default_backend b
backend b
    option forwarded proto host for for_port by-expr str(lb)
    server s {origin}
"
        );
        let _proxy = ground.serve(program, 1, &config);
        let mut stream = client::connect(ground.front(1), CLIENT).expect("connect");
        let request = "GET / HTTP/1.1\r\nHost: h.test:81\r\nForwarded: for=192.0.2.7\r\n\r\n";
        stream.write_all(request.as_bytes()).expect("send");
        let own = stream.local_addr().expect("bound");
        let wanted = format!(
            "forwarded: for=192.0.2.7\r\nforwarded: proto=http;host=\"h.test:81\";by=_lb;for=\"{own}\"\r\n"
        );
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let (_, bytes) =
                seen.recv_timeout(left).unwrap_or_else(|_| panic!("{}: no {wanted}", program.name()));
            if crate::common::text(&bytes).contains(&wanted) {
                break;
            }
        }
    }
}
