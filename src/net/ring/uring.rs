//! The io_uring driver: multishot accept and receive into a ring of provided buffers, batched submission, completions taken
//! on this thread only (`SINGLE_ISSUER | DEFER_TASKRUN`, Linux 6.1).
//!
//! Invariants of the unsafe parts: the buffer ring's memory and every receive buffer live as long as the driver; a send's
//! bytes live in the core's table until its completion came; an address to connect to lives in `addresses` until then.
use super::super::buffer::{MAX_BUFFERS, OutBuf, Pool, SLAB};
use super::super::driver::{Completion, ConnectOptions, ConnectTo, Driver, DriverState, Key, Pending};
use super::socket;
use crate::base::time::Tick;
use io_uring::types::{BufRingEntry, CancelBuilder, Fd, TimeoutFlags, Timespec};
use io_uring::{IoUring, cqueue, opcode, squeue};
use socket2::SockAddr;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{IntoRawFd, RawFd};
use std::rc::Rc;
use std::sync::atomic::{AtomicU16, Ordering};

const SQ_ENTRIES: u32 = 1_024;
const CQ_ENTRIES: u32 = 8_192;
const BUFFER_GROUP: u16 = 1;
/// Entries of the buffer ring: the most buffers the kernel may hold of ours.
const RING_ENTRIES: u16 = 32_768;
const PAGE: usize = 4_096;

const _: () = assert!(RING_ENTRIES.is_power_of_two() && RING_ENTRIES as usize >= MAX_BUFFERS);

/// What a completion belongs to, in the top bits of its user data.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
enum Op {
    Ignore = 0,
    Receive = 1,
    Send = 2,
    Accept = 3,
    Connect = 4,
    Bell = 5,
    Watch = 6,
    Timeout = 7,
}

use super::super::driver::GENERATION_BITS;

fn user_data(op: Op, key: Key) -> u64 {
    let generation = u64::from(key.generation) & ((1 << GENERATION_BITS) - 1);
    (op as u64) << 60 | generation << 32 | u64::from(key.slot)
}

/// The memory that names buffers to the kernel.
struct BufferRing {
    memory: *mut u8,
    layout: Layout,
    tail: u16,
}

impl BufferRing {
    fn new() -> BufferRing {
        let size = usize::from(RING_ENTRIES) * size_of::<BufRingEntry>();
        let layout = Layout::from_size_align(size, PAGE).expect("a page is a power of two");
        // SAFETY: the size is not zero.
        let memory = unsafe { alloc_zeroed(layout) };
        if memory.is_null() {
            handle_alloc_error(layout);
        }
        BufferRing { memory, layout, tail: 0 }
    }

    /// Writes one entry behind the tail; the kernel sees it after `publish`.
    fn push(&mut self, id: u16, start: *mut u8, len: usize) {
        let index = usize::from(self.tail & (RING_ENTRIES - 1));
        // SAFETY: the index is inside the ring; the kernel reads entries before the published tail only. The last two
        // bytes of entry 0 are the tail itself, which the setters do not touch.
        unsafe {
            let entry = &mut *self.memory.cast::<BufRingEntry>().add(index);
            entry.set_addr(start as u64);
            entry.set_len(len as u32);
            entry.set_bid(id);
        }
        self.tail = self.tail.wrapping_add(1);
    }

    fn publish(&mut self) {
        // SAFETY: the tail is the last two bytes of entry 0, aligned to two.
        unsafe {
            let tail = BufRingEntry::tail(self.memory.cast::<BufRingEntry>().cast_const());
            (*tail.cast::<AtomicU16>()).store(self.tail, Ordering::Release);
        }
    }
}

impl Drop for BufferRing {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout.
        unsafe { dealloc(self.memory, self.layout) };
    }
}

/// The driver.
pub struct Uring {
    // Dropped first: afterwards the kernel uses no memory of ours.
    ring: IoUring,
    buffers: BufferRing,
    pool: Rc<Pool>,
    addresses: HashMap<Key, Box<SockAddr>, ahash::RandomState>,
    bell: Option<RawFd>,
    bell_armed: bool,
    bell_count: Box<u64>,
    /// When the timeout that the kernel holds is due.
    timeout: Option<Tick>,
    /// Its time, read by the kernel when it is submitted.
    timeout_at: Box<Timespec>,
    /// At most one thing happened in the last turn: there is nothing to gather a send with.
    quiet: bool,
    /// Buffers that the kernel is to have.
    wanted: usize,
    /// It had none left.
    starved: bool,
}

fn build(sq: u32, cq: u32) -> io::Result<IoUring> {
    IoUring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_submit_all()
        .setup_clamp()
        .setup_cqsize(cq)
        .build(sq)
}

/// Whether a ring with everything we use can be had.
pub fn probe() -> Result<(), String> {
    let ring = build(8, 16).map_err(|e| match e.raw_os_error() {
        Some(libc::ENOSYS) => "the kernel has no io_uring".to_owned(),
        Some(libc::EPERM) => {
            "io_uring is forbidden here (sysctl kernel.io_uring_disabled, or a container)".to_owned()
        }
        Some(libc::EINVAL) => "the kernel is older than 6.1 (no DEFER_TASKRUN)".to_owned(),
        Some(libc::ENOMEM) => "not enough locked memory for a ring (ulimit -l)".to_owned(),
        _ => format!("no ring: {e}"),
    })?;
    let buffers = BufferRing::new();
    // SAFETY: the memory outlives the ring, which is dropped at the end of this function.
    let registered = unsafe {
        ring.submitter().register_buf_ring_with_flags(buffers.memory as u64, RING_ENTRIES, BUFFER_GROUP, 0)
    };
    let result = registered.map_err(|e| format!("no ring of buffers: {e}"));
    drop(ring);
    result
}

impl Uring {
    /// A ring for this thread.
    pub fn new(bell: Option<RawFd>, pool: Rc<Pool>) -> io::Result<Uring> {
        let ring = build(SQ_ENTRIES, CQ_ENTRIES)?;
        let buffers = BufferRing::new();
        // SAFETY: the memory is freed after the ring is closed (field order).
        unsafe {
            ring.submitter().register_buf_ring_with_flags(
                buffers.memory as u64,
                RING_ENTRIES,
                BUFFER_GROUP,
                0,
            )?;
        }
        pool.grow();
        Ok(Uring {
            ring,
            buffers,
            pool,
            addresses: HashMap::default(),
            bell,
            bell_armed: false,
            bell_count: Box::new(0),
            timeout: None,
            timeout_at: Box::default(),
            quiet: true,
            wanted: SLAB / 2,
            starved: false,
        })
    }

    fn push(&mut self, entry: &squeue::Entry) {
        // SAFETY: whatever an entry points to lives until its completion (see the module's invariants).
        while unsafe { self.ring.submission().push(entry) }.is_err() {
            if let Err(e) = self.ring.submit() {
                assert!(
                    matches!(e.raw_os_error(), Some(libc::EBUSY | libc::EAGAIN | libc::EINTR)),
                    "io_uring refused a submission: {e}"
                );
            }
        }
    }

    /// Keeps as many buffers in the kernel's hands as it has lately been able to use within a turn. It takes them in the
    /// order in which it got them: the fewer they are, the warmer is the memory that the next message lands in.
    fn give_buffers(&mut self) {
        let there = self.pool.handed_over();
        if self.starved {
            self.starved = false;
            self.wanted = (2 * self.wanted).min(MAX_BUFFERS);
            while self.pool.total() < self.pool.held() + self.wanted && self.pool.grow() {}
        }
        if there >= self.wanted {
            return;
        }
        let (buffers, size) = (&mut self.buffers, self.pool.size());
        self.pool.hand_over(self.wanted - there, |id, start| buffers.push(id, start, size));
        buffers.publish();
    }

    fn arm_bell(&mut self) {
        if let Some(bell) = self.bell
            && !self.bell_armed
        {
            self.bell_armed = true;
            let target: *mut u64 = &mut *self.bell_count;
            let entry = opcode::Read::new(Fd(bell), target.cast(), 8)
                .build()
                .user_data(user_data(Op::Bell, Key { slot: 0, generation: 0 }));
            self.push(&entry);
        }
    }

    /// Has the kernel wake us at this time, by one timeout that stays where it is as long as it is early enough: a timer
    /// set and taken back with every wait would cost more than a wake-up too many now and then.
    fn arm_timeout(&mut self, at: Tick) {
        *self.timeout_at = Timespec::new().sec(at.0 / 1_000_000_000).nsec((at.0 % 1_000_000_000) as u32);
        let name = user_data(Op::Timeout, Key { slot: 0, generation: 0 });
        let timespec: *const Timespec = &*self.timeout_at;
        let entry = if self.timeout.is_some() {
            opcode::TimeoutUpdate::new(name, timespec)
                .flags(TimeoutFlags::ABS)
                .build()
                .user_data(Op::Ignore as u64)
                .flags(squeue::Flags::SKIP_SUCCESS)
        } else {
            opcode::Timeout::new(timespec).flags(TimeoutFlags::ABS).build().user_data(name)
        };
        self.timeout = Some(at);
        self.push(&entry);
    }

    /// Whether a call that waits for nothing would do nothing: the kernel of this kind of ring hands out completions only
    /// to who asks for them.
    fn has_nothing_to_tell(&mut self) -> bool {
        let submission = self.ring.submission();
        submission.is_empty() && !submission.cq_overflow()
    }

    fn wait(&mut self, until: Option<Tick>) {
        self.arm_bell();
        self.give_buffers();
        let ready = !self.ring.completion().is_empty();
        if let Some(at) = until.filter(|&at| !ready && at > Tick::ZERO && self.timeout.is_none_or(|t| at < t))
        {
            self.arm_timeout(at);
        }
        let want = usize::from(!ready && until != Some(Tick::ZERO));
        if want == 0 && self.has_nothing_to_tell() {
            return;
        }
        if let Err(e) = self.ring.submitter().submit_and_wait(want) {
            assert!(
                matches!(e.raw_os_error(), Some(libc::EINTR | libc::EBUSY | libc::EAGAIN)),
                "io_uring_enter: {e}"
            );
        }
    }
}

impl Driver for Uring {
    fn name(&self) -> &'static str {
        "io_uring"
    }

    fn now(&mut self) -> Tick {
        Tick::monotonic()
    }

    fn pool(&self) -> &Rc<Pool> {
        &self.pool
    }

    fn turn(&mut self, until: Option<Tick>, out: &mut Vec<Completion>) {
        self.wait(until);
        let (pool, addresses, bell_armed) = (&self.pool, &mut self.addresses, &mut self.bell_armed);
        let (timeout, starved) = (&mut self.timeout, &mut self.starved);
        for cqe in self.ring.completion() {
            let (data, result, flags) = (cqe.user_data(), cqe.result(), cqe.flags());
            let key =
                Key { slot: data as u32, generation: (data >> 32) as u32 & ((1 << GENERATION_BITS) - 1) };
            let errno = if result < 0 { -result } else { 0 };
            let more = cqueue::more(flags);
            let completion = match data >> 60 {
                op if op == Op::Receive as u64 => match cqueue::buffer_select(flags) {
                    Some(id) if result > 0 => {
                        Completion::Received { key, chunk: pool.chunk(id, result as usize), armed: more }
                    }
                    buffer => {
                        if let Some(id) = buffer {
                            drop(pool.chunk(id, 0));
                        }
                        *starved |= errno == libc::ENOBUFS;
                        Completion::ReceiveEnded { key, error: errno }
                    }
                },
                op if op == Op::Send as u64 => Completion::Sent {
                    key,
                    result: if result < 0 { Err(errno) } else { Ok(result as usize) },
                },
                op if op == Op::Accept as u64 => {
                    if result >= 0 {
                        out.push(Completion::Accepted { key, fd: result, peer: socket::peer_addr(result) });
                    }
                    if more {
                        continue;
                    }
                    Completion::AcceptEnded { key, error: errno }
                }
                op if op == Op::Connect as u64 => {
                    addresses.remove(&key);
                    Completion::Connected { key, error: errno }
                }
                op if op == Op::Bell as u64 => {
                    *bell_armed = false;
                    Completion::Notified
                }
                op if op == Op::Watch as u64 => Completion::Readable { key },
                op if op == Op::Timeout as u64 => {
                    *timeout = None;
                    continue;
                }
                _ => continue,
            };
            out.push(completion);
        }
        self.quiet = out.len() <= 1;
    }

    fn register(&mut self, _key: Key, state: &mut DriverState, accepted: bool) -> io::Result<()> {
        // On a non-blocking descriptor the ring would fail with EAGAIN instead of waiting.
        if !accepted && socket::borrow(state.fd, |s| s.r#type().is_ok()) {
            socket::borrow(state.fd, |s| s.set_nonblocking(false))?;
        }
        Ok(())
    }

    fn accept(&mut self, key: Key, state: &mut DriverState) {
        // Another process may listen on the same socket, and have made it non-blocking.
        let _ = socket::borrow(state.fd, |s| s.set_nonblocking(false));
        let entry = opcode::AcceptMulti::new(Fd(state.fd)).flags(libc::SOCK_CLOEXEC).build();
        self.push(&entry.user_data(user_data(Op::Accept, key)));
    }

    fn stop_accept(&mut self, key: Key, _state: &mut DriverState) {
        self.cancel(user_data(Op::Accept, key));
    }

    fn accept_rest(&mut self, state: &mut DriverState, each: &mut dyn FnMut(RawFd, Option<SocketAddr>)) {
        socket::accept_rest(state.fd, libc::SOCK_CLOEXEC, each);
    }

    fn watch(&mut self, key: Key, state: &mut DriverState) {
        let entry = opcode::PollAdd::new(Fd(state.fd), libc::POLLIN as u32).build();
        self.push(&entry.user_data(user_data(Op::Watch, key)));
    }

    fn receive(&mut self, key: Key, state: &mut DriverState) {
        let fd = Fd(state.fd);
        let entry = if std::mem::take(&mut state.once) {
            let size = u32::try_from(self.pool.size()).unwrap_or(u32::MAX);
            opcode::Recv::new(fd, std::ptr::null_mut(), size)
                .buf_group(BUFFER_GROUP)
                .build()
                .flags(squeue::Flags::BUFFER_SELECT)
        } else {
            opcode::RecvMulti::new(fd, BUFFER_GROUP).build()
        };
        self.push(&entry.user_data(user_data(Op::Receive, key)));
    }

    fn stop_receive(&mut self, key: Key, _state: &mut DriverState) {
        self.cancel(user_data(Op::Receive, key));
    }

    fn send(
        &mut self,
        key: Key,
        state: &mut DriverState,
        bytes: &OutBuf,
        from: usize,
    ) -> Option<Result<usize, i32>> {
        let rest = &bytes.bytes()[from..];
        let len = u32::try_from(rest.len()).unwrap_or(u32::MAX);
        let more = if state.more { libc::MSG_MORE } else { 0 };
        if self.quiet {
            // Through the ring a lone send would end the wait that submits it: one more system call, one more turn.
            match socket::send_now(state.fd, rest, more) {
                Err(libc::EAGAIN | libc::EINTR) => {}
                result => return Some(result),
            }
        }
        let entry = opcode::Send::new(Fd(state.fd), rest.as_ptr(), len)
            .flags(libc::MSG_NOSIGNAL | libc::MSG_WAITALL | more)
            .build()
            .user_data(user_data(Op::Send, key));
        self.push(&entry);
        None
    }

    fn connect(
        &mut self,
        key: Key,
        state: &mut DriverState,
        to: &ConnectTo,
        options: &ConnectOptions,
    ) -> io::Result<()> {
        let address = Box::new(socket::sock_addr(to)?);
        state.fd = socket::to_connect(to, options, false)?.into_raw_fd();
        let entry = opcode::Connect::new(Fd(state.fd), address.as_ptr().cast(), address.len()).build();
        self.addresses.insert(key, address);
        self.push(&entry.user_data(user_data(Op::Connect, key)));
        Ok(())
    }

    fn shutdown(&mut self, state: &mut DriverState) {
        socket::shutdown(state.fd);
    }

    fn close(&mut self, key: Key, state: &mut DriverState, pending: Pending, reset: bool) -> u8 {
        if reset {
            socket::reset_on_close(state.fd);
        }
        // By their names: to cancel by descriptor the kernel would look at every waiting operation of the ring.
        for (op, under_way) in
            [(Op::Receive, pending.receive), (Op::Send, pending.send), (Op::Connect, pending.connect)]
        {
            if under_way {
                self.cancel(user_data(op, key));
            }
        }
        if pending.listen {
            let cancel = opcode::AsyncCancel2::new(CancelBuilder::fd(Fd(state.fd)).all()).build();
            self.push(&cancel.user_data(Op::Ignore as u64).flags(squeue::Flags::SKIP_SUCCESS));
        }
        let close = opcode::Close::new(Fd(state.fd)).build();
        self.push(&close.user_data(Op::Ignore as u64).flags(squeue::Flags::SKIP_SUCCESS));
        pending.count()
    }

    fn has_unread(&self, state: &DriverState) -> bool {
        socket::has_unread(state.fd)
    }

    fn local_addr(&self, state: &DriverState) -> Option<SocketAddr> {
        socket::local_addr(state.fd)
    }
}

impl Uring {
    fn cancel(&mut self, target: u64) {
        let entry = opcode::AsyncCancel::new(target).build();
        self.push(&entry.user_data(Op::Ignore as u64).flags(squeue::Flags::SKIP_SUCCESS));
    }
}
