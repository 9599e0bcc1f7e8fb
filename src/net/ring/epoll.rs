//! The epoll driver, for kernels and containers without io_uring: edge-triggered, one registration a descriptor, receives
//! tried when the kernel says readable, sends tried at once.
use super::super::buffer::{OutBuf, Pool};
use super::super::driver::{Completion, ConnectOptions, ConnectTo, Driver, DriverState, Key, Pending};
use super::socket;
use crate::base::time::Tick;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::rc::Rc;

const EVENTS: usize = 512;
/// Connections taken from one listener in a turn.
const ACCEPTS: usize = 64;
const BELL: u64 = u64::MAX;

/// What is registered under a slot.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    generation: u32,
    fd: RawFd,
    kind: Kind,
    readable: bool,
    hung_up: bool,
    wants_read: bool,
    wants_write: bool,
    /// In `again` already.
    queued: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Closed,
    Stream,
    Connecting,
    Listener,
    Watched,
}

/// The driver.
pub struct Epoll {
    epoll: OwnedFd,
    pool: Rc<Pool>,
    entries: Vec<Entry>,
    /// Slots to be read from without waiting for the kernel to say so.
    again: Vec<u32>,
    /// Ends of receives and accepts that were stopped, for the next turn.
    late: Vec<Completion>,
    bell: Option<RawFd>,
    events: Vec<libc::epoll_event>,
}

fn check(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn last_errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)
}

impl Epoll {
    /// An epoll set for this thread.
    pub fn new(bell: Option<RawFd>, pool: Rc<Pool>) -> io::Result<Epoll> {
        // SAFETY: plain system call; the descriptor is checked and owned from here on.
        let epoll = unsafe { OwnedFd::from_raw_fd(check(libc::epoll_create1(libc::EPOLL_CLOEXEC))?) };
        let driver = Epoll {
            epoll,
            pool,
            entries: Vec::new(),
            again: Vec::new(),
            late: Vec::new(),
            bell,
            events: vec![libc::epoll_event { events: 0, u64: 0 }; EVENTS],
        };
        if let Some(bell) = bell {
            driver.control(bell, libc::EPOLLIN as u32, BELL)?;
        }
        Ok(driver)
    }

    fn control(&self, fd: RawFd, events: u32, data: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events, u64: data };
        // SAFETY: both descriptors are open, the event lives through the call.
        check(unsafe { libc::epoll_ctl(self.epoll.as_raw_fd(), libc::EPOLL_CTL_ADD, fd, &mut event) })
            .map(drop)
    }

    fn add(&mut self, key: Key, fd: RawFd, kind: Kind, events: i32) -> io::Result<()> {
        let slot = key.slot as usize;
        if self.entries.len() <= slot {
            self.entries.resize(slot + 1, Entry::default());
        }
        self.entries[slot] = Entry { generation: key.generation, fd, kind, ..Entry::default() };
        self.control(fd, events as u32, u64::from(key.generation) << 32 | u64::from(key.slot))
    }

    fn entry(&mut self, key: Key) -> Option<&mut Entry> {
        self.entries
            .get_mut(key.slot as usize)
            .filter(|e| e.generation == key.generation && e.kind != Kind::Closed)
    }

    fn queue(&mut self, slot: u32) {
        let entry = &mut self.entries[slot as usize];
        if !entry.queued {
            entry.queued = true;
            self.again.push(slot);
        }
    }

    fn event(&mut self, event: libc::epoll_event, out: &mut Vec<Completion>) {
        let (events, data) = (event.events as i32, event.u64);
        if data == BELL {
            let mut count = [0u8; 8];
            if let Some(bell) = self.bell {
                // SAFETY: the buffer is eight bytes, what an eventfd gives.
                unsafe { libc::read(bell, count.as_mut_ptr().cast(), 8) };
            }
            out.push(Completion::Notified);
            return;
        }
        let key = Key { slot: data as u32, generation: (data >> 32) as u32 };
        let Some(entry) = self.entry(key) else { return };
        let gone = events & (libc::EPOLLHUP | libc::EPOLLERR | libc::EPOLLRDHUP) != 0;
        if entry.kind == Kind::Connecting {
            if events & (libc::EPOLLOUT | libc::EPOLLERR | libc::EPOLLHUP) == 0 {
                return;
            }
            entry.kind = Kind::Stream;
            let mut error = 0;
            // A failure is always told with one of these.
            if events & (libc::EPOLLERR | libc::EPOLLHUP) != 0 {
                let taken = socket::borrow(entry.fd, socket2::Socket::take_error);
                let taken = taken.map_or_else(|e| e.raw_os_error(), |e| e.and_then(|e| e.raw_os_error()));
                error = taken.unwrap_or(0);
            }
            out.push(Completion::Connected { key, error });
            if error != 0 {
                return;
            }
        }
        let Some(entry) = self.entry(key) else { return };
        if events & libc::EPOLLIN != 0 || gone {
            entry.readable = true;
            entry.hung_up |= gone;
            if entry.wants_read {
                self.queue(key.slot);
            }
        }
        let Some(entry) = self.entry(key) else { return };
        if events & (libc::EPOLLOUT | libc::EPOLLERR | libc::EPOLLHUP) != 0 && entry.wants_write {
            entry.wants_write = false;
            // Nothing sent yet: the core tries again.
            out.push(Completion::Sent { key, result: Ok(0) });
        }
    }

    fn read(&mut self, slot: u32, out: &mut Vec<Completion>) {
        let entry = &mut self.entries[slot as usize];
        entry.queued = false;
        if !entry.wants_read || !entry.readable {
            return;
        }
        let key = Key { slot, generation: entry.generation };
        match entry.kind {
            Kind::Stream => self.receive_some(key, out),
            Kind::Listener => self.accept_some(key, out),
            Kind::Watched => {
                (entry.wants_read, entry.readable) = (false, false);
                out.push(Completion::Readable { key });
            }
            Kind::Closed | Kind::Connecting => {}
        }
    }

    fn receive_some(&mut self, key: Key, out: &mut Vec<Completion>) {
        let slot = key.slot as usize;
        let Some(mut chunk) = self.pool.take() else {
            self.entries[slot].wants_read = false;
            out.push(Completion::ReceiveEnded { key, error: libc::ENOBUFS });
            return;
        };
        let entry = &mut self.entries[slot];
        let room = chunk.room();
        let size = room.len();
        // SAFETY: the room is so many bytes of this chunk alone.
        let n = unsafe { libc::recv(entry.fd, room.as_mut_ptr().cast(), size, libc::MSG_DONTWAIT) };
        if n > 0 {
            chunk.filled(n as usize);
            out.push(Completion::Received { key, chunk, armed: true });
            // A short read has emptied the socket; an end that is known still has to be read.
            if n as usize == size || entry.hung_up {
                self.queue(key.slot);
            } else {
                entry.readable = false;
            }
            return;
        }
        let error = if n == 0 { 0 } else { last_errno() };
        if error == libc::EAGAIN {
            entry.readable = false;
        } else {
            entry.wants_read = false;
            out.push(Completion::ReceiveEnded { key, error });
        }
    }

    fn accept_some(&mut self, key: Key, out: &mut Vec<Completion>) {
        for _ in 0..ACCEPTS {
            let entry = &mut self.entries[key.slot as usize];
            match socket::accept(entry.fd, ACCEPTED) {
                Ok((fd, peer)) => out.push(Completion::Accepted { key, fd, peer }),
                Err(libc::EAGAIN) => {
                    entry.readable = false;
                    return;
                }
                Err(libc::EINTR | libc::ECONNABORTED) => {}
                Err(error) => {
                    entry.wants_read = false;
                    out.push(Completion::AcceptEnded { key, error });
                    return;
                }
            }
        }
        self.queue(key.slot);
    }

    fn start_reading(&mut self, key: Key) {
        let entry = &mut self.entries[key.slot as usize];
        entry.wants_read = true;
        if entry.readable {
            self.queue(key.slot);
        }
    }
}

const ACCEPTED: i32 = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
const STREAM_EVENTS: i32 = libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDHUP | libc::EPOLLET;

impl Driver for Epoll {
    fn name(&self) -> &'static str {
        "epoll"
    }

    fn now(&mut self) -> Tick {
        Tick::monotonic()
    }

    fn pool(&self) -> &Rc<Pool> {
        &self.pool
    }

    fn turn(&mut self, until: Option<Tick>, out: &mut Vec<Completion>) {
        out.append(&mut self.late);
        let timeout = match until {
            _ if !self.again.is_empty() || !out.is_empty() => 0,
            None => -1,
            Some(at) => {
                let ns = at.since(Tick::monotonic()).as_nanos();
                i32::try_from(ns.div_ceil(1_000_000)).unwrap_or(i32::MAX)
            }
        };
        let mut events = std::mem::take(&mut self.events);
        // SAFETY: the events' memory is as long as said.
        let n =
            unsafe { libc::epoll_wait(self.epoll.as_raw_fd(), events.as_mut_ptr(), EVENTS as i32, timeout) };
        for event in &events[..usize::try_from(n).unwrap_or(0)] {
            self.event(*event, out);
        }
        self.events = events;
        let mut again = std::mem::take(&mut self.again);
        for slot in again.drain(..) {
            self.read(slot, out);
        }
        // Those that queued themselves while being read wait for the next turn.
        if self.again.is_empty() {
            self.again = again;
        }
    }

    fn register(&mut self, key: Key, state: &mut DriverState, accepted: bool) -> io::Result<()> {
        let fd = state.fd;
        if accepted {
            return self.add(key, fd, Kind::Stream, STREAM_EVENTS);
        }
        let (is_socket, listening) =
            socket::borrow(fd, |s| (s.r#type().is_ok(), s.is_listener().unwrap_or(false)));
        // Datagrams are only watched for: who reads them is their owner.
        let datagrams = socket::borrow(fd, |s| matches!(s.r#type(), Ok(socket2::Type::DGRAM)));
        if !is_socket || datagrams {
            return self.add(key, fd, Kind::Watched, libc::EPOLLIN | libc::EPOLLET);
        }
        socket::borrow(fd, |s| s.set_nonblocking(true))?;
        if listening {
            self.add(key, fd, Kind::Listener, libc::EPOLLIN | libc::EPOLLET)
        } else {
            self.add(key, fd, Kind::Stream, STREAM_EVENTS)
        }
    }

    fn accept(&mut self, key: Key, _state: &mut DriverState) {
        // An edge may have come before anybody wanted it: always try.
        self.entries[key.slot as usize].readable = true;
        self.start_reading(key);
    }

    fn stop_accept(&mut self, key: Key, _state: &mut DriverState) {
        if let Some(entry) = self.entry(key) {
            entry.wants_read = false;
            self.late.push(Completion::AcceptEnded { key, error: libc::ECANCELED });
        }
    }

    fn accept_rest(&mut self, state: &mut DriverState, each: &mut dyn FnMut(RawFd, Option<SocketAddr>)) {
        socket::accept_rest(state.fd, ACCEPTED, each);
    }

    fn watch(&mut self, key: Key, _state: &mut DriverState) {
        self.start_reading(key);
    }

    fn receive(&mut self, key: Key, _state: &mut DriverState) {
        self.start_reading(key);
    }

    fn stop_receive(&mut self, key: Key, _state: &mut DriverState) {
        if let Some(entry) = self.entry(key) {
            entry.wants_read = false;
            self.late.push(Completion::ReceiveEnded { key, error: libc::ECANCELED });
        }
    }

    fn send(
        &mut self,
        key: Key,
        state: &mut DriverState,
        bytes: &OutBuf,
        from: usize,
    ) -> Option<Result<usize, i32>> {
        let rest = &bytes.bytes()[from..];
        let more = if state.more { libc::MSG_MORE } else { 0 };
        loop {
            match socket::send_now(state.fd, rest, more) {
                Err(libc::EINTR) => {}
                Err(libc::EAGAIN) => {
                    if let Some(entry) = self.entry(key) {
                        entry.wants_write = true;
                    }
                    return None;
                }
                result => return Some(result),
            }
        }
    }

    fn connect(
        &mut self,
        key: Key,
        state: &mut DriverState,
        to: &ConnectTo,
        options: &ConnectOptions,
    ) -> io::Result<()> {
        let address = socket::sock_addr(to)?;
        let socket = socket::to_connect(to, options, true)?;
        match socket.connect(&address) {
            Ok(()) => {}
            Err(e) if e.raw_os_error() == Some(libc::EINPROGRESS) => {}
            // Reported like any other failure to connect, by the event that epoll gives for it below.
            Err(e) => return Err(e),
        }
        state.fd = socket.into_raw_fd();
        self.add(key, state.fd, Kind::Connecting, STREAM_EVENTS)
    }

    fn shutdown(&mut self, state: &mut DriverState) {
        socket::shutdown(state.fd);
    }

    fn close(&mut self, key: Key, state: &mut DriverState, _pending: Pending, reset: bool) -> u8 {
        if reset {
            socket::reset_on_close(state.fd);
        }
        if let Some(entry) = self.entry(key) {
            entry.kind = Kind::Closed;
        }
        super::close_fd(state.fd);
        0
    }

    fn has_unread(&self, state: &DriverState) -> bool {
        socket::has_unread(state.fd)
    }

    fn local_addr(&self, state: &DriverState) -> Option<SocketAddr> {
        socket::local_addr(state.fd)
    }
}
