//! An origin server inside the test. It records what reaches it, byte for byte, and answers as the request tells it:
//! by the field `x-do`, or without one by the path. An unknown instruction is answered with 200 and a line that names
//! the origin and the request.
//!
//! | instruction | answer |
//! |---|---|
//! | `/len/N` | 200, N bytes of `pattern` |
//! | `/chunked/A,B,C` | 200, chunks of these sizes |
//! | `/trailers` | 200, one chunk and two trailer fields |
//! | `/toclose/N` | 200 without a length, N bytes, close |
//! | `/connclose/N` | 200 with a length and `connection: close`, close |
//! | `/quietclose/N` | 200 with a length, then a close nobody announced |
//! | `/http10/N`, `/http10ka/N` | the same as HTTP/1.0, without and with keep-alive |
//! | `/status/S` | status S, short body |
//! | `/204`, `/304` | no body; 304 carries a length and a tag |
//! | `/slow/MS` | answers after a pause |
//! | `/slowbody/MS` | pauses in the middle of the body |
//! | `/1xx` | 103, then 200 |
//! | `/echo`, `/echohead` | the request's body, or its head, as the body |
//! | `/early/S` | status S before the body was read, close |
//! | `/refuse/S` | status S instead of 100 (Continue), and keeps the connection |
//! | `/half/N` | promises N bytes, sends half, closes |
//! | `/headhalf/N` | the same; between head and body, and before the end, it pauses |
//! | `/halfchunk` | a chunk that is cut off |
//! | `/none`, `/reset` | closes, or resets, without an answer |
//! | `/raw/TEXT` | TEXT as it stands (`\r`, `\n`, `%20` understood), close |
//! | `/bighead/N` | 200 with a field of N bytes |
//! | `/upgrade` | 101 to the protocol asked for, then everything back as it comes; `/upgrade/keyless` without `Sec-WebSocket-Accept` |
//!
//! Every `x-add: name: value` of the request becomes a field of the answer.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::pattern;
use super::wire::{Body, Framing, Head, Reader, Stop};

/// One request as an origin saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub origin: String,
    /// Which of the origin's connections, counted from 0.
    pub connection: usize,
    /// Which request on that connection, counted from 0.
    pub turn: usize,
    pub peer: SocketAddr,
    pub head: Head,
    pub framing: Framing,
    pub body: Body,
}

/// What the origins of one stand saw, in order of arrival.
#[derive(Clone, Default)]
pub struct Log(Arc<Inner>);

#[derive(Default)]
struct Inner {
    seen: Mutex<Vec<Seen>>,
    /// Requests whose bodies are being read or whose answers are being written.
    busy: AtomicUsize,
    /// Requests an answer is being thought about, and the most there were. Counted down before the answer goes out, so
    /// that a proxy which sends the next request on the answer's last byte is not counted twice.
    thinking: AtomicUsize,
    peak: AtomicUsize,
    connections: AtomicUsize,
}

impl Log {
    /// Takes everything recorded so far, once no request is under way or `patience` is over.
    pub fn take(&self, patience: Duration) -> Vec<Seen> {
        let until = Instant::now() + patience;
        while self.0.busy.load(Ordering::Acquire) > 0 && Instant::now() < until {
            sleep(Duration::from_millis(1));
        }
        std::mem::take(&mut *self.0.seen.lock().expect("lock"))
    }

    /// Waits until `n` requests not yet taken have come, at most [`super::PATIENCE`].
    pub fn await_requests(&self, n: usize) {
        let until = Instant::now() + super::PATIENCE;
        while self.0.seen.lock().expect("lock").len() < n {
            assert!(Instant::now() < until, "{n} requests did not reach the origins");
            sleep(Duration::from_millis(1));
        }
    }

    /// The most requests that waited for their answer at one time.
    pub fn peak(&self) -> usize {
        self.0.peak.load(Ordering::Acquire)
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> usize {
        self.0.connections.load(Ordering::Acquire)
    }
}

/// A running origin. When dropped it stops accepting and its connections are cut.
pub struct Origin {
    pub addr: SocketAddr,
    stop: Arc<AtomicBool>,
    open: Arc<Mutex<BTreeMap<usize, TcpStream>>>,
    acceptor: Option<JoinHandle<()>>,
}

impl Origin {
    pub fn start(name: &str, ip: IpAddr, log: &Log) -> Origin {
        Origin::start_at(name, SocketAddr::new(ip, 0), log)
    }

    /// Listens at a given address.
    pub fn start_at(name: &str, addr: SocketAddr, log: &Log) -> Origin {
        let (name, log) = (name.to_owned(), log.clone());
        Origin::accept(addr, move |stream| {
            let connection = log.0.connections.fetch_add(1, Ordering::AcqRel);
            serve(&name, connection, stream, &log);
        })
    }

    /// Not HTTP: sends back what comes, as it comes, and ends its half when the peer has ended its own.
    pub fn echo(ip: IpAddr) -> Origin {
        Origin::accept(SocketAddr::new(ip, 0), |mut stream| {
            let mut from = stream.try_clone().expect("clone");
            let _ = std::io::copy(&mut from, &mut stream);
            let _ = stream.shutdown(Shutdown::Write);
        })
    }

    fn accept(addr: SocketAddr, serve: impl Fn(TcpStream) + Clone + Send + 'static) -> Origin {
        let socket =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a TCP socket");
        socket.set_reuse_address(true).expect("SO_REUSEADDR");
        socket.set_reuse_port(true).expect("SO_REUSEPORT");
        socket.bind(&addr.into()).unwrap_or_else(|e| panic!("bind {addr}: {e}"));
        socket.listen(1024).expect("listen");
        let listener: TcpListener = socket.into();
        let addr = listener.local_addr().expect("bound");
        let stop = Arc::new(AtomicBool::new(false));
        let open: Arc<Mutex<BTreeMap<usize, TcpStream>>> = Arc::default();
        let acceptor = {
            let (stop, open) = (stop.clone(), open.clone());
            thread::spawn(move || {
                for (id, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                    if stop.load(Ordering::Acquire) {
                        return;
                    }
                    if let Ok(clone) = stream.try_clone() {
                        open.lock().expect("lock").insert(id, clone);
                    }
                    let (serve, open) = (serve.clone(), open.clone());
                    thread::spawn(move || {
                        serve(stream);
                        open.lock().expect("lock").remove(&id);
                    });
                }
            })
        };
        Origin { addr, stop, open, acceptor: Some(acceptor) }
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.addr);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
        for stream in self.open.lock().expect("lock").values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// What becomes of the connection after an answer.
enum After {
    Keep,
    Close,
    Reset,
    Tunnel,
}

/// The example of RFC 6455 (1.3): the only key this origin knows the answer to.
pub const WEBSOCKET_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const WEBSOCKET_ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const PATIENCE: Duration = Duration::from_secs(30);

fn serve(name: &str, connection: usize, mut stream: TcpStream, log: &Log) {
    let _ = stream.set_nodelay(true);
    let Ok(peer) = stream.peer_addr() else { return };
    let mut reader = Reader::new(stream.try_clone().expect("clone"), PATIENCE);
    for turn in 0.. {
        reader.deadline = Instant::now() + PATIENCE;
        let Ok(head) = reader.head() else { return };
        log.0.busy.fetch_add(1, Ordering::AcqRel);
        let framing = head.request_framing();
        let mut seen =
            Seen { origin: name.to_owned(), connection, turn, peer, head, framing, body: Body::default() };
        let after = exchange(&mut seen, &mut reader, &mut stream, log);
        log.0.busy.fetch_sub(1, Ordering::AcqRel);
        match after {
            Ok(After::Keep) if !seen.head.ends_connection() => {}
            Ok(After::Tunnel) => return tunnel(&mut reader, &mut stream),
            Ok(After::Reset) => {
                let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
                return;
            }
            _ => {
                let _ = stream.shutdown(Shutdown::Write);
                // What still comes is read, so that the close does not turn into a reset and eat the answer.
                reader.deadline = Instant::now() + Duration::from_secs(1);
                while reader.fill().is_ok() {
                    reader.ahead.clear();
                }
                return;
            }
        }
    }
}

/// Reads the rest of one request, records it and answers.
fn exchange(
    seen: &mut Seen,
    reader: &mut Reader,
    stream: &mut TcpStream,
    log: &Log,
) -> std::io::Result<After> {
    let (verb, arg) = instruction(&seen.head);
    let record = |seen: &Seen| log.0.seen.lock().expect("lock").push(seen.clone());
    if verb == "early" {
        record(seen);
        let head = plain(seen, arg.parse().unwrap_or(413), "connection: close\r\n", b"early\n");
        stream.write_all(&head)?;
        return Ok(After::Close);
    }
    if seen.head.field("expect").is_some_and(|v| v.eq_ignore_ascii_case("100-continue")) {
        if verb == "refuse" {
            record(seen);
            stream.write_all(&plain(seen, arg.parse().unwrap_or(417), "", b"refused\n"))?;
            return Ok(After::Keep);
        }
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let (body, stop) = reader.body(seen.framing);
    seen.body = body;
    record(seen);
    match stop {
        Some(Stop::Timeout | Stop::Reset | Stop::Garbage) => Ok(After::Close),
        Some(Stop::Eof) => Ok(After::Reset),
        None => {
            let thinking = log.0.thinking.fetch_add(1, Ordering::AcqRel) + 1;
            log.0.peak.fetch_max(thinking, Ordering::AcqRel);
            if verb == "slow" {
                sleep(Duration::from_millis(arg.parse().unwrap_or(0)));
            }
            log.0.thinking.fetch_sub(1, Ordering::AcqRel);
            answer(seen, &verb, &arg, stream)
        }
    }
}

fn instruction(head: &Head) -> (String, String) {
    let (_, target) = head.request();
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let order = head.field("x-do").unwrap_or(path).trim_start_matches('/');
    let (verb, arg) = order.split_once('/').unwrap_or((order, ""));
    (verb.to_owned(), arg.to_owned())
}

fn answer(seen: &Seen, verb: &str, arg: &str, stream: &mut TcpStream) -> std::io::Result<After> {
    let n = || arg.parse::<usize>().unwrap_or(0);
    let line = "HTTP/1.1 200 OK\r\n";
    let after = match verb {
        "len" => send(stream, plain(seen, 200, "", &pattern(n())), After::Keep)?,
        "chunked" => send(stream, chunked(seen, arg, ""), After::Keep)?,
        "trailers" => send(stream, chunked(seen, "5", "x-sum: 15\r\nx-end: yes\r\n"), After::Keep)?,
        "toclose" => send(stream, [head(seen, line, ""), pattern(n())].concat(), After::Close)?,
        "connclose" => send(stream, plain(seen, 200, "connection: close\r\n", &pattern(n())), After::Close)?,
        "quietclose" => send(stream, plain(seen, 200, "", &pattern(n())), After::Close)?,
        "http10" => send(stream, old(seen, "", n()), After::Close)?,
        "http10ka" => send(stream, old(seen, "connection: keep-alive\r\n", n()), After::Keep)?,
        "status" => {
            let status = arg.parse().unwrap_or(200);
            send(stream, plain(seen, status, "", format!("status {status}\n").as_bytes()), After::Keep)?
        }
        "204" => send(stream, head(seen, "HTTP/1.1 204 No Content\r\n", ""), After::Keep)?,
        "304" => {
            let extra = "content-length: 10\r\netag: \"a\"\r\n";
            send(stream, head(seen, "HTTP/1.1 304 Not Modified\r\n", extra), After::Keep)?
        }
        "slow" => send(stream, plain(seen, 200, "", b"slow\n"), After::Keep)?,
        "slowbody" => {
            let all = plain(seen, 200, "", &pattern(200));
            let (first, second) = all.split_at(all.len() - 100);
            stream.write_all(first)?;
            sleep(Duration::from_millis(arg.parse().unwrap_or(0)));
            send(stream, second, After::Keep)?
        }
        "1xx" => {
            stream.write_all(b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n")?;
            send(stream, plain(seen, 200, "", b"final\n"), After::Keep)?
        }
        "echo" => send(stream, plain(seen, 200, "", &seen.body.bytes), After::Keep)?,
        "echohead" => send(stream, plain(seen, 200, "", &seen.head.raw), After::Keep)?,
        "half" => {
            let all = plain(seen, 200, "", &pattern(n()));
            send(stream, &all[..all.len() - n() / 2], After::Close)?
        }
        "headhalf" => {
            let all = plain(seen, 200, "", &pattern(n()));
            let (head, body) = all.split_at(all.len() - n());
            stream.write_all(head)?;
            sleep(Duration::from_millis(100));
            stream.write_all(&body[..n() / 2])?;
            sleep(Duration::from_millis(100));
            After::Close
        }
        "halfchunk" => {
            let all = head(seen, line, "transfer-encoding: chunked\r\n");
            send(stream, [all.as_slice(), b"5\r\nabcde\r\n10\r\nabc"].concat(), After::Close)?
        }
        "none" => After::Close,
        "reset" => After::Reset,
        "raw" => {
            let raw = arg.replace("\\r", "\r").replace("\\n", "\n").replace("%20", " ");
            send(stream, raw, After::Close)?
        }
        "bighead" => {
            let extra = format!("x-big: {}\r\ncontent-length: 0\r\n", "b".repeat(n()));
            send(stream, head(seen, line, &extra), After::Keep)?
        }
        "upgrade" => {
            let to = seen.head.field("upgrade").unwrap_or("websocket");
            let key = seen.head.field("sec-websocket-key").filter(|_| arg != "keyless");
            let accept = key
                .filter(|k| *k == WEBSOCKET_KEY)
                .map_or(String::new(), |_| format!("sec-websocket-accept: {WEBSOCKET_ACCEPT}\r\n"));
            let extra = format!("connection: Upgrade\r\nupgrade: {to}\r\n{accept}");
            send(stream, head(seen, "HTTP/1.1 101 Switching Protocols\r\n", &extra), After::Tunnel)?
        }
        _ => {
            let text = format!("{} {}\n", seen.origin, seen.head.line);
            send(stream, plain(seen, 200, "", text.as_bytes()), After::Keep)?
        }
    };
    Ok(after)
}

fn send(stream: &mut TcpStream, bytes: impl AsRef<[u8]>, after: After) -> std::io::Result<After> {
    stream.write_all(bytes.as_ref())?;
    Ok(after)
}

/// A head with the origin's name, the fields the request asked for, and `extra` (lines with their ends).
fn head(seen: &Seen, line: &str, extra: &str) -> Vec<u8> {
    let mut all = format!("{line}x-origin: {}\r\n", seen.origin);
    for field in seen.head.all("x-add") {
        all.push_str(field);
        all.push_str("\r\n");
    }
    all.push_str(extra);
    all.push_str("\r\n");
    all.bytes().collect()
}

/// An answer with a length; to HEAD only its head.
fn plain(seen: &Seen, status: u16, extra: &str, body: &[u8]) -> Vec<u8> {
    let line = format!("HTTP/1.1 {status} {}\r\n", reason(status));
    with_length(seen, &line, extra, body)
}

fn old(seen: &Seen, extra: &str, len: usize) -> Vec<u8> {
    with_length(seen, "HTTP/1.0 200 OK\r\n", extra, &pattern(len))
}

fn with_length(seen: &Seen, line: &str, extra: &str, body: &[u8]) -> Vec<u8> {
    let mut all = head(seen, line, &format!("{extra}content-length: {}\r\n", body.len()));
    if seen.head.request().0 != "HEAD" {
        all.extend_from_slice(body);
    }
    all
}

fn chunked(seen: &Seen, sizes: &str, trailers: &str) -> Vec<u8> {
    let mut all = head(seen, "HTTP/1.1 200 OK\r\n", "transfer-encoding: chunked\r\n");
    if seen.head.request().0 == "HEAD" {
        return all;
    }
    // A chunk of no bytes would be the last one.
    for size in sizes.split(',').filter_map(|s| s.parse::<usize>().ok()).filter(|size| *size > 0) {
        all.extend_from_slice(format!("{size:x}\r\n").as_bytes());
        all.extend_from_slice(&pattern(size));
        all.extend_from_slice(b"\r\n");
    }
    all.extend_from_slice(format!("0\r\n{trailers}\r\n").as_bytes());
    all
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        302 => "Found",
        401 => "Unauthorized",
        404 => "Not Found",
        413 => "Payload Too Large",
        417 => "Expectation Failed",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Other",
    }
}

/// Gives back what comes until the peer ends.
fn tunnel(reader: &mut Reader, stream: &mut TcpStream) {
    reader.deadline = Instant::now() + PATIENCE;
    loop {
        if stream.write_all(&reader.ahead).is_err() {
            return;
        }
        reader.ahead.clear();
        if reader.fill().is_err() {
            return;
        }
    }
}
