//! A client that sends exactly the bytes it is told, in the pieces it is told, and keeps everything that comes back.

use std::io::Write;
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use super::wire::{Body, Framing, Head, Reader, Stop};

/// One thing the client does.
#[derive(Clone, Debug)]
pub enum Step {
    Send(Vec<u8>),
    Pause(Duration),
    /// Waits until so many heads have come, 1xx ones included.
    AwaitHeads(usize),
    /// Closes the sending half.
    Fin,
}

/// What the client is to do and how much it waits for.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub steps: Vec<Step>,
    /// The methods of the requests in order: the answer to HEAD has no body.
    pub methods: Vec<String>,
    /// Final answers to wait for.
    pub answers: usize,
    /// Bytes to wait for behind a 101.
    pub tunnel: usize,
    /// Not HTTP: read until the end and keep the bytes.
    pub opaque: bool,
    pub from: IpAddr,
    /// How long to wait for the answers.
    pub patience: Duration,
    /// How long an open connection must stay open and silent to count as kept.
    pub linger: Duration,
}

impl Default for Exchange {
    fn default() -> Self {
        Exchange {
            steps: Vec::new(),
            methods: Vec::new(),
            answers: 1,
            tunnel: 0,
            opaque: false,
            from: super::CLIENT,
            patience: super::PATIENCE,
            linger: Duration::from_millis(60),
        }
    }
}

/// One answer: interim ones stand in the list by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub head: Head,
    pub body: Body,
}

/// How it stood with the connection at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Kept,
    Closed,
    Reset,
    /// The answers did not come in time.
    TimedOut,
    /// What came was not HTTP.
    Garbage,
}

#[derive(Clone, Debug)]
pub struct Outcome {
    pub answers: Vec<Answer>,
    /// What came and belongs to no answer.
    pub rest: Vec<u8>,
    pub end: End,
    /// From connect to the last byte.
    pub took: Duration,
}

impl Outcome {
    /// The statuses in order, 1xx included.
    pub fn statuses(&self) -> Vec<u16> {
        self.answers.iter().map(|a| a.head.status()).collect()
    }
}

/// Connects from a given address; over IPv6 from the one the kernel chooses.
pub fn connect(to: SocketAddr, from: IpAddr) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
    if to.is_ipv4() {
        socket.bind(&SocketAddr::new(from, 0).into())?;
    }
    socket.connect_timeout(&to.into(), super::PATIENCE)?;
    socket.set_tcp_nodelay(true)?;
    Ok(socket.into())
}

/// Sends one request on its own connection and gives its answer.
pub fn get(to: SocketAddr, request: impl AsRef<[u8]>) -> Outcome {
    let request = request.as_ref().to_vec();
    let method = super::text(request.split(|b| *b == b' ').next().unwrap_or_default());
    run(
        to,
        &Exchange {
            steps: vec![Step::Send(request)],
            methods: vec![method],
            linger: Duration::ZERO,
            ..Exchange::default()
        },
    )
}

/// Does the exchange. The steps run in a thread of their own, so that a large upload and its echo cannot block each other.
pub fn run(to: SocketAddr, exchange: &Exchange) -> Outcome {
    let began = Instant::now();
    let stream = match connect(to, exchange.from) {
        Ok(stream) => stream,
        // Who rejects a connection at once may be faster than our call.
        Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => {
            let (answers, rest) = (Vec::new(), Vec::new());
            return Outcome { answers, rest, end: End::Reset, took: began.elapsed() };
        }
        Err(e) => panic!("connect to {to}: {e}"),
    };
    let heads = Arc::new(AtomicUsize::new(0));
    let over = Arc::new(AtomicBool::new(false));
    let writer = {
        let (stream, steps) = (stream.try_clone().expect("clone"), exchange.steps.clone());
        let (heads, over) = (heads.clone(), over.clone());
        thread::spawn(move || write(stream, &steps, &heads, &over))
    };
    let mut reader = Reader::new(stream.try_clone().expect("clone"), exchange.patience);
    let mut outcome = Outcome { answers: Vec::new(), rest: Vec::new(), end: End::Kept, took: Duration::ZERO };
    let mut stop = if exchange.opaque {
        opaque(&mut reader, &mut outcome)
    } else {
        answers(&mut reader, exchange, &mut outcome, &heads)
    };
    outcome.took = began.elapsed();
    if stop.is_none() {
        stop = linger(&mut reader, exchange, &mut outcome, &heads);
    } else if stop == Some(Stop::Timeout) {
        outcome.end = End::TimedOut;
    }
    match stop {
        Some(Stop::Eof) => outcome.end = End::Closed,
        Some(Stop::Reset) => outcome.end = End::Reset,
        Some(Stop::Garbage) => outcome.end = End::Garbage,
        Some(Stop::Timeout) | None => {}
    }
    outcome.rest.append(&mut reader.ahead);
    over.store(true, Ordering::Release);
    let _ = stream.shutdown(Shutdown::Both);
    let _ = writer.join();
    outcome
}

fn write(mut stream: TcpStream, steps: &[Step], heads: &AtomicUsize, over: &AtomicBool) {
    for step in steps {
        match step {
            Step::Send(bytes) => {
                if stream.write_all(bytes).is_err() {
                    return;
                }
            }
            Step::Pause(time) => sleep(*time),
            Step::AwaitHeads(n) => {
                while heads.load(Ordering::Acquire) < *n {
                    if over.load(Ordering::Acquire) {
                        return;
                    }
                    sleep(Duration::from_millis(1));
                }
            }
            Step::Fin => {
                let _ = stream.shutdown(Shutdown::Write);
            }
        }
    }
}

/// Reads until the last final answer; `None` when all came and the connection is still open.
fn answers(
    reader: &mut Reader,
    exchange: &Exchange,
    outcome: &mut Outcome,
    heads: &AtomicUsize,
) -> Option<Stop> {
    let mut finals = 0;
    while finals < exchange.answers {
        let head = match reader.head() {
            Ok(head) => head,
            Err(stop) => return Some(stop),
        };
        heads.fetch_add(1, Ordering::Release);
        let status = head.status();
        if status == 101 {
            let mut body = Body::default();
            let end = reader.take(exchange.tunnel, &mut body.bytes);
            body.complete = end.is_ok();
            outcome.answers.push(Answer { head, body });
            return end.err();
        }
        let method = exchange.methods.get(finals).map_or("GET", String::as_str);
        let framing = head.answer_framing(method);
        let (body, stop) = reader.body(framing);
        outcome.answers.push(Answer { head, body });
        if stop.is_some() {
            return stop;
        }
        if framing == Framing::ToClose {
            return Some(Stop::Eof);
        }
        finals += usize::from(status >= 200);
    }
    None
}

/// Looks whether an open connection stays open, and keeps answers nobody asked for.
fn linger(
    reader: &mut Reader,
    exchange: &Exchange,
    outcome: &mut Outcome,
    heads: &AtomicUsize,
) -> Option<Stop> {
    if exchange.linger.is_zero() {
        return None;
    }
    reader.deadline = Instant::now() + exchange.linger;
    if outcome.answers.last().is_some_and(|a| a.head.status() == 101) {
        return opaque(reader, outcome);
    }
    let more = Exchange { answers: usize::MAX, methods: Vec::new(), ..exchange.clone() };
    answers(reader, &more, outcome, heads)
}

fn opaque(reader: &mut Reader, outcome: &mut Outcome) -> Option<Stop> {
    loop {
        outcome.rest.append(&mut reader.ahead);
        if let Err(stop) = reader.fill() {
            return Some(stop);
        }
    }
}
