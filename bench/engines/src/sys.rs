//! A ring of io_uring with provided buffers. The only unsafe code of this package.
//!
//! Invariants: the entries of the buffer ring and the buffers live as long as the ring, and are freed after it (field
//! order); a buffer is either the kernel's or named by one [`Chunk`]; bytes on their way out are kept in `sending` or in a
//! buffer whose chunk the ring holds until the send has completed.
#![allow(unsafe_code)]
use io_uring::types::{BufRingEntry, Fd, Fixed};
use io_uring::{IoUring, cqueue, opcode, squeue};
use std::io;
use std::net::TcpStream;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU16, Ordering};

const GROUP: u16 = 1;
const COUNT: u16 = 4_096;

/// Descriptors that can be registered.
const FILES: u32 = 19_000;

/// What an operation is on.
#[derive(Clone, Copy, Debug)]
pub enum File {
    Fd(RawFd),
    /// A place of the ring's own table: the kernel needs no look-up and no count of uses.
    Registered(u32),
}

/// Received bytes in a provided buffer.
#[derive(Debug)]
pub struct Chunk {
    id: u16,
    from: usize,
    to: usize,
}

impl Chunk {
    /// How many bytes are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.to - self.from
    }

    /// Whether none are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from == self.to
    }

    /// Takes bytes off its front.
    pub fn advance(&mut self, len: usize) {
        self.from = (self.from + len).min(self.to);
    }
}

/// Bytes for a send.
#[derive(Debug)]
pub enum Bytes {
    Chunk(Chunk),
    Owned(Vec<u8>),
}

/// What has completed; `key` and `tag` are those it was asked for with.
#[derive(Debug)]
pub struct Event {
    pub tag: u8,
    pub key: u32,
    pub result: i32,
    /// A multishot operation goes on.
    pub more: bool,
    pub chunk: Option<Chunk>,
}

#[repr(align(4096))]
#[derive(Clone)]
struct Page {
    _bytes: [u8; 4_096],
}

/// Makes a stream of a descriptor that the kernel has just given us by an accept.
#[must_use]
pub fn accepted(fd: RawFd) -> TcpStream {
    // SAFETY: it is the result of an accept, and nobody else has it.
    unsafe { OwnedFd::from_raw_fd(fd) }.into()
}

/// The ring.
pub struct Ring {
    ring: IoUring,
    entries: Vec<Page>,
    memory: Vec<u8>,
    size: usize,
    tail: u16,
    sending: Vec<Option<Bytes>>,
    events: Vec<(u64, i32, u32)>,
}

impl Ring {
    /// A ring whose buffers have `size` bytes.
    ///
    /// # Errors
    /// The system's.
    pub fn new(size: usize) -> io::Result<Ring> {
        let ring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_coop_taskrun()
            .setup_submit_all()
            .setup_cqsize(8_192)
            .build(1_024)?;
        let pages = (usize::from(COUNT) * size_of::<BufRingEntry>()).div_ceil(size_of::<Page>());
        let mut ring = Ring {
            ring,
            entries: vec![Page { _bytes: [0; 4_096] }; pages],
            memory: vec![0; usize::from(COUNT) * size],
            size,
            tail: 0,
            sending: Vec::new(),
            events: Vec::new(),
        };
        // SAFETY: the entries live as long as the ring.
        unsafe {
            let entries = ring.entries.as_mut_ptr() as u64;
            ring.ring.submitter().register_buf_ring_with_flags(entries, COUNT, GROUP, 0)?;
        }
        for id in 0..COUNT {
            ring.provide(id);
        }
        ring.publish();
        Ok(ring)
    }

    fn provide(&mut self, id: u16) {
        let index = usize::from(self.tail & (COUNT - 1));
        let start = self.memory[usize::from(id) * self.size..].as_mut_ptr();
        // SAFETY: the index is inside; the kernel reads entries before the published tail only, and the setters do not
        // touch the tail, which is in the last bytes of entry 0.
        unsafe {
            let entry = &mut *self.entries.as_mut_ptr().cast::<BufRingEntry>().add(index);
            entry.set_addr(start as u64);
            entry.set_len(self.size as u32);
            entry.set_bid(id);
        }
        self.tail = self.tail.wrapping_add(1);
    }

    fn publish(&mut self) {
        // SAFETY: the tail is two bytes inside entry 0, aligned to two.
        unsafe {
            let tail = BufRingEntry::tail(self.entries.as_ptr().cast::<BufRingEntry>());
            (*tail.cast::<AtomicU16>()).store(self.tail, Ordering::Release);
        }
    }

    /// The bytes of a chunk.
    #[must_use]
    pub fn bytes(&self, chunk: &Chunk) -> &[u8] {
        &self.memory[usize::from(chunk.id) * self.size..][chunk.from..chunk.to]
    }

    /// Gives a chunk's buffer back to the kernel.
    pub fn recycle(&mut self, chunk: Chunk) {
        self.provide(chunk.id);
    }

    fn push(&mut self, entry: squeue::Entry, tag: u8, key: u32) {
        let entry = entry.user_data(u64::from(tag) << 56 | u64::from(key));
        // SAFETY: what an entry points to lives until its completion (see the module).
        while unsafe { self.ring.submission().push(&entry) }.is_err() {
            self.ring.submit().expect("a submission");
        }
    }

    /// Accepts until told otherwise.
    pub fn accept(&mut self, fd: RawFd, tag: u8, key: u32) {
        self.push(opcode::AcceptMulti::new(Fd(fd)).flags(libc::SOCK_CLOEXEC).build(), tag, key);
    }

    /// Prepares the table of descriptors.
    ///
    /// # Errors
    /// The system's.
    pub fn register_files(&mut self) -> io::Result<()> {
        self.ring.submitter().register_files_sparse(FILES)
    }

    /// Puts descriptors into the table from this place on; -1 empties a place.
    ///
    /// # Errors
    /// The system's.
    pub fn register(&mut self, place: u32, fds: &[RawFd]) -> io::Result<()> {
        self.ring.submitter().register_files_update(place, fds).map(|_| ())
    }

    /// Receives into provided buffers until told otherwise.
    pub fn receive(&mut self, file: File, tag: u8, key: u32) {
        let entry = match file {
            File::Fd(fd) => opcode::RecvMulti::new(Fd(fd), GROUP).build(),
            File::Registered(place) => opcode::RecvMulti::new(Fixed(place), GROUP).build(),
        };
        self.push(entry, tag, key);
    }

    /// Sends the first `len` of the bytes; one send a key at a time. They come back by [`Ring::sent`].
    ///
    /// # Panics
    /// When another send of this key is on its way.
    pub fn send(&mut self, file: File, bytes: Bytes, len: usize, tag: u8, key: u32) {
        let data = match &bytes {
            Bytes::Chunk(chunk) => self.bytes(chunk),
            Bytes::Owned(vec) => vec,
        };
        let (start, len) = (data[..len].as_ptr(), len as u32);
        let entry = match file {
            File::Fd(fd) => opcode::Send::new(Fd(fd), start, len),
            File::Registered(place) => opcode::Send::new(Fixed(place), start, len),
        };
        let entry = entry.flags(libc::MSG_NOSIGNAL | libc::MSG_WAITALL).build();
        let slot = key as usize;
        if self.sending.len() <= slot {
            self.sending.resize_with(slot + 1, || None);
        }
        assert!(self.sending[slot].is_none(), "one send at a time");
        self.sending[slot] = Some(bytes);
        self.push(entry, tag, key);
    }

    /// The bytes of a send that has completed. To be called once for its event.
    pub fn sent(&mut self, key: u32) -> Option<Bytes> {
        self.sending.get_mut(key as usize)?.take()
    }

    /// Submits, waits for something, and hands it to `each`.
    ///
    /// # Errors
    /// The system's.
    pub fn turn(&mut self, mut each: impl FnMut(&mut Ring, Event)) -> io::Result<()> {
        self.publish();
        match self.ring.submit_and_wait(1) {
            Err(e) if e.raw_os_error() != Some(libc::EINTR) => return Err(e),
            _ => {}
        }
        let mut events = std::mem::take(&mut self.events);
        events.extend(self.ring.completion().map(|c| (c.user_data(), c.result(), c.flags())));
        for (data, result, flags) in events.drain(..) {
            let chunk = cqueue::buffer_select(flags).map(|id| Chunk {
                id,
                from: 0,
                to: usize::try_from(result).unwrap_or(0),
            });
            let event =
                Event { tag: (data >> 56) as u8, key: data as u32, result, more: cqueue::more(flags), chunk };
            each(self, event);
        }
        self.events = events;
        Ok(())
    }
}
