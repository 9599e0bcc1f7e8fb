//! One proxy, servers that tell their number, and a script of requests and commands. The same script for haproxy and for
//! Ringmain gives the same transcript.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::client;
use crate::common::ground::{file, scratch};
use crate::common::ports::Port;
use crate::common::proxy::{Program, Proxy};
use crate::common::{BACK, FRONT};

/// How many servers there are: `S0` … in the environment.
pub const SERVERS: usize = 7;
/// Requests that are on their way at once: each proxy takes them one after the other.
const BATCH: usize = 50;
/// No answer takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What happens, in order.
pub enum Step {
    /// Requests to a backend over one connection; the transcript has the servers' numbers.
    Ask { backend: String, requests: Vec<String> },
    /// The same, with a pause before each half of a body.
    Drip { backend: String, requests: Vec<String> },
    /// Requests without a key, so many.
    Turn { backend: String, count: usize },
    /// The same from one connection of its own for each, from these addresses.
    From { backend: String, clients: Vec<IpAddr> },
    /// A request that its server does not answer before it is let go; requests are numbered from 0.
    Hold { backend: String, request: String },
    /// The server answers the held request of this number.
    Release(usize),
    /// The server that a held request came to by now, or a moment later; or `queued`.
    Arrives(usize),
    /// These columns of `show stat`, a line for each server of a backend.
    Columns(String, &'static [&'static str]),
    /// What was said of servers on standard error.
    Said,
    /// A command of the runtime API; its answer is in the transcript.
    Tell(String),
}

pub fn ask(backend: &str, requests: Vec<String>) -> Step {
    Step::Ask { backend: backend.to_owned(), requests }
}

pub fn turn(backend: &str, count: usize) -> Step {
    Step::Turn { backend: backend.to_owned(), count }
}

pub fn tell(command: &str) -> Step {
    Step::Tell(command.to_owned())
}

pub fn hold(backend: &str, request: String) -> Step {
    Step::Hold { backend: backend.to_owned(), request }
}

/// A GET of this target with these further lines.
pub fn get(target: &str, lines: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: h\r\n{lines}")
}

/// Held requests: who arrived where, and who may be answered.
#[derive(Default)]
struct Held {
    arrived: Vec<(usize, usize)>,
    released: HashSet<usize>,
    over: bool,
}

type Gate = Arc<(Mutex<Held>, Condvar)>;

/// The servers, for every proxy of one test.
pub struct Stage {
    env: Vec<(String, String)>,
    front: Port,
    socket: std::path::PathBuf,
    gate: Gate,
}

impl Stage {
    pub fn new() -> Stage {
        let front = Port::reserve(FRONT);
        let socket = scratch("sock", "");
        let mut env = vec![
            ("F".to_owned(), front.addr.port().to_string()),
            ("SOCKET".to_owned(), socket.display().to_string()),
        ];
        let gate = Gate::default();
        for number in 0..SERVERS {
            let listener = TcpListener::bind((BACK, 0)).expect("a port");
            env.push((format!("S{number}"), listener.local_addr().expect("its address").to_string()));
            let gate = gate.clone();
            thread::spawn(move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    let gate = gate.clone();
                    thread::spawn(move || serve(stream, number, &gate));
                }
            });
        }
        Stage { env, front, socket, gate }
    }

    /// Plays a script before a program on these backends.
    pub fn play(&self, program: Program, threads: usize, backends: &str, script: &[Step]) -> Vec<String> {
        let _ = std::fs::remove_file(&self.socket);
        *self.gate.0.lock().expect("lock") = Held::default();
        let config = format!(
            "global
    nbthread {threads}
    stats socket \"${{SOCKET}}\" mode 600 level admin
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    timeout queue 30s
frontend f
    bind \"{FRONT}:${{F}}\"
    monitor-uri /settled
    use_backend %[req.hdr(b)]
{backends}"
        );
        let proxy = Proxy::start(program, &file(&config), &self.env, &[self.front.addr]);
        let mut play = Play { stage: self, proxy: &proxy, held: Vec::new() };
        let transcript = script.iter().map(|step| play.step(step)).collect();
        let mut held = self.gate.0.lock().expect("lock");
        held.over = true;
        self.gate.1.notify_all();
        drop(held);
        drop(proxy);
        transcript
    }

    fn connect(&self, from: IpAddr) -> TcpStream {
        let stream = client::connect(self.front.addr, from).expect("connect to the proxy");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        stream
    }

    /// The server that a held request came to within this time.
    fn arrives(&self, number: usize, within: Duration) -> String {
        let (lock, bell) = &*self.gate;
        let mut gate = lock.lock().expect("lock");
        let arrived = |g: &Held| g.arrived.iter().find(|a| a.0 == number).map(|a| a.1);
        let until = Instant::now() + within;
        while arrived(&gate).is_none() && Instant::now() < until {
            gate = bell.wait_timeout(gate, until.saturating_duration_since(Instant::now())).expect("wait").0;
        }
        arrived(&gate).map_or("queued".to_owned(), |n| n.to_string())
    }

    fn command(&self, command: &str) -> String {
        let mut stream = UnixStream::connect(&self.socket).expect("the statistics socket");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all(format!("{command}\n").as_bytes()).expect("tell");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the answer");
        answer.trim().to_owned()
    }
}

struct Play<'a> {
    stage: &'a Stage,
    proxy: &'a Proxy,
    held: Vec<TcpStream>,
}

impl Play<'_> {
    fn step(&mut self, step: &Step) -> String {
        match step {
            Step::Ask { backend, requests } => {
                let mut stream = self.stage.connect(crate::CLIENT);
                let whole: Vec<String> = requests.iter().map(|r| whole(r, backend)).collect();
                let mut answers = Answers::default();
                whole
                    .chunks(BATCH)
                    .map(|batch| {
                        stream.write_all(batch.concat().as_bytes()).expect("send");
                        let said: String = batch.iter().map(|_| answers.next(&mut stream)).collect();
                        settle(&mut stream);
                        said
                    })
                    .collect()
            }
            Step::Drip { backend, requests } => {
                let mut stream = self.stage.connect(crate::CLIENT);
                let mut answers = Answers::default();
                let send = |request: &String| {
                    let request = whole(request, backend);
                    let (head, body) = request.split_at(request.find("\r\n\r\n").expect("a head") + 4);
                    for part in [head, &body[..body.len() / 2], &body[body.len() / 2..]] {
                        stream.write_all(part.as_bytes()).expect("send");
                        thread::sleep(Duration::from_millis(15));
                    }
                    answers.next(&mut stream)
                };
                requests.iter().map(send).collect()
            }
            Step::Turn { backend, count } => {
                let requests = vec![get("/", ""); *count];
                self.step(&Step::Ask { backend: backend.clone(), requests })
            }
            Step::From { backend, clients } => clients
                .iter()
                .map(|&from| {
                    let mut stream = self.stage.connect(from);
                    stream.write_all(whole(&get("/", ""), backend).as_bytes()).expect("send");
                    let said = Answers::default().next(&mut stream);
                    settle(&mut stream);
                    said
                })
                .collect(),
            Step::Hold { backend, request } => {
                let number = self.held.len();
                let mut stream = self.stage.connect(crate::CLIENT);
                let request = whole(&format!("{request}Hold: {number}\r\n"), backend);
                stream.write_all(request.as_bytes()).expect("send");
                self.held.push(stream);
                // One that waits in a queue arrives nowhere.
                self.stage.arrives(
                    number,
                    Duration::from_millis(if request.contains("Queued") { 300 } else { 20_000 }),
                )
            }
            Step::Arrives(number) => self.stage.arrives(*number, Duration::from_millis(500)),
            Step::Columns(backend, columns) => {
                let csv = self.stage.command("show stat");
                let mut lines = csv.lines();
                let names: Vec<&str> =
                    lines.next().expect("a head").trim_start_matches("# ").split(',').collect();
                let shown = |line: &str| {
                    let both = names.iter().zip(line.split(',')).filter(|(name, _)| columns.contains(name));
                    both.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
                };
                let of = lines.filter(|line| line.starts_with(&format!("{backend},")));
                of.map(shown).collect::<Vec<_>>().join("\n")
            }
            Step::Said => {
                let text = self.proxy.errors();
                let lines =
                    text.lines().filter(|line| line.contains("Server ") || line.contains("has no server"));
                lines
                    .map(|line| line.split_once(") : ").map_or(line, |(_, said)| said))
                    .collect::<Vec<_>>()
                    .join("\n")
            }
            Step::Release(number) => {
                let (lock, bell) = &*self.stage.gate;
                lock.lock().expect("lock").released.insert(*number);
                bell.notify_all();
                let said = Answers::default().next(&mut self.held[*number]);
                settle(&mut self.held[*number]);
                said
            }
            Step::Tell(command) => self.stage.command(command),
        }
    }
}

/// Waits until the last request of a connection is over for the proxy too, which is a moment after its answer: the proxy
/// answers this one itself, and not before.
fn settle(stream: &mut TcpStream) {
    stream.write_all(b"GET /settled HTTP/1.1\r\nHost: h\r\n\r\n").expect("send");
    assert_eq!(Answers::default().next(stream), "?", "an answer without a server");
}

/// A request with its end, and the backend it is for. A body stands behind an empty line already.
fn whole(request: &str, backend: &str) -> String {
    match request.split_once("\r\n\r\n") {
        Some((head, body)) => format!("{head}\r\nb: {backend}\r\n\r\n{body}"),
        None => format!("{request}b: {backend}\r\n\r\n"),
    }
}

/// Answers off one connection: the server's number, or the status where it is not 200.
#[derive(Default)]
struct Answers(Vec<u8>);

impl Answers {
    fn next(&mut self, stream: &mut TcpStream) -> String {
        loop {
            if let Some(end) = self.0.windows(4).position(|w| w == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.0[..end]).to_ascii_lowercase();
                let value = |name: &str| head.split_once(name).and_then(|(_, v)| v.split("\r\n").next());
                let len: usize = value("content-length: ").and_then(|v| v.parse().ok()).unwrap_or(0);
                if self.0.len() >= end + 4 + len {
                    let status = head.split(' ').nth(1).unwrap_or_default();
                    let mut said =
                        if status == "200" { value("x-server: ").unwrap_or("?") } else { status }.to_owned();
                    said += value("\r\nset-cookie: ").unwrap_or_default();
                    self.0.drain(..end + 4 + len);
                    return said;
                }
            }
            let mut buffer = [0; 16_384];
            match stream.read(&mut buffer) {
                Ok(n) if n > 0 => self.0.extend_from_slice(&buffer[..n]),
                _ => return "closed".to_owned(),
            }
        }
    }
}

/// Answers every request with the server's number.
fn serve(mut stream: TcpStream, number: usize, gate: &Gate) {
    let _ = stream.set_nodelay(true);
    let (mut have, mut buffer) = (Vec::new(), [0; 16_384]);
    loop {
        while let Some(end) = have.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&have[..end]).to_ascii_lowercase();
            let value = |name: &str| head.split_once(name).and_then(|(_, v)| v.split("\r\n").next());
            let len: usize = value("content-length: ").and_then(|v| v.parse().ok()).unwrap_or(0);
            let held = value("\r\nhold: ").and_then(|v| v.parse::<usize>().ok());
            if have.len() < end + 4 + len {
                break;
            }
            let mut whole = end + 4 + len;
            if head.contains("transfer-encoding: chunked") {
                match have[end + 4..].windows(5).position(|w| w == b"0\r\n\r\n") {
                    Some(at) => whole += at + 5,
                    None => break,
                }
            }
            have.drain(..whole);
            if let Some(id) = held {
                wait(gate, id, number);
            }
            let answer = format!("HTTP/1.1 200 OK\r\nX-Server: {number}\r\nContent-Length: 0\r\n\r\n");
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
        match stream.read(&mut buffer) {
            Ok(n) if n > 0 => have.extend_from_slice(&buffer[..n]),
            _ => return,
        }
    }
}

fn wait(gate: &Gate, id: usize, number: usize) {
    let (lock, bell) = &**gate;
    let mut held = lock.lock().expect("lock");
    held.arrived.push((id, number));
    bell.notify_all();
    while !held.released.contains(&id) && !held.over {
        held = bell.wait_timeout(held, Duration::from_secs(60)).expect("wait").0;
    }
}

/// Addresses of clients, for those that are known by it.
pub fn clients(count: usize) -> Vec<IpAddr> {
    (0..count).map(|n| IpAddr::from([127, 0, (n * 7 % 250) as u8, (n * 13 % 250 + 1) as u8])).collect()
}
