//! The load: one thread, one epoll set, thousands of connections.
//!
//! Runs as `loadtest __client`, gets a [`ClientSpec`] and then [`Phase`]s on its standard input, answers with
//! [`Said`]. Several of them share a scenario when one process would run out of descriptors.

use crate::answer::{Answer, Known};
use crate::hist::Latencies;
use crate::rng::{Rng, surge};
use crate::schedule::Schedule;
use crate::sys::{self, Epoll};
use crate::wire::{Ask, ClientSpec, Pace, Phase, PhaseResult, Said, TICK_NS};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io::{self, BufRead, Write};
use std::os::fd::{AsRawFd, OwnedFd};

mod receive;
mod send;

const STDIN: u64 = u64::MAX;
/// Connections that may be on their way at a time while all are opened.
const OPENING: u32 = 256;
/// How long answers may come after the end of an open phase.
const DRAIN_NS: u64 = 1_000_000_000;
/// Steps of a slow client within which all of them begin.
const SLOW_SPREAD: f64 = 20.0;
const SECOND: u64 = 1_000_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No socket; waits for a timer or a reason.
    Down,
    Connecting,
    Idle,
    Busy,
}

#[derive(Debug)]
struct Conn {
    fd: Option<OwnedFd>,
    state: State,
    primed: bool,
    /// Answers still owed.
    owed: u32,
    /// What latency counts from.
    from: u64,
    sent_at: u64,
    answer: Answer,
    /// Bytes of the body still to send, or of the slow request's head.
    unsent: u64,
    /// Files left of the user's page.
    files: u16,
    /// Timers of an older life of this connection do nothing.
    life: u32,
    /// The heap has a timer of this connection.
    armed: bool,
}

pub fn main() -> Result<(), String> {
    sys::raise_descriptors();
    sys::exact_timers();
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|e| e.to_string())?;
    let spec: ClientSpec = serde_json::from_str(&line).map_err(|e| format!("the load's order: {e}"))?;
    let result = Client::new(spec).and_then(|mut c| c.run());
    if let Err(e) = &result {
        say(&Said::Failed(e.to_string()));
    }
    Ok(())
}

fn say(what: &Said) {
    let mut text = serde_json::to_string(what).expect("results are JSON");
    text.push('\n');
    let mut out = io::stdout().lock();
    // The parent that is gone needs no answer.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

struct Client {
    spec: ClientSpec,
    epoll: Epoll,
    conns: Vec<Conn>,
    request: Vec<u8>,
    body: Option<std::fs::File>,
    known: Known,
    buffer: Vec<u8>,
    waste: Vec<u8>,
    /// Connections free for the schedule.
    free: Vec<u32>,
    /// Due requests that found no free connection.
    late: VecDeque<u64>,
    timers: BinaryHeap<Reverse<(u64, u32, u32)>>,
    rng: Rng,
    schedule: Option<Schedule>,
    phase: Option<Phase>,
    result: PhaseResult,
    latencies: Latencies,
    lag: Latencies,
    answers_ever: u64,
    opening: u32,
    next_open: u32,
    primed: u32,
    ready: bool,
    next_scan: u64,
    source: usize,
    input: Vec<u8>,
    over: bool,
}

const BODY_FILE: usize = 8 << 20;

impl Client {
    fn new(spec: ClientSpec) -> io::Result<Self> {
        let epoll = Epoll::new()?;
        sys::set_nonblocking(0)?;
        epoll.add(0, sys::IN, STDIN)?;
        let body = matches!(spec.ask, Ask::Post { .. }).then(|| sys::memory_file(BODY_FILE)).transpose()?;
        let conns = (0..spec.connections)
            .map(|_| Conn {
                fd: None,
                state: State::Down,
                primed: false,
                owed: 0,
                from: 0,
                sent_at: 0,
                answer: Answer::default(),
                unsent: 0,
                files: 0,
                life: 0,
                armed: false,
            })
            .collect();
        let one = send::request(&spec, None);
        let request = one.repeat(spec.depth.max(1) as usize);
        Ok(Self {
            rng: Rng::new(spec.seed),
            spec,
            epoll,
            conns,
            request,
            body,
            known: Known::default(),
            buffer: vec![0; 1 << 16],
            waste: vec![0; 1 << 20],
            free: Vec::new(),
            late: VecDeque::new(),
            timers: BinaryHeap::new(),
            schedule: None,
            phase: None,
            result: PhaseResult::default(),
            latencies: Latencies::default(),
            lag: Latencies::default(),
            answers_ever: 0,
            opening: 0,
            next_open: 0,
            primed: 0,
            ready: false,
            next_scan: 0,
            source: 0,
            input: Vec::new(),
            over: false,
        })
    }

    fn run(&mut self) -> io::Result<()> {
        if !self.spec.prime {
            self.primed = self.spec.connections;
        }
        while !self.over {
            let now = sys::now_ns();
            self.open_more();
            self.send_due(now);
            self.fire(now);
            self.end_phase(now);
            if now >= self.next_scan {
                self.next_scan = now + SECOND / 4;
                self.scan(now);
            }
            self.hopeless()?;
            if !self.ready && self.primed >= self.spec.connections {
                self.ready = true;
                say(&Said::Ready { errors: std::mem::take(&mut self.result.errors) });
            }
            let mut until = self.next_scan;
            if let Some(due) = self.schedule.as_ref().and_then(Schedule::peek) {
                until = until.min(due);
            }
            if let Some(Reverse((at, ..))) = self.timers.peek() {
                until = until.min(*at);
            }
            if let Some(phase) = &self.phase {
                until = until.min(if now < phase.end { phase.end } else { now + 1_000_000 });
            }
            let n = self.epoll.wait(Some(until))?;
            for i in 0..n {
                let (events, token) = self.epoll.event(i);
                if token == STDIN {
                    self.orders()?;
                } else {
                    self.on_event(token, events);
                }
            }
        }
        Ok(())
    }

    /// A server that answers nobody would keep the start waiting for ever.
    fn hopeless(&self) -> io::Result<()> {
        let failed: u64 = self.result.errors.values().sum();
        if self.ready || failed < 100 + 2 * u64::from(self.spec.connections) {
            return Ok(());
        }
        let kinds = self.result.errors.iter().map(|(kind, n)| format!("{n} × {kind}"));
        let kinds = kinds.collect::<Vec<_>>().join(", ");
        let (open, all) = (self.primed, self.spec.connections);
        Err(io::Error::other(format!("{open} of {all} connections had a first answer, then: {kinds}")))
    }

    fn orders(&mut self) -> io::Result<()> {
        let mut piece = [0; 4096];
        match sys::read(0, &mut piece) {
            Ok(0) => self.over = true,
            Ok(n) => self.input.extend_from_slice(&piece[..n]),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(e) => return Err(e),
        }
        while let Some(end) = memchr::memchr(b'\n', &self.input) {
            let line: Vec<u8> = self.input.drain(..=end).collect();
            let phase: Phase = serde_json::from_slice(&line)?;
            self.begin(phase);
        }
        Ok(())
    }

    fn begin(&mut self, phase: Phase) {
        self.result = PhaseResult::default();
        let ticks = (phase.end - phase.measure).div_ceil(TICK_NS) as usize;
        self.result.ticks = vec![(0, 0); ticks];
        self.latencies.clear();
        self.lag.clear();
        let first = self.phase.is_none();
        match self.spec.pace {
            Pace::Open => {
                self.spec.seed = self.spec.seed.wrapping_add(1);
                self.schedule = Some(Schedule::new(phase.rate, phase.start, phase.end, self.spec.seed));
            }
            Pace::Closed => {
                self.phase = Some(phase);
                for i in 0..self.conns.len() {
                    self.continue_closed(i);
                }
                return;
            }
            Pace::Users => {
                // Users are anywhere in their pauses when one begins to look.
                for i in 0..self.conns.len() {
                    if self.conns[i].state != State::Busy && !self.conns[i].armed {
                        let wait =
                            if first { 3.0 * self.rng.unit() } else { surge::inactive_off(&mut self.rng) };
                        self.arm(i, phase.start + (wait * 1e9) as u64);
                    }
                }
            }
            Pace::Slow { every_ms, .. } => {
                // Over more than a request takes: otherwise all would end theirs in the same moment, again and again.
                for i in 0..self.conns.len() {
                    if !self.conns[i].armed {
                        let wait = (SLOW_SPREAD * every_ms as f64 * 1e6 * self.rng.unit()) as u64;
                        self.arm(i, phase.start + wait);
                    }
                }
            }
        }
        self.phase = Some(phase);
    }

    /// At the end of the phase: says what it brought, once nothing is outstanding or too much time has gone.
    fn end_phase(&mut self, now: u64) {
        let Some(phase) = &self.phase else { return };
        if now < phase.end {
            return;
        }
        if self.spec.pace == Pace::Open {
            let waiting = self.conns.iter().any(|c| c.state == State::Busy) || !self.late.is_empty();
            if waiting && now < phase.end + DRAIN_NS {
                return;
            }
            let unsent = self.late.len() as u64;
            self.late.clear();
            self.count("never sent: no connection was free", unsent);
            for i in 0..self.conns.len() {
                if self.conns[i].state == State::Busy {
                    self.fail(i, "no answer");
                }
            }
        }
        self.phase = None;
        self.schedule = None;
        self.result.latencies = self.latencies.buckets();
        self.result.lag = self.lag.buckets();
        self.result.answers_ever = self.answers_ever;
        say(&Said::Done(Box::new(std::mem::take(&mut self.result))));
    }

    fn count(&mut self, kind: &str, n: u64) {
        if n > 0 {
            *self.result.errors.entry(kind.to_owned()).or_default() += n;
        }
    }

    fn running(&self, now: u64) -> bool {
        self.phase.as_ref().is_some_and(|p| now < p.end)
    }

    /// Whether an event of this time counts, and in which tick.
    fn tick(&self, now: u64) -> Option<usize> {
        let phase = self.phase.as_ref()?;
        (now >= phase.measure && now < phase.end).then(|| ((now - phase.measure) / TICK_NS) as usize)
    }

    // --- opening and closing

    fn open_more(&mut self) {
        while self.spec.prime && self.next_open < self.spec.connections && self.opening < OPENING {
            let i = self.next_open as usize;
            self.next_open += 1;
            self.opening += 1;
            self.open(i);
        }
    }

    fn open(&mut self, i: usize) {
        let to = self.spec.to[i % self.spec.to.len()];
        let source = (!self.spec.sources.is_empty()).then(|| {
            self.source = self.source.wrapping_add(1);
            self.spec.sources[self.source % self.spec.sources.len()]
        });
        let rcvbuf = matches!(self.spec.pace, Pace::Slow { .. }).then_some(4096);
        let conn = &mut self.conns[i];
        conn.life = conn.life.wrapping_add(1);
        conn.answer = Answer::default();
        conn.owed = 0;
        conn.unsent = 0;
        match sys::connect(to, source, rcvbuf) {
            Ok(fd) => {
                let events = sys::IN | sys::OUT | sys::EDGE | sys::RDHUP;
                // Without its edge the connection would hang: as bad as no socket.
                if self.epoll.add(fd.as_raw_fd(), events, token(i, conn.life)).is_err() {
                    return self.fail(i, "connect: no room in epoll");
                }
                conn.fd = Some(fd);
                conn.state = State::Connecting;
                conn.sent_at = sys::now_ns();
            }
            Err(e) => {
                let kind = format!("connect: {}", short(&e));
                self.fail(i, &kind);
            }
        }
    }

    /// Something went wrong with a connection: counted, closed, opened again a little later.
    fn fail(&mut self, i: usize, kind: &str) {
        self.count(kind, 1);
        self.drop_conn(i);
        let now = sys::now_ns();
        self.arm(i, now + 20_000_000);
    }

    fn drop_conn(&mut self, i: usize) {
        let conn = &mut self.conns[i];
        if conn.state == State::Idle && self.spec.pace == Pace::Open {
            // Its entry in `free` is found stale when it is taken.
            conn.files = 0;
        }
        conn.fd = None;
        conn.state = State::Down;
        conn.owed = 0;
        conn.life = conn.life.wrapping_add(1);
        conn.armed = false;
    }

    fn arm(&mut self, i: usize, at: u64) {
        let conn = &mut self.conns[i];
        conn.armed = true;
        self.timers.push(Reverse((at, i as u32, conn.life)));
    }

    fn fire(&mut self, now: u64) {
        while let Some(&Reverse((at, i, life))) = self.timers.peek() {
            if at > now {
                break;
            }
            self.timers.pop();
            let i = i as usize;
            if self.conns[i].life != life {
                continue;
            }
            self.conns[i].armed = false;
            let primed = self.ready || self.spec.prime;
            match (self.spec.pace, self.conns[i].state) {
                (Pace::Slow { .. }, State::Idle | State::Busy) => self.slow(i, now, at),
                (Pace::Users, State::Idle) if self.running(now) => self.send_user(i, at),
                // Between phases users pause and nothing is opened again that nobody needs.
                (_, State::Down) if primed => {
                    let from = if self.spec.pace == Pace::Users { at } else { now };
                    self.conns[i].from = from;
                    self.open(i);
                }
                _ => {}
            }
        }
    }

    /// Answers that do not come.
    fn scan(&mut self, now: u64) {
        let limit = self.spec.timeout_ms * 1_000_000;
        for i in 0..self.conns.len() {
            let c = &self.conns[i];
            if matches!(c.state, State::Busy | State::Connecting) && now.saturating_sub(c.sent_at) > limit {
                let kind = if c.state == State::Busy { "no answer" } else { "connect: timeout" };
                self.fail(i, kind);
            }
        }
    }
}

fn token(i: usize, life: u32) -> u64 {
    u64::from(life) << 32 | i as u64
}

fn short(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::ConnectionRefused => "refused".into(),
        io::ErrorKind::ConnectionReset => "reset".into(),
        io::ErrorKind::BrokenPipe => "closed".into(),
        io::ErrorKind::AddrNotAvailable => "no free port".into(),
        io::ErrorKind::TimedOut => "timeout".into(),
        _ => e.to_string(),
    }
}
