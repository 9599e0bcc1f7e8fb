//! The driver from a seed, with virtual time: several cores, their listeners and their connections in one thread.
//!
//! What the kernel may do, it does: bytes arrive in pieces and late, sends take a part, a lasting receive ends by itself or
//! for want of a buffer, operations complete after their stream was closed, connections are reset. What it may not do it
//! does not: bytes stay in order, every operation completes once.

use super::buffer::{CHUNK_SIZE, OutBuf, Pool};
use super::core::Core;
use super::driver::{Completion, ConnectOptions, ConnectTo, Driver, DriverState, Key, Pending};
use super::mailbox::Mailbox;
use super::stream::Listener;
use crate::base::time::Tick;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::RawFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Bytes that may be on their way, or unread, in one direction.
const WINDOW: usize = 32 * 1_024;
/// Turns of all cores before a run is taken for one that never ends.
const MAX_STEPS: u64 = 3_000_000;
/// Descriptors of the simulator: below every number the kernel or a handle uses.
const FIRST_FD: RawFd = -1_000;

/// How often things go wrong, each in thousandths.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// A send resets the connection.
    pub reset: u32,
    /// A lasting receive ends by itself after a piece.
    pub receive_ends: u32,
    /// A receive finds no buffer.
    pub no_buffer: u32,
    /// An accept ends with EMFILE.
    pub accept_fails: u32,
}

/// A small generator (splitmix64): the same seed, the same run.
#[derive(Clone, Debug)]
pub struct Rng(pub u64);

impl Rng {
    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.draw() % n as u64) as usize
    }

    /// True `thousandths` times in a thousand.
    pub fn chance(&mut self, thousandths: u32) -> bool {
        (self.draw() % 1_000) < u64::from(thousandths)
    }
}

/// One end of a connection.
struct End {
    /// Who owns it, once somebody does.
    owner: Option<(usize, Key)>,
    peer: RawFd,
    local: SocketAddr,
    rx: VecDeque<u8>,
    /// The end of what comes: 0 or an errno.
    rx_end: Option<i32>,
    armed: bool,
    /// The receive ends with the next piece.
    once: bool,
    /// A delivery is scheduled.
    delivering: bool,
    closed: bool,
    connecting: bool,
    /// Bytes of ours that the peer has not read yet.
    outstanding: usize,
    /// A send that waits for room.
    waiting: Option<usize>,
    /// Nothing of ours arrives before this: order is kept.
    last_arrival: Tick,
    fin_sent: bool,
}

struct ListenEnd {
    owner: (usize, Key),
    addr: SocketAddr,
    armed: bool,
    backlog: VecDeque<RawFd>,
}

enum Event {
    Arrive(RawFd, Vec<u8>),
    End(RawFd, i32),
    Deliver(RawFd),
    Connect(RawFd, SocketAddr),
    Complete(usize, Completion),
}

struct Net {
    now: Tick,
    rng: Rng,
    faults: Faults,
    seq: u64,
    events: BTreeMap<(Tick, u64), Event>,
    ends: HashMap<RawFd, End>,
    listeners: HashMap<RawFd, ListenEnd>,
    black_holes: HashSet<SocketAddr>,
    next_fd: RawFd,
    next_port: u16,
    done: Vec<Vec<Completion>>,
    pools: Vec<Rc<Pool>>,
    trace: u64,
}

/// A simulated network. Clones name the same one.
#[derive(Clone)]
pub struct SimNet(Rc<RefCell<Net>>);

impl SimNet {
    /// A network whose every choice comes from the seed.
    #[must_use]
    pub fn new(seed: u64, faults: Faults) -> SimNet {
        SimNet(Rc::new(RefCell::new(Net {
            now: Tick(1_000_000_000),
            rng: Rng(seed),
            faults,
            seq: 0,
            events: BTreeMap::new(),
            ends: HashMap::new(),
            listeners: HashMap::new(),
            black_holes: HashSet::new(),
            next_fd: FIRST_FD,
            next_port: 10_000,
            done: Vec::new(),
            pools: Vec::new(),
            trace: seed,
        })))
    }

    /// A core on this network.
    #[must_use]
    pub fn core(&self) -> Core {
        let mut net = self.0.borrow_mut();
        let index = net.done.len();
        net.done.push(Vec::new());
        let pool = Pool::new();
        net.pools.push(pool.clone());
        drop(net);
        Core::with_driver(Box::new(Sim { net: self.0.clone(), index, pool }), Arc::new(Mailbox::default()))
    }

    /// Listens on an address; several listeners on one share its connections.
    ///
    /// # Panics
    /// Never: a simulated address is always free.
    #[must_use]
    pub fn listen(&self, core: &Core, addr: SocketAddr) -> Listener {
        let fd = {
            let mut net = self.0.borrow_mut();
            net.next_fd -= 1;
            let fd = net.next_fd;
            let nobody = (usize::MAX, Key { slot: u32::MAX, generation: 0 });
            net.listeners
                .insert(fd, ListenEnd { owner: nobody, addr, armed: false, backlog: VecDeque::new() });
            fd
        };
        core.listen_raw(fd).expect("a simulated listener can be watched")
    }

    /// Connections to this address never come about and never fail.
    pub fn black_hole(&self, addr: SocketAddr) {
        self.0.borrow_mut().black_holes.insert(addr);
    }

    /// The virtual time.
    #[must_use]
    pub fn now(&self) -> Tick {
        self.0.borrow().now
    }

    /// A number that two runs share exactly when they did the same.
    #[must_use]
    pub fn trace(&self) -> u64 {
        self.0.borrow().trace
    }

    /// Runs the cores until `done`, or until nothing can happen any more.
    ///
    /// # Errors
    /// What stands still, or that it never ends.
    pub fn run(&self, cores: &[Core], mut done: impl FnMut() -> bool) -> Result<(), String> {
        for _ in 0..MAX_STEPS {
            if done() {
                return Ok(());
            }
            let now = self.now();
            let ready: Vec<usize> = (0..cores.len())
                .filter(|&i| {
                    cores[i].has_ready()
                        || !self.0.borrow().done[i].is_empty()
                        || cores[i].next_timer().is_some_and(|t| t <= now)
                })
                .collect();
            if !ready.is_empty() {
                let pick = self.0.borrow_mut().rng.below(ready.len());
                cores[ready[pick]].turn(Some(Tick::ZERO));
                continue;
            }
            let timer = cores.iter().filter_map(Core::next_timer).min();
            let event = self.0.borrow().events.keys().next().map(|k| k.0);
            let Some(next) = timer.into_iter().chain(event).min() else {
                let tasks: Vec<usize> = cores.iter().map(Core::live_tasks).collect();
                return Err(format!("nothing can happen any more; tasks alive on the cores: {tasks:?}"));
            };
            self.0.borrow_mut().advance(next);
        }
        Err(format!("not done after {MAX_STEPS} steps"))
    }

    /// Runs the cores for so long.
    ///
    /// # Errors
    /// It never ends.
    pub fn run_for(&self, cores: &[Core], time: Duration) -> Result<(), String> {
        let end = self.now() + time;
        // Something has to happen at the end.
        self.0.borrow_mut().at(end, Event::Complete(0, Completion::Notified));
        self.run(cores, || self.now() >= end)
    }
}

impl Net {
    fn at(&mut self, when: Tick, event: Event) {
        self.seq += 1;
        self.events.insert((when, self.seq), event);
    }

    /// Up to two milliseconds from now, mostly less.
    fn soon(&mut self) -> Tick {
        let micros = match self.rng.below(10) {
            0..=5 => self.rng.below(20),
            6..=8 => self.rng.below(300),
            _ => self.rng.below(2_000),
        };
        self.now + Duration::from_micros(micros as u64)
    }

    fn later(&mut self, event: Event) {
        let when = self.soon();
        self.at(when, event);
    }

    fn note(&mut self, what: u64) {
        self.trace = (self.trace ^ what ^ self.now.0).wrapping_mul(0x0100_0000_01b3).rotate_left(17);
    }

    fn advance(&mut self, to: Tick) {
        self.now = self.now.max(to);
        while let Some(entry) = self.events.first_entry().filter(|e| e.key().0 <= self.now) {
            let event = entry.remove();
            self.happen(event);
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrive(fd, bytes) => {
                self.note(bytes.len() as u64);
                if let Some(end) = self.ends.get_mut(&fd)
                    && !end.closed
                    && end.rx_end != Some(libc::ECONNRESET)
                {
                    end.rx.extend(bytes);
                    self.schedule_delivery(fd);
                }
            }
            Event::End(fd, error) => {
                self.note(2);
                if let Some(end) = self.ends.get_mut(&fd)
                    && !end.closed
                {
                    if error != 0 {
                        end.rx.clear();
                        end.rx_end = Some(error);
                        if end.waiting.take().is_some() {
                            let (core, key) = end.owner.expect("a sender is owned");
                            self.later(Event::Complete(
                                core,
                                Completion::Sent { key, result: Err(libc::EPIPE) },
                            ));
                        }
                    } else if end.rx_end.is_none() {
                        end.rx_end = Some(0);
                    }
                    self.schedule_delivery(fd);
                }
            }
            Event::Deliver(fd) => self.deliver(fd),
            Event::Connect(fd, to) => self.connect(fd, to),
            Event::Complete(core, completion) => self.done[core].push(completion),
        }
    }

    fn schedule_delivery(&mut self, fd: RawFd) {
        let Some(end) = self.ends.get_mut(&fd) else { return };
        if end.armed && !end.delivering && (!end.rx.is_empty() || end.rx_end.is_some()) {
            end.delivering = true;
            self.later(Event::Deliver(fd));
        }
    }

    /// Gives a piece of what has arrived to the owner.
    fn deliver(&mut self, fd: RawFd) {
        let (no_buffer, receive_ends) =
            (self.rng.chance(self.faults.no_buffer), self.rng.chance(self.faults.receive_ends));
        let size = match self.rng.below(4) {
            0 => 1 + self.rng.below(4),
            1 => 1 + self.rng.below(600),
            _ => CHUNK_SIZE,
        };
        let Some(end) = self.ends.get_mut(&fd) else { return };
        end.delivering = false;
        let Some((core, key)) = end.owner.filter(|_| end.armed && !end.closed) else { return };
        if end.rx.is_empty() || no_buffer {
            let error = match (end.rx.is_empty(), end.rx_end) {
                (true, Some(error)) => error,
                (true, None) => return,
                (false, _) => libc::ENOBUFS,
            };
            end.armed = false;
            self.done[core].push(Completion::ReceiveEnded { key, error });
            return;
        }
        let size = size.min(end.rx.len());
        let mut chunk = self.pools[core].take().expect("a simulation holds few buffers");
        for (place, byte) in chunk.room().iter_mut().zip(end.rx.drain(..size)) {
            *place = byte;
        }
        chunk.filled(size);
        if receive_ends || end.once {
            end.armed = false;
        }
        let (armed, peer) = (end.armed, end.peer);
        self.note(3 + size as u64);
        self.done[core].push(Completion::Received { key, chunk, armed });
        self.schedule_delivery(fd);
        self.drained(peer, size);
    }

    /// The peer has read bytes of `fd`'s owner: a send that waits may go on.
    fn drained(&mut self, fd: RawFd, size: usize) {
        let Some(end) = self.ends.get_mut(&fd) else { return };
        end.outstanding = end.outstanding.saturating_sub(size);
        if end.waiting.is_some() && end.outstanding < WINDOW {
            end.waiting = None;
            let (core, key) = end.owner.expect("a sender is owned");
            // Nothing was sent yet: the core tries again.
            self.later(Event::Complete(core, Completion::Sent { key, result: Ok(0) }));
        }
    }

    fn connect(&mut self, fd: RawFd, to: SocketAddr) {
        let Some(end) = self.ends.get_mut(&fd) else { return };
        let (core, key) = end.owner.expect("who connects is owned");
        if !end.connecting {
            return;
        }
        end.connecting = false;
        let mut candidates: Vec<RawFd> =
            self.listeners.iter().filter(|(_, l)| l.addr == to).map(|(fd, _)| *fd).collect();
        candidates.sort_unstable();
        if candidates.is_empty() {
            self.done[core].push(Completion::Connected { key, error: libc::ECONNREFUSED });
            return;
        }
        let listener = candidates[self.rng.below(candidates.len())];
        let local = self.ends[&fd].local;
        let other = self.new_end(None, to);
        self.ends.get_mut(&other).expect("just made").peer = fd;
        self.ends.get_mut(&fd).expect("seen above").peer = other;
        self.note(u64::from(local.port()));
        self.listeners.get_mut(&listener).expect("chosen from them").backlog.push_back(other);
        self.offer(listener);
        self.done[core].push(Completion::Connected { key, error: 0 });
    }

    fn new_end(&mut self, owner: Option<(usize, Key)>, local: SocketAddr) -> RawFd {
        self.next_fd -= 1;
        let end = End {
            owner,
            peer: 0,
            local,
            rx: VecDeque::new(),
            rx_end: None,
            armed: false,
            once: false,
            delivering: false,
            closed: false,
            connecting: false,
            outstanding: 0,
            waiting: None,
            last_arrival: Tick::ZERO,
            fin_sent: false,
        };
        self.ends.insert(self.next_fd, end);
        self.next_fd
    }

    /// Hands waiting connections to a listener that accepts.
    fn offer(&mut self, fd: RawFd) {
        let fails = self.rng.chance(self.faults.accept_fails);
        let Some(listener) = self.listeners.get_mut(&fd).filter(|l| l.armed) else { return };
        let (core, key) = listener.owner;
        if fails {
            listener.armed = false;
            self.later(Event::Complete(core, Completion::AcceptEnded { key, error: libc::EMFILE }));
            return;
        }
        let taken: Vec<RawFd> = listener.backlog.drain(..).collect();
        for fd in taken {
            let peer = self.peer_addr(fd);
            self.later(Event::Complete(core, Completion::Accepted { key, fd, peer }));
        }
    }

    fn peer_addr(&self, fd: RawFd) -> Option<SocketAddr> {
        self.ends.get(&fd).and_then(|e| self.ends.get(&e.peer)).map(|p| p.local)
    }

    /// Schedules something at the peer behind everything sent before.
    fn send_to_peer(&mut self, fd: RawFd, event: impl FnOnce(RawFd) -> Event) {
        let soon = self.soon();
        let Some(end) = self.ends.get_mut(&fd) else { return };
        end.last_arrival = end.last_arrival.max(soon);
        let (peer, when) = (end.peer, end.last_arrival);
        if peer != 0 {
            self.at(when, event(peer));
        }
    }
}

/// The driver of one core.
struct Sim {
    net: Rc<RefCell<Net>>,
    index: usize,
    pool: Rc<Pool>,
}

impl Driver for Sim {
    fn name(&self) -> &'static str {
        "simulator"
    }

    fn now(&mut self) -> Tick {
        self.net.borrow().now
    }

    fn pool(&self) -> &Rc<Pool> {
        &self.pool
    }

    fn turn(&mut self, _until: Option<Tick>, out: &mut Vec<Completion>) {
        let mut net = self.net.borrow_mut();
        let turn = 0x100 + self.index as u64;
        net.note(turn);
        out.append(&mut net.done[self.index]);
    }

    fn register(&mut self, key: Key, state: &mut DriverState, _accepted: bool) -> io::Result<()> {
        let mut net = self.net.borrow_mut();
        if let Some(end) = net.ends.get_mut(&state.fd) {
            end.owner = Some((self.index, key));
        } else if let Some(listener) = net.listeners.get_mut(&state.fd) {
            listener.owner = (self.index, key);
        } else {
            return Err(io::Error::from_raw_os_error(libc::EBADF));
        }
        Ok(())
    }

    fn accept(&mut self, _key: Key, state: &mut DriverState) {
        let mut net = self.net.borrow_mut();
        if let Some(listener) = net.listeners.get_mut(&state.fd) {
            listener.armed = true;
        }
        net.offer(state.fd);
    }

    fn stop_accept(&mut self, key: Key, state: &mut DriverState) {
        let mut net = self.net.borrow_mut();
        let Some(listener) = net.listeners.get_mut(&state.fd) else { return };
        if std::mem::take(&mut listener.armed) {
            let index = self.index;
            net.later(Event::Complete(index, Completion::AcceptEnded { key, error: libc::ECANCELED }));
        }
    }

    fn accept_rest(&mut self, state: &mut DriverState, each: &mut dyn FnMut(RawFd, Option<SocketAddr>)) {
        let mut net = self.net.borrow_mut();
        let Some(listener) = net.listeners.get_mut(&state.fd) else { return };
        let taken: Vec<RawFd> = listener.backlog.drain(..).collect();
        for fd in taken {
            each(fd, net.peer_addr(fd));
        }
    }

    fn watch(&mut self, _key: Key, _state: &mut DriverState) {
        unreachable!("nothing is watched in the simulator");
    }

    fn receive(&mut self, _key: Key, state: &mut DriverState) {
        let mut net = self.net.borrow_mut();
        if let Some(end) = net.ends.get_mut(&state.fd) {
            end.armed = true;
            end.once = std::mem::take(&mut state.once);
        }
        net.schedule_delivery(state.fd);
    }

    fn stop_receive(&mut self, key: Key, state: &mut DriverState) {
        let mut net = self.net.borrow_mut();
        let Some(end) = net.ends.get_mut(&state.fd) else { return };
        if std::mem::take(&mut end.armed) {
            let index = self.index;
            net.later(Event::Complete(index, Completion::ReceiveEnded { key, error: libc::ECANCELED }));
        }
    }

    fn send(
        &mut self,
        key: Key,
        state: &mut DriverState,
        bytes: &OutBuf,
        from: usize,
    ) -> Option<Result<usize, i32>> {
        let net = &mut *self.net.borrow_mut();
        let (fd, index) = (state.fd, self.index);
        let rest = &bytes.bytes()[from..];
        let reset = net.rng.chance(net.faults.reset);
        let part = match net.rng.below(3) {
            0 => 1 + net.rng.below(rest.len()),
            _ => rest.len(),
        };
        let end = net.ends.get_mut(&fd).expect("an open stream has an end");
        let peer_gone = end.rx_end == Some(libc::ECONNRESET) || end.fin_sent;
        if peer_gone || reset {
            if reset && !peer_gone {
                end.rx.clear();
                end.rx_end = Some(libc::ECONNRESET);
                net.send_to_peer(fd, |peer| Event::End(peer, libc::ECONNRESET));
                net.schedule_delivery(fd);
            }
            net.later(Event::Complete(index, Completion::Sent { key, result: Err(libc::EPIPE) }));
            return None;
        }
        if end.outstanding >= WINDOW {
            end.waiting = Some(rest.len());
            return None;
        }
        let n = part.min(WINDOW - end.outstanding);
        end.outstanding += n;
        let sent = rest[..n].to_vec();
        net.send_to_peer(fd, |peer| Event::Arrive(peer, sent));
        if net.rng.chance(250) {
            return Some(Ok(n));
        }
        net.later(Event::Complete(index, Completion::Sent { key, result: Ok(n) }));
        None
    }

    fn connect(
        &mut self,
        key: Key,
        state: &mut DriverState,
        to: &ConnectTo,
        _options: &ConnectOptions,
    ) -> io::Result<()> {
        let ConnectTo::Inet(to) = to else { return Err(io::Error::from_raw_os_error(libc::EAFNOSUPPORT)) };
        let mut net = self.net.borrow_mut();
        net.next_port = net.next_port.wrapping_add(1).max(10_000);
        let local =
            SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 1, self.index as u8 + 1)), net.next_port);
        let fd = net.new_end(Some((self.index, key)), local);
        net.ends.get_mut(&fd).expect("just made").connecting = true;
        state.fd = fd;
        if !net.black_holes.contains(to) {
            let to = *to;
            net.later(Event::Connect(fd, to));
        }
        Ok(())
    }

    fn shutdown(&mut self, state: &mut DriverState) {
        let mut net = self.net.borrow_mut();
        let Some(end) = net.ends.get_mut(&state.fd) else { return };
        if !std::mem::replace(&mut end.fin_sent, true) {
            net.send_to_peer(state.fd, |peer| Event::End(peer, 0));
        }
    }

    fn close(&mut self, key: Key, state: &mut DriverState, pending: Pending, reset: bool) -> u8 {
        let pending = pending.count();
        let net = &mut *self.net.borrow_mut();
        let (fd, index) = (state.fd, self.index);
        if let Some(listener) = net.listeners.remove(&fd) {
            if listener.armed {
                net.later(Event::Complete(index, Completion::AcceptEnded { key, error: libc::ECANCELED }));
            }
            for waiting in listener.backlog {
                net.send_to_peer(waiting, |peer| Event::End(peer, libc::ECONNRESET));
                net.ends.remove(&waiting);
            }
            return pending;
        }
        let Some(end) = net.ends.get_mut(&fd) else { return pending };
        end.closed = true;
        let unread = !end.rx.is_empty();
        let (armed, waiting) = (std::mem::take(&mut end.armed), end.waiting.take().is_some());
        let (connecting, fin_sent) = (std::mem::take(&mut end.connecting), end.fin_sent);
        // Each operation under way still ends once, after its stream is gone.
        if armed {
            net.later(Event::Complete(index, Completion::ReceiveEnded { key, error: libc::ECANCELED }));
        }
        if waiting {
            net.later(Event::Complete(index, Completion::Sent { key, result: Err(libc::ECANCELED) }));
        }
        if connecting {
            net.later(Event::Complete(index, Completion::Connected { key, error: libc::ECANCELED }));
        }
        if reset || unread {
            net.send_to_peer(fd, |peer| Event::End(peer, libc::ECONNRESET));
        } else {
            if !fin_sent {
                net.send_to_peer(fd, |peer| Event::End(peer, 0));
            }
            // What the peer sends from now on meets nobody.
            if let Some(peer) = net.ends.get(&fd).map(|e| e.peer)
                && let Some(peer) = net.ends.get_mut(&peer)
            {
                peer.outstanding = 0;
            }
        }
        let peer = net.ends.remove(&fd).map_or(0, |e| e.peer);
        if let Some(other) = net.ends.get_mut(&peer)
            && other.waiting.take().is_some()
        {
            let (core, key) = other.owner.expect("a sender is owned");
            net.later(Event::Complete(core, Completion::Sent { key, result: Err(libc::EPIPE) }));
        }
        pending
    }

    fn has_unread(&self, state: &DriverState) -> bool {
        self.net.borrow().ends.get(&state.fd).is_some_and(|end| !end.rx.is_empty())
    }

    fn local_addr(&self, state: &DriverState) -> Option<SocketAddr> {
        let net = self.net.borrow();
        net.ends.get(&state.fd).map(|e| e.local).or_else(|| net.listeners.get(&state.fd).map(|l| l.addr))
    }
}

/// Runs `check` for `count` seeds, or for the one in `RINGMAIN_SEED`; `RINGMAIN_SEEDS` sets another count. A failure names
/// its seed and the command that replays it.
///
/// # Panics
/// With the first seed that fails.
pub fn for_seeds(
    name: &str,
    count: u64,
    check: impl Fn(u64) -> Result<(), String> + std::panic::RefUnwindSafe,
) {
    let number = |var: &str| std::env::var(var).ok().and_then(|v| v.parse::<u64>().ok());
    let seeds = match number("RINGMAIN_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("RINGMAIN_SEEDS").unwrap_or(count),
    };
    for seed in seeds {
        let outcome = std::panic::catch_unwind(|| check(seed));
        let why = match outcome {
            Ok(Ok(())) => continue,
            Ok(Err(why)) => why,
            Err(_) => "it panicked, see above".to_owned(),
        };
        panic!("seed {seed}: {why}\nreplay: RINGMAIN_SEED={seed} cargo test {name}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn addr(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn faults(seed: u64) -> Faults {
        // Every second seed is calm but for what never harms.
        let reset = if seed.is_multiple_of(2) { 0 } else { 15 };
        Faults { reset, receive_ends: 100, no_buffer: 60, accept_fails: 20 }
    }

    /// An echo of random data: all of it in order, or an error; then nothing is left.
    fn echo(seed: u64) -> Result<(u64, bool), String> {
        let net = SimNet::new(seed, faults(seed));
        let (server, client) = (net.core(), net.core());
        let listener = net.listen(&server, addr(80));
        let core = server.clone();
        server.spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        core.spawn(async move {
                            while let Ok(Some(chunk)) = stream.recv().await {
                                if stream.send(chunk).await.is_err() {
                                    return;
                                }
                            }
                        });
                    }
                    Err(_) => core.sleep_until(core.now() + Duration::from_millis(1)).await,
                }
            }
        });
        let outcome: Rc<Cell<Option<Result<(), &'static str>>>> = Rc::default();
        let (tell, core) = (outcome.clone(), client.clone());
        client.spawn(async move {
            let data: Vec<u8> =
                (0..70_000u32).map(|i| (i.wrapping_mul(seed as u32 | 1) >> 7) as u8).collect();
            let result = async {
                let stream =
                    core.connect(&ConnectTo::Inet(addr(80)), &Default::default()).map_err(|_| "socket")?;
                stream.connected().await.map_err(|_| "connect")?;
                let sending = async {
                    let sent = stream.send(data.clone()).await;
                    stream.shutdown();
                    sent
                };
                let receiving = async {
                    let mut got = Vec::new();
                    loop {
                        // A wait that is dropped again and again loses nothing.
                        let soon = core.now() + Duration::from_micros(200);
                        match core.until(Some(soon), stream.recv()).await {
                            Ok(Ok(Some(chunk))) => got.extend_from_slice(&chunk),
                            Ok(Ok(None)) => return Ok(got),
                            Ok(Err(_)) => return Err("receive"),
                            Err(_) => {}
                        }
                    }
                };
                let (sent, got) = super::super::join(sending, receiving).await;
                let got = got?;
                sent.map_err(|_| "send")?;
                if got == data { Ok(()) } else { Err("bytes lost or changed") }
            }
            .await;
            tell.set(Some(result));
        });
        let cores = [server, client];
        net.run(&cores, || outcome.get().is_some())?;
        let result = outcome.get().expect("just seen");
        if result == Err("bytes lost or changed") || (seed.is_multiple_of(2) && result.is_err()) {
            return Err(format!("{result:?}"));
        }
        net.run_for(&cores, Duration::from_secs(1))?;
        // The listener is all that is left.
        for (core, left) in cores.iter().zip([1, 0]) {
            if core.open_slots() != left || core.pool().held() != 0 {
                return Err(format!("{} slots open, {} buffers held", core.open_slots(), core.pool().held()));
            }
        }
        Ok((net.trace(), result.is_ok()))
    }

    #[test]
    fn bytes_are_never_lost_changed_or_doubled() {
        for_seeds("bytes_are_never_lost", 200, |seed| echo(seed).map(drop));
    }

    #[test]
    fn the_same_seed_is_the_same_run() {
        assert_eq!(echo(7).unwrap(), echo(7).unwrap());
        assert_ne!(echo(7).unwrap().0, echo(9).unwrap().0);
    }

    #[test]
    fn a_black_hole_is_left_by_a_deadline() {
        let net = SimNet::new(1, Faults::default());
        let core = net.core();
        net.black_hole(addr(9));
        let (c, done) = (core.clone(), Rc::new(Cell::new(false)));
        let tell = done.clone();
        core.spawn(async move {
            let stream = c.connect(&ConnectTo::Inet(addr(9)), &Default::default()).unwrap();
            let deadline = Some(c.now() + Duration::from_secs(5));
            assert!(c.until(deadline, stream.connected()).await.is_err());
            tell.set(true);
        });
        let cores = [core];
        net.run(&cores, || done.get()).unwrap();
        net.run_for(&cores, Duration::from_secs(1)).unwrap();
        assert_eq!(cores[0].open_slots(), 0);
    }
}
