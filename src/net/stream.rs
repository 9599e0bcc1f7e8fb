//! Streams and listeners: the handles sessions hold, the state behind them, and how completions reach it.
use super::buffer::{Chunk, OutBuf};
use super::core::{Core, TaskId};
use super::driver::{Completion, DriverState, GENERATION_BITS, Key, Pending};
use super::glance::{Glance, Watched};
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::task::Poll;

/// Chunks that may wait unread in a stream before its receive is stopped …
pub const INBOX_LIMIT: usize = 16;
/// … and bytes.
pub const INBOX_BYTES: usize = 65_536;
/// Accepted connections that may wait for their task before accepting is stopped.
pub const ACCEPT_LIMIT: usize = 64;

/// What a stream that was cut ends with: the kernel has no such end for one that is connected.
const CUT: i32 = libc::ECONNABORTED;

/// No descriptor yet; those of the simulator are negative too.
pub(super) const NO_FD: RawFd = -1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Receive {
    /// Nothing is armed.
    Idle,
    Armed,
    /// Asked to stop; its end has not come yet.
    Stopping,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connect {
    Pending,
    Done,
    Failed(i32),
}

/// A stream's side of the table.
pub(super) struct StreamState {
    generation: u32,
    pub driver: DriverState,
    receive: Receive,
    connect: Connect,
    /// The first waiting chunk, and those behind it: the list is touched only when a peer is slow.
    first: Option<Chunk>,
    rest: VecDeque<Chunk>,
    /// The end of the peer's bytes: 0 for a plain end, else an errno.
    end: Option<i32>,
    reader: TaskId,
    writer: TaskId,
    out: Option<OutBuf>,
    out_from: usize,
    sent: Option<Result<(), i32>>,
    /// Nobody waits for the send under way: how it ended is told only where it failed.
    forgotten: bool,
    /// Why a forgotten send failed.
    send_error: i32,
    /// What it belongs to, for [`Core::cut`]; 0 for nothing.
    label: u32,
    reset_on_close: bool,
}

impl StreamState {
    pub(super) fn new(connect: Connect) -> StreamState {
        StreamState {
            generation: 0,
            driver: DriverState { fd: NO_FD, ..DriverState::default() },
            receive: Receive::Idle,
            connect,
            first: None,
            rest: VecDeque::new(),
            end: None,
            reader: TaskId::NONE,
            writer: TaskId::NONE,
            out: None,
            out_from: 0,
            sent: None,
            forgotten: false,
            send_error: 0,
            label: 0,
            reset_on_close: false,
        }
    }

    /// Whether it has this label.
    pub(super) fn is_labelled(&self, label: u32) -> bool {
        self.label == label
    }

    /// Ends it as if the peer had broken it. Gives those who wait for it.
    pub(super) fn cut(&mut self) -> Option<[TaskId; 2]> {
        if self.connect != Connect::Done || self.end.is_some() {
            return None;
        }
        (self.first, self.end) = (None, Some(CUT));
        self.rest.clear();
        self.reset_on_close = true;
        Some([self.reader, self.writer])
    }

    pub(super) fn watched(&self) -> Watched {
        let connecting = self.connect == Connect::Pending;
        Watched { fd: self.driver.fd, listens: false, label: self.label, connecting }
    }

    /// What an operator is shown of it.
    pub(super) fn glance(&self) -> Glance {
        Glance {
            fd: self.driver.fd,
            connecting: self.connect == Connect::Pending,
            ended: self.end.is_some(),
            unread: self.first.iter().chain(&self.rest).map(|c| c.len()).sum(),
            unsent: self.out.as_ref().map_or(0, |out| out.bytes().len().saturating_sub(self.out_from)),
            local: None,
        }
    }

    fn waiting(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    /// Whether so much waits that no more is to come for now.
    fn is_full(&self) -> bool {
        self.waiting() >= INBOX_LIMIT
            || self.first.iter().chain(&self.rest).map(|c| c.len()).sum::<usize>() >= INBOX_BYTES
    }

    fn push(&mut self, chunk: Chunk) {
        if self.first.is_none() { self.first = Some(chunk) } else { self.rest.push_back(chunk) }
    }

    fn pop(&mut self) -> Option<Chunk> {
        let chunk = self.first.take();
        if !self.rest.is_empty() {
            self.first = self.rest.pop_front();
        }
        chunk
    }
}

#[derive(Default)]
pub(super) struct ListenerState {
    generation: u32,
    pub driver: DriverState,
    armed: bool,
    /// `watch`ed instead of accepted from.
    fired: bool,
    queue: VecDeque<(RawFd, Option<SocketAddr>)>,
    error: i32,
    waiter: TaskId_,
}

/// `TaskId::NONE` by default.
#[derive(Clone, Copy)]
struct TaskId_(TaskId);

impl Default for TaskId_ {
    fn default() -> Self {
        TaskId_(TaskId::NONE)
    }
}

/// One entry of a core's table.
pub(super) enum Slot {
    Stream(Box<StreamState>),
    Listener(Box<ListenerState>),
    /// Closed; so many completions are still to come, and the buffer one of them reads from.
    Closing {
        generation: u32,
        pending: u8,
        #[allow(dead_code)]
        out: Option<OutBuf>,
    },
    Free {
        generation: u32,
    },
}

impl Slot {
    pub(super) fn stream_mut(&mut self) -> Option<&mut StreamState> {
        if let Slot::Stream(s) = self { Some(s) } else { None }
    }

    pub(super) fn listener_mut(&mut self) -> Option<&mut ListenerState> {
        if let Slot::Listener(l) = self { Some(l) } else { None }
    }

    pub(super) fn set_generation(&mut self, value: u32) {
        match self {
            Slot::Stream(s) => s.generation = value,
            Slot::Listener(l) => l.generation = value,
            Slot::Closing { generation, .. } | Slot::Free { generation } => *generation = value,
        }
    }

    pub(super) fn generation(&self) -> u32 {
        match self {
            Slot::Stream(s) => s.generation,
            Slot::Listener(l) => l.generation,
            Slot::Closing { generation, .. } | Slot::Free { generation } => *generation,
        }
    }
}

/// A byte stream of one core. Dropping it closes it; what the kernel still does for it ends by itself.
pub struct Stream {
    core: Core,
    key: Key,
}

impl Stream {
    pub(super) fn new(core: Core, key: Key) -> Stream {
        Stream { core, key }
    }

    /// Names it for [`Core::break_off`].
    #[must_use]
    pub fn key(&self) -> Key {
        self.key
    }

    /// The core that runs it.
    #[must_use]
    pub fn core(&self) -> &Core {
        &self.core
    }

    #[inline]
    fn with<T>(&self, f: impl FnOnce(&mut StreamState) -> T) -> T {
        let mut slots = self.core.0.slots.borrow_mut();
        f(slots[self.key.slot as usize].stream_mut().expect("a handle's slot is its stream"))
    }

    /// Waits for the end of the attempt to connect.
    ///
    /// # Errors
    /// Why it failed.
    pub async fn connected(&self) -> io::Result<()> {
        poll_fn(|_| {
            self.with(|s| match s.connect {
                Connect::Done => Poll::Ready(Ok(())),
                Connect::Failed(e) => Poll::Ready(Err(io::Error::from_raw_os_error(e))),
                Connect::Pending => {
                    s.writer = self.core.current();
                    Poll::Pending
                }
            })
        })
        .await
    }

    /// The next bytes; `None` when the peer has sent all it will. May be dropped without losing any.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn recv(&self) -> io::Result<Option<Chunk>> {
        poll_fn(|_| {
            self.with(|s| {
                if let Some(chunk) = s.pop() {
                    return Poll::Ready(Ok(Some(chunk)));
                }
                match s.end {
                    Some(0) => return Poll::Ready(Ok(None)),
                    Some(e) => return Poll::Ready(Err(io::Error::from_raw_os_error(e))),
                    None => {}
                }
                s.reader = self.core.current();
                if s.receive == Receive::Idle {
                    s.receive = Receive::Armed;
                    self.core.0.driver.borrow_mut().receive(self.key, &mut s.driver);
                }
                Poll::Pending
            })
        })
        .await
    }

    /// Gives bytes back that were received but belong to what is read next.
    pub fn unread(&self, chunk: Chunk) {
        self.with(|s| {
            if let Some(next) = s.first.replace(chunk) {
                s.rest.push_front(next);
            }
        });
    }

    /// Waits until [`Stream::recv`] would return at once; takes nothing.
    pub async fn readable(&self) {
        poll_fn(|_| if self.poll_readable() { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// Whether `recv` would return at once; else the running task is woken when it would.
    #[inline]
    #[must_use]
    pub fn poll_readable(&self) -> bool {
        self.with(|s| {
            if s.first.is_some() || s.end.is_some() {
                return true;
            }
            s.reader = self.core.current();
            if s.receive == Receive::Idle {
                s.receive = Receive::Armed;
                self.core.0.driver.borrow_mut().receive(self.key, &mut s.driver);
            }
            false
        })
    }

    /// Arms the receive without waiting, with no task to wake but `reader`: for connections that lie idle in a pool.
    pub fn watch(&self, reader: TaskId) {
        self.with(|s| {
            s.reader = reader;
            if s.receive == Receive::Idle && s.end.is_none() {
                s.receive = Receive::Armed;
                self.core.0.driver.borrow_mut().receive(self.key, &mut s.driver);
            }
        });
    }

    /// Whether nothing has arrived and nothing has ended: an idle server connection may be used again.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.with(|s| s.first.is_none() && s.end.is_none() && s.connect == Connect::Done)
    }

    /// Whether bytes of the peer are here, or have arrived while nothing is received; arms nothing.
    #[must_use]
    pub fn has_unread(&self) -> bool {
        self.with(|s| match (&s.first, s.receive) {
            (Some(_), _) => true,
            (None, Receive::Idle) => s.end.is_none() && self.core.0.driver.borrow().has_unread(&s.driver),
            (None, _) => false,
        })
    }

    /// Whether the peer has ended or broken its side; bytes may still wait before that.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.with(|s| s.end.is_some())
    }

    /// Sends all of it. Only one send at a time; dropping the wait does not stop it.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn send(&self, buf: impl Into<OutBuf>) -> io::Result<()> {
        let mut buf = Some(buf.into());
        poll_fn(move |_| {
            self.with(|s| {
                if let Some(out) = buf.take() {
                    assert!(s.out.is_none(), "one send at a time");
                    if out.bytes().is_empty() {
                        self.core.give_back(out);
                        return Poll::Ready(Ok(()));
                    }
                    s.sent = None;
                    s.forgotten = false;
                    s.driver.more = false;
                    s.out_from = 0;
                    self.core.push_out(self.key, s, out);
                }
                match s.sent.take() {
                    Some(result) => Poll::Ready(result.map_err(io::Error::from_raw_os_error)),
                    None => {
                        s.writer = self.core.current();
                        Poll::Pending
                    }
                }
            })
        })
        .await
    }

    /// Starts sending all of it and returns at once; waits only for a send before it. Whether it arrived shows in what
    /// comes next: a later send, [`Stream::flush`], or the end of what is received. Saves a turn of the task for each send
    /// that needs no wait, which is nearly every one.
    ///
    /// # Errors
    /// The send before it failed, or this one at once.
    pub async fn send_soon(&self, buf: impl Into<OutBuf>) -> io::Result<()> {
        self.send_part(buf, false).await
    }

    /// The same; with `more` there is more to come soon, and the kernel may wait for it to fill its packets (`MSG_MORE`).
    ///
    /// # Errors
    /// As `send_soon`.
    pub async fn send_part(&self, buf: impl Into<OutBuf>, more: bool) -> io::Result<()> {
        let mut buf = Some(buf.into());
        poll_fn(move |_| {
            self.with(|s| {
                if s.send_error != 0 {
                    return Poll::Ready(Err(io::Error::from_raw_os_error(s.send_error)));
                }
                if s.out.is_some() {
                    s.writer = self.core.current();
                    return Poll::Pending;
                }
                s.writer = TaskId::NONE;
                let out = buf.take().expect("polled again after its end");
                if out.bytes().is_empty() {
                    self.core.give_back(out);
                    return Poll::Ready(Ok(()));
                }
                s.forgotten = true;
                s.driver.more = more;
                s.out_from = 0;
                self.core.push_out(self.key, s, out);
                Poll::Ready(match s.sent.take() {
                    Some(Err(e)) => Err(io::Error::from_raw_os_error(e)),
                    Some(Ok(())) | None => Ok(()),
                })
            })
        })
        .await
    }

    /// Waits for the end of what [`Stream::send_soon`] started.
    ///
    /// # Errors
    /// It failed.
    pub async fn flush(&self) -> io::Result<()> {
        poll_fn(|_| {
            self.with(|s| match (s.send_error, &s.out) {
                (0, None) => Poll::Ready(Ok(())),
                (0, Some(_)) => {
                    s.writer = self.core.current();
                    Poll::Pending
                }
                (e, _) => Poll::Ready(Err(io::Error::from_raw_os_error(e))),
            })
        })
        .await
    }

    /// Whether a send is still under way (nobody waits for it, or its wait was dropped).
    #[must_use]
    pub fn is_sending(&self) -> bool {
        self.with(|s| s.out.is_some())
    }

    /// Says that we send no more (FIN).
    pub fn shutdown(&self) {
        self.with(|s| self.core.0.driver.borrow_mut().shutdown(&mut s.driver));
    }

    /// Says what it belongs to, so that [`Core::cut`] finds it.
    pub fn set_label(&self, label: u32) {
        self.with(|s| s.label = label);
    }

    /// Whether [`Core::cut`] ended it.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.with(|s| s.end == Some(CUT))
    }

    /// Makes the close that comes with the drop a reset.
    pub fn reset_on_close(&self) {
        self.with(|s| s.reset_on_close = true);
    }

    /// The local address; `None` for unix sockets.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.with(|s| self.core.0.driver.borrow().local_addr(&s.driver))
    }

    /// The socket's descriptor, for socket options.
    #[must_use]
    pub fn fd(&self) -> RawFd {
        self.with(|s| s.driver.fd)
    }
}

impl Core {
    /// Whether the stream of this name is still held by somebody.
    #[must_use]
    pub fn is_open(&self, key: Key) -> bool {
        let slots = self.0.slots.borrow();
        slots
            .get(key.slot as usize)
            .is_some_and(|s| s.generation() == key.generation && matches!(s, Slot::Stream(_)))
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({}.{})", self.key.slot, self.key.generation)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut slots = self.core.0.slots.borrow_mut();
        let slot = &mut slots[self.key.slot as usize];
        let generation = slot.generation();
        let (pending, out) = match slot {
            Slot::Stream(s) => {
                let pending = Pending {
                    receive: s.receive != Receive::Idle,
                    send: s.out.is_some(),
                    connect: s.connect == Connect::Pending,
                    listen: false,
                };
                let pending = if s.driver.fd == NO_FD {
                    0
                } else {
                    let mut driver = self.core.0.driver.borrow_mut();
                    driver.close(self.key, &mut s.driver, pending, s.reset_on_close)
                };
                (pending, s.out.take())
            }
            Slot::Listener(l) => {
                let pending = Pending { listen: l.armed, ..Pending::default() };
                let pending = self.core.0.driver.borrow_mut().close(self.key, &mut l.driver, pending, false);
                for (fd, _) in l.queue.drain(..) {
                    super::ring::close_fd(fd);
                }
                (pending, None)
            }
            Slot::Closing { .. } | Slot::Free { .. } => unreachable!("a handle's slot is open"),
        };
        *slot = Slot::Closing { generation, pending, out };
        drop(slots);
        self.core.free_if_quiet(self.key);
    }
}

/// A listening socket of one core.
pub struct Listener(pub(super) Stream);

impl Listener {
    fn with<T>(&self, f: impl FnOnce(&mut ListenerState) -> T) -> T {
        let mut slots = self.0.core.0.slots.borrow_mut();
        f(slots[self.0.key.slot as usize].listener_mut().expect("a handle's slot is its listener"))
    }

    /// The next connection.
    ///
    /// # Errors
    /// `accept` failed (descriptors ran out, …): the caller decides how long to wait.
    pub async fn accept(&self) -> io::Result<(Stream, Option<SocketAddr>)> {
        let (fd, peer) = poll_fn(|_| {
            self.with(|l| {
                if let Some(accepted) = l.queue.pop_front() {
                    return Poll::Ready(Ok(accepted));
                }
                if l.error != 0 {
                    return Poll::Ready(Err(io::Error::from_raw_os_error(std::mem::take(&mut l.error))));
                }
                l.waiter = TaskId_(self.0.core.current());
                if !l.armed {
                    l.armed = true;
                    self.0.core.0.driver.borrow_mut().accept(self.0.key, &mut l.driver);
                }
                Poll::Pending
            })
        })
        .await?;
        self.0.core.adopt_raw(fd, true).map(|stream| (stream, peer))
    }

    /// Stops taking connections from the kernel; those taken already wait here.
    pub fn pause(&self) {
        self.with(|l| {
            if l.armed {
                self.0.core.0.driver.borrow_mut().stop_accept(self.0.key, &mut l.driver);
            }
        });
    }

    /// Ends accepting for good and gives the connections that were taken, with `rest` also those that lie in the kernel's
    /// queue: whoever connected before the end is served.
    pub async fn finish(&self, rest: bool) -> Vec<(Stream, Option<SocketAddr>)> {
        self.pause();
        poll_fn(|_| {
            self.with(|l| {
                l.waiter = TaskId_(self.0.core.current());
                if l.armed { Poll::Pending } else { Poll::Ready(()) }
            })
        })
        .await;
        let mut taken = self.with(|l| {
            let mut taken: Vec<_> = l.queue.drain(..).collect();
            if rest {
                let mut driver = self.0.core.0.driver.borrow_mut();
                driver.accept_rest(&mut l.driver, &mut |fd, peer| taken.push((fd, peer)));
            }
            taken
        });
        let adopt = |(fd, peer)| self.0.core.adopt_raw(fd, true).ok().map(|stream| (stream, peer));
        taken.drain(..).filter_map(adopt).collect()
    }

    /// Waits until the descriptor is readable, without accepting from it (signals, pipes).
    pub async fn ready(&self) {
        poll_fn(|_| {
            self.with(|l| {
                if std::mem::take(&mut l.fired) {
                    return Poll::Ready(());
                }
                l.waiter = TaskId_(self.0.core.current());
                if !l.armed {
                    l.armed = true;
                    self.0.core.0.driver.borrow_mut().watch(self.0.key, &mut l.driver);
                }
                Poll::Pending
            })
        })
        .await;
    }

    /// The local address; `None` for unix sockets.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.with(|l| self.0.core.0.driver.borrow().local_addr(&l.driver))
    }

    /// The socket's descriptor.
    #[must_use]
    pub fn fd(&self) -> RawFd {
        self.with(|l| l.driver.fd)
    }
}

impl Core {
    /// Applies one completion and wakes who waits for it.
    pub(super) fn complete(&self, completion: Completion) {
        match completion {
            Completion::Received { key, chunk, armed } => self.received(key, Some(chunk), armed, None),
            Completion::ReceiveEnded { key, error } => {
                let end = match error {
                    libc::ECANCELED | libc::ENOBUFS | libc::EAGAIN => None,
                    e => Some(e),
                };
                self.received(key, None, false, end);
            }
            Completion::Sent { key, result } => self.sent(key, result),
            Completion::Connected { key, error } => {
                self.on_stream(key, |s| {
                    s.connect = if error == 0 { Connect::Done } else { Connect::Failed(error) };
                    s.writer
                });
            }
            Completion::Accepted { key, fd, peer } => {
                let taken = self.on_listener(key, |l| {
                    l.queue.push_back((fd, peer));
                    if l.queue.len() >= ACCEPT_LIMIT && l.armed {
                        self.0.driver.borrow_mut().stop_accept(key, &mut l.driver);
                    }
                    l.waiter.0
                });
                if !taken {
                    super::ring::close_fd(fd);
                }
            }
            Completion::AcceptEnded { key, error } => {
                let open = self.on_listener(key, |l| {
                    l.armed = false;
                    if error != libc::ECANCELED {
                        l.error = error;
                    }
                    l.waiter.0
                });
                if !open {
                    self.pending_done(key);
                }
            }
            Completion::Readable { key } => {
                let open = self.on_listener(key, |l| {
                    l.armed = false;
                    l.fired = true;
                    l.waiter.0
                });
                if !open {
                    self.pending_done(key);
                }
            }
            Completion::Notified => {}
        }
    }

    fn received(&self, key: Key, chunk: Option<Chunk>, armed: bool, end: Option<i32>) {
        let open = self.with_stream(key, |s| {
            let over = chunk.is_none();
            if let Some(chunk) = chunk {
                s.push(chunk);
            }
            if end.is_some() {
                s.end = end;
            }
            if over || !armed {
                s.receive = Receive::Idle;
                if s.end.is_none() && s.waiting() == 0 && s.reader != TaskId::NONE {
                    // Stopped from below (no buffer was free) while somebody waits: go on.
                    s.receive = Receive::Armed;
                    self.0.driver.borrow_mut().receive(key, &mut s.driver);
                    return TaskId::NONE;
                }
            } else if s.receive == Receive::Armed && s.is_full() {
                s.receive = Receive::Stopping;
                self.0.driver.borrow_mut().stop_receive(key, &mut s.driver);
            }
            s.reader
        });
        match open {
            Some(reader) => self.wake(reader),
            None if !armed => self.pending_done(key),
            None => {}
        }
    }

    /// Starts or continues a send; sets `sent` when it is over.
    fn push_out(&self, key: Key, s: &mut StreamState, out: OutBuf) {
        let mut driver = self.0.driver.borrow_mut();
        let result = loop {
            match driver.send(key, &mut s.driver, &out, s.out_from) {
                None => {
                    s.out = Some(out);
                    return;
                }
                Some(Ok(n)) => {
                    s.out_from += n;
                    if s.out_from >= out.bytes().len() {
                        break Ok(());
                    }
                }
                Some(Err(e)) => break Err(e),
            }
        };
        drop(driver);
        s.sent = Some(result);
        self.give_back(out);
    }

    fn sent(&self, key: Key, result: Result<usize, i32>) {
        let open = self.with_stream(key, |s| {
            let Some(out) = s.out.take() else { return (TaskId::NONE, TaskId::NONE) };
            match result {
                Ok(n) if s.out_from + n < out.bytes().len() => {
                    s.out_from += n;
                    self.push_out(key, s, out);
                    if s.sent.is_none() {
                        return (TaskId::NONE, TaskId::NONE);
                    }
                }
                result => {
                    s.sent = Some(result.map(|_| ()));
                    self.give_back(out);
                }
            }
            if !s.forgotten {
                return (s.writer, TaskId::NONE);
            }
            match s.sent.take() {
                Some(Err(e)) => {
                    s.send_error = e;
                    // A connection that broke ends on the receiving side too, behind what has arrived; any other reason
                    // would be seen by nobody.
                    if s.end.is_none() && !matches!(e, libc::EPIPE | libc::ECONNRESET | libc::ETIMEDOUT) {
                        s.end = Some(e);
                    }
                    (s.writer, s.reader)
                }
                _ => (s.writer, TaskId::NONE),
            }
        });
        match open {
            Some((writer, reader)) => {
                self.wake(writer);
                self.wake(reader);
            }
            None => self.pending_done(key),
        }
    }

    fn with_stream<T>(&self, key: Key, f: impl FnOnce(&mut StreamState) -> T) -> Option<T> {
        let mut slots = self.0.slots.borrow_mut();
        match &mut slots[key.slot as usize] {
            Slot::Stream(s) if s.generation == key.generation => Some(f(s)),
            _ => None,
        }
    }

    fn on_stream(&self, key: Key, f: impl FnOnce(&mut StreamState) -> TaskId) {
        match self.with_stream(key, f) {
            Some(task) => self.wake(task),
            None => self.pending_done(key),
        }
    }

    fn on_listener(&self, key: Key, f: impl FnOnce(&mut ListenerState) -> TaskId) -> bool {
        let mut slots = self.0.slots.borrow_mut();
        let task = match &mut slots[key.slot as usize] {
            Slot::Listener(l) if l.generation == key.generation => f(l),
            _ => return false,
        };
        drop(slots);
        self.wake(task);
        true
    }

    /// One of a closed stream's completions has come.
    fn pending_done(&self, key: Key) {
        let mut slots = self.0.slots.borrow_mut();
        if let Slot::Closing { generation, pending, .. } = &mut slots[key.slot as usize]
            && *generation == key.generation
        {
            *pending = pending.saturating_sub(1);
        }
        drop(slots);
        self.free_if_quiet(key);
    }

    fn free_if_quiet(&self, key: Key) {
        let mut slots = self.0.slots.borrow_mut();
        let slot = &mut slots[key.slot as usize];
        if let Slot::Closing { generation, pending: 0, .. } = slot {
            let next = (*generation + 1) & ((1 << GENERATION_BITS) - 1);
            let old = std::mem::replace(slot, Slot::Free { generation: next });
            self.0.free_slots.borrow_mut().push(key.slot);
            drop(slots);
            if let Slot::Closing { out: Some(out), .. } = old {
                self.give_back(out);
            }
        }
    }
}
