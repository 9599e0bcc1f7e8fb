//! The floor on io_uring: multishot accept and receive into a ring of buffers, sends straight from them.
//!
//! What keeps the kernel and us apart: a buffer belongs to the kernel while it stands in the buffer ring or while a send
//! from it is under way, and to us from the completion of its receive until that send is pushed. A side's descriptor is
//! closed only when its receive has ended and none of its sends is under way, so no completion ever meets a stranger.

use crate::floor::Shape;
use io_uring::types::{BufRingEntry, Fd};
use io_uring::{IoUring, cqueue, opcode, squeue};
use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddrV4, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU16, Ordering};

const GROUP: u16 = 1;
const ACCEPT: u64 = 0;
const RECV: u64 = 1;
const SEND: u64 = 2;
const NONE: usize = usize::MAX;

/// The buffers the kernel receives into.
struct Buffers {
    ring: *mut BufRingEntry,
    memory: *mut u8,
    size: usize,
    mask: u16,
    tail: u16,
}

impl Buffers {
    fn new(uring: &IoUring, count: u16, size: usize) -> io::Result<Self> {
        let map = |bytes: usize| {
            // SAFETY: a new private mapping, checked below; it lives as long as the process.
            let at = unsafe {
                libc::mmap(
                    std::ptr::null_mut(),
                    bytes,
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                    -1,
                    0,
                )
            };
            if at == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(at) }
        };
        let ring = map(usize::from(count) * size_of::<BufRingEntry>())?.cast::<BufRingEntry>();
        let memory = map(usize::from(count) * size)?.cast::<u8>();
        // SAFETY: the ring is page aligned, of `count` entries, and never unmapped.
        unsafe { uring.submitter().register_buf_ring_with_flags(ring as u64, count, GROUP, 0)? };
        let mut this = Self { ring, memory, size, mask: count - 1, tail: 0 };
        for bid in 0..count {
            this.give(bid);
        }
        Ok(this)
    }

    fn at(&self, bid: u16) -> *mut u8 {
        // SAFETY: the kernel only names buffers that exist.
        unsafe { self.memory.add(usize::from(bid) * self.size) }
    }

    /// Gives a buffer (back) to the kernel.
    fn give(&mut self, bid: u16) {
        let addr = self.at(bid) as u64;
        // SAFETY: the index is within the ring; the kernel reads the entry only once the tail says so.
        unsafe {
            let entry = &mut *self.ring.add(usize::from(self.tail & self.mask));
            entry.set_addr(addr);
            entry.set_len(self.size as u32);
            entry.set_bid(bid);
            self.tail = self.tail.wrapping_add(1);
            let tail = BufRingEntry::tail(self.ring).cast::<AtomicU16>();
            (*tail).store(self.tail, Ordering::Release);
        }
    }
}

/// A piece on its way out: buffer, offset, length.
type Piece = (u16, u32, u32);

struct Side {
    fd: OwnedFd,
    client: bool,
    peer: usize,
    out: VecDeque<Piece>,
    /// The front of `out` is with the kernel.
    sending: bool,
    receiving: bool,
    over: bool,
}

struct Ring {
    uring: IoUring,
    buffers: Buffers,
    sides: Vec<Option<Side>>,
    free: Vec<usize>,
    idle: Vec<usize>,
    /// Sides whose receive ended for want of buffers.
    starved: Vec<usize>,
    origin: SocketAddrV4,
    shape: Shape,
}

pub fn run(listener: &OwnedFd, origin: SocketAddrV4, shape: Shape) -> io::Result<()> {
    let uring = IoUring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_coop_taskrun()
        .setup_cqsize(16_384)
        .build(2_048)?;
    let (count, size) = if shape == Shape::Stream { (1_024, 65_536) } else { (4_096, 4_096) };
    let buffers = Buffers::new(&uring, count, size)?;
    let (sides, free, idle, starved) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut ring = Ring { uring, buffers, sides, free, idle, starved, origin, shape };
    ring.accept(listener.as_raw_fd());
    let mut done: Vec<cqueue::Entry> = Vec::with_capacity(16_384);
    loop {
        match ring.uring.submit_and_wait(1) {
            Ok(_) => {}
            Err(e) if matches!(e.raw_os_error(), Some(libc::EINTR | libc::EBUSY | libc::EAGAIN)) => {}
            Err(e) => return Err(e),
        }
        done.extend(ring.uring.completion());
        for entry in done.drain(..) {
            ring.on(&entry, listener.as_raw_fd());
        }
    }
}

impl Ring {
    fn push(&mut self, entry: &squeue::Entry) {
        loop {
            // SAFETY: descriptors and buffers stay valid until the completion, see the top of this file.
            if unsafe { self.uring.submission().push(entry) }.is_ok() {
                return;
            }
            // Full: the kernel takes what there is. An error here shows again at the next turn.
            let _ = self.uring.submit();
        }
    }

    fn accept(&mut self, listener: RawFd) {
        let entry = opcode::AcceptMulti::new(Fd(listener)).flags(libc::SOCK_CLOEXEC).build();
        self.push(&entry.user_data(ACCEPT));
    }

    fn receive(&mut self, i: usize) {
        let Some(side) = &mut self.sides[i] else { return };
        if side.receiving || side.over {
            return;
        }
        side.receiving = true;
        let fd = Fd(side.fd.as_raw_fd());
        // One answer is all that a client of `Once` gets: no multishot to call back.
        let entry = if self.shape == Shape::Once && side.client {
            opcode::Recv::new(fd, std::ptr::null_mut(), self.buffers.size as u32)
                .buf_group(GROUP)
                .build()
                .flags(squeue::Flags::BUFFER_SELECT)
        } else {
            opcode::RecvMulti::new(fd, GROUP).build()
        };
        self.push(&entry.user_data(RECV | (i as u64) << 8));
    }

    fn add(&mut self, fd: OwnedFd, client: bool) -> usize {
        let side = Side {
            fd,
            client,
            peer: NONE,
            out: VecDeque::new(),
            sending: false,
            receiving: false,
            over: false,
        };
        let i = self.free.pop().unwrap_or_else(|| {
            self.sides.push(None);
            self.sides.len() - 1
        });
        self.sides[i] = Some(side);
        self.receive(i);
        i
    }

    fn on(&mut self, entry: &cqueue::Entry, listener: RawFd) {
        let (kind, i) = (entry.user_data() & 0xff, (entry.user_data() >> 8) as usize);
        let (result, flags) = (entry.result(), entry.flags());
        match kind {
            ACCEPT => {
                if result >= 0 {
                    // SAFETY: the descriptor is new and ours.
                    let fd = unsafe { OwnedFd::from_raw_fd(result) };
                    self.add(fd, true);
                }
                if !cqueue::more(flags) {
                    self.accept(listener);
                }
            }
            RECV => self.received(i, result, flags),
            _ => self.sent(i, result),
        }
    }

    fn received(&mut self, i: usize, result: i32, flags: u32) {
        let bid = cqueue::buffer_select(flags);
        let more = cqueue::more(flags);
        let Some(side) = &mut self.sides[i] else { return };
        if !more {
            side.receiving = false;
        }
        if result <= 0 {
            if let Some(bid) = bid {
                self.buffers.give(bid);
            }
            if result == -libc::ENOBUFS {
                self.starved.push(i);
            } else {
                self.end(i);
            }
            return;
        }
        let Some(bid) = bid else { return self.end(i) };
        match self.peer(i) {
            Some(peer) => {
                if let Some(to) = &mut self.sides[peer] {
                    to.out.push_back((bid, 0, result as u32));
                }
                self.send(peer);
            }
            None => {
                self.buffers.give(bid);
                self.end(i);
            }
        }
        if !more && self.shape != Shape::Once {
            self.receive(i);
        }
    }

    /// The side that gets what this one says.
    fn peer(&mut self, i: usize) -> Option<usize> {
        let side = self.sides[i].as_ref()?;
        if side.over {
            return None;
        }
        if side.peer == NONE && side.client {
            let server = match self.idle.pop() {
                Some(server) => server,
                None => {
                    let stream = TcpStream::connect(self.origin).ok()?;
                    stream.set_nodelay(true).ok()?;
                    self.add(stream.into(), false)
                }
            };
            self.sides[server].as_mut()?.peer = i;
            self.sides[i].as_mut()?.peer = server;
        }
        let peer = self.sides[i].as_ref()?.peer;
        (peer != NONE).then_some(peer)
    }

    fn send(&mut self, i: usize) {
        let Some(side) = &mut self.sides[i] else { return };
        if side.sending || side.over {
            return;
        }
        let Some(&(bid, from, len)) = side.out.front() else { return };
        side.sending = true;
        let fd = Fd(side.fd.as_raw_fd());
        // SAFETY: within the buffer, whose length `from + len` was received.
        let at = unsafe { self.buffers.at(bid).add(from as usize) };
        let entry = opcode::Send::new(fd, at, len).flags(libc::MSG_NOSIGNAL | libc::MSG_WAITALL).build();
        self.push(&entry.user_data(SEND | (i as u64) << 8));
    }

    fn sent(&mut self, i: usize, result: i32) {
        let Some(side) = &mut self.sides[i] else { return };
        side.sending = false;
        if result < 0 || side.over {
            return self.end(i);
        }
        let Some(front) = side.out.front_mut() else { return };
        let n = (result as u32).min(front.2);
        front.1 += n;
        front.2 -= n;
        if front.2 == 0 {
            let bid = front.0;
            side.out.pop_front();
            let last = side.out.is_empty();
            self.give(bid);
            if last {
                self.answered(i);
            }
        }
        self.send(i);
    }

    /// A client has its answer: the origin's connection is free for another one.
    fn answered(&mut self, i: usize) {
        let Some(side) = &mut self.sides[i] else { return };
        if self.shape == Shape::Stream || !side.client {
            return;
        }
        let server = std::mem::replace(&mut side.peer, NONE);
        if server != NONE
            && let Some(other) = &mut self.sides[server]
        {
            other.peer = NONE;
            self.idle.push(server);
        }
        if self.shape == Shape::Once {
            self.end(i);
        }
    }

    fn give(&mut self, bid: u16) {
        self.buffers.give(bid);
        // Half the buffers for one is not the point; one more chance a buffer is.
        if let Some(i) = self.starved.pop() {
            self.receive(i);
        }
    }

    /// This side and its peer are over; closed once the kernel has nothing of theirs any more.
    fn end(&mut self, i: usize) {
        let mut next = Some(i);
        while let Some(i) = next.take() {
            let Some(side) = &mut self.sides[i] else { continue };
            if !side.over {
                side.over = true;
                let peer = std::mem::replace(&mut side.peer, NONE);
                if peer != NONE {
                    if let Some(other) = &mut self.sides[peer] {
                        other.peer = NONE;
                    }
                    next = Some(peer);
                }
                if let Some(k) = self.idle.iter().position(|&k| k == i) {
                    self.idle.swap_remove(k);
                }
                let Some(side) = &self.sides[i] else { continue };
                if side.receiving || side.sending {
                    // SAFETY: no pointers.
                    unsafe { libc::shutdown(side.fd.as_raw_fd(), libc::SHUT_RDWR) };
                }
            }
            let Some(side) = &mut self.sides[i] else { continue };
            if !side.receiving && !side.sending {
                let out = std::mem::take(&mut side.out);
                self.sides[i] = None;
                self.free.push(i);
                for (bid, ..) in out {
                    self.give(bid);
                }
            }
        }
    }
}
