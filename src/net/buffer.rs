//! Receive buffers of a core. A [`Chunk`] is one buffer that holds received bytes; dropping it gives the buffer back.
//!
//! The pool grows when more buffers are held than it has (many slow peers), so that running out delays nobody; how much one
//! connection may hold is bounded where it is read.
#![allow(unsafe_code)]
use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::{Deref, DerefMut, Range};
use std::rc::Rc;
use std::sync::Arc;

/// Bytes of one receive buffer where nobody asks for more.
pub const CHUNK_SIZE: usize = crate::base::limits::BUFSIZE;
/// Bytes between two buffers beside their size. Without them all buffers would begin in the same few sets of the caches,
/// and every message would push another one's head out.
const COLOUR: usize = 5 * 64;
/// The smallest buffer.
const MIN_SIZE: usize = 1_024;
/// Buffers added at a time.
pub const SLAB: usize = 64;
/// Most buffers of a core: what a kernel buffer ring can name.
pub const MAX_BUFFERS: usize = 32_768;

const _: () = assert!(MAX_BUFFERS.is_multiple_of(SLAB));

/// The buffers of one core.
pub struct Pool {
    slabs: RefCell<Vec<Box<[u8]>>>,
    /// Buffers that nobody holds. In ring mode the kernel holds them instead, see `given_back`.
    free: RefCell<Vec<u16>>,
    held: Cell<usize>,
    /// Bytes of one buffer.
    size: usize,
}

impl Pool {
    /// An empty pool; the first buffers are made on first use.
    #[must_use]
    pub fn new() -> Rc<Pool> {
        Pool::with_size(CHUNK_SIZE)
    }

    /// An empty pool of buffers of so many bytes.
    #[must_use]
    pub fn with_size(size: usize) -> Rc<Pool> {
        let size = size.max(MIN_SIZE);
        Rc::new(Pool { slabs: RefCell::default(), free: RefCell::default(), held: Cell::new(0), size })
    }

    /// Bytes of one buffer.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Adds a slab of buffers to the free list; false when the limit is reached.
    pub fn grow(&self) -> bool {
        let mut slabs = self.slabs.borrow_mut();
        let first = slabs.len() * SLAB;
        if first + SLAB > MAX_BUFFERS {
            return false;
        }
        slabs.push(vec![0u8; SLAB * (self.size + COLOUR)].into_boxed_slice());
        self.free.borrow_mut().extend((first..first + SLAB).rev().map(|i| i as u16));
        true
    }

    /// Chunks that are held by sessions now.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.get()
    }

    /// Takes up to `n` free buffers out, to hand them to the kernel; the ones used last go first.
    pub fn hand_over(&self, n: usize, mut each: impl FnMut(u16, *mut u8)) {
        let mut free = self.free.borrow_mut();
        for _ in 0..n.min(free.len()) {
            let Some(id) = free.pop() else { break };
            each(id, self.start(id));
        }
    }

    /// How many buffers wait to be handed to the kernel.
    pub fn free_count(&self) -> usize {
        self.free.borrow().len()
    }

    /// How many buffers there are, held, free and handed over.
    pub fn total(&self) -> usize {
        self.slabs.borrow().len() * SLAB
    }

    /// How many buffers the kernel has.
    pub fn handed_over(&self) -> usize {
        self.total() - self.held() - self.free_count()
    }

    fn start(&self, id: u16) -> *mut u8 {
        let mut slabs = self.slabs.borrow_mut();
        let slab = &mut slabs[usize::from(id) / SLAB];
        // SAFETY: the offset is inside the slab, which is never moved or freed while the pool lives.
        unsafe { slab.as_mut_ptr().add((usize::from(id) % SLAB) * (self.size + COLOUR)) }
    }

    /// A chunk over buffer `id`, which the kernel (or the free list) has just handed out with `len` bytes in it.
    pub fn chunk(self: &Rc<Self>, id: u16, len: usize) -> Chunk {
        debug_assert!(len <= self.size);
        self.held.set(self.held.get() + 1);
        Chunk { start: self.start(id), range: 0..len as u32, id, pool: self.clone() }
    }

    /// An empty chunk with all its room, growing the pool where needed; `None` at the limit.
    pub fn take(self: &Rc<Self>) -> Option<Chunk> {
        let id = self.free.borrow_mut().pop();
        let id = match id {
            Some(id) => id,
            None => {
                self.grow();
                self.free.borrow_mut().pop()?
            }
        };
        Some(self.chunk(id, 0))
    }
}

/// One receive buffer and the range of its bytes that are still of interest.
pub struct Chunk {
    start: *mut u8,
    range: Range<u32>,
    id: u16,
    pool: Rc<Pool>,
}

impl Chunk {
    /// Forgets the first `n` bytes.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn advance(&mut self, n: usize) {
        assert!(n <= self.len());
        self.range.start += n as u32;
    }

    /// Keeps the first `n` bytes only.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn truncate(&mut self, n: usize) {
        assert!(n <= self.len());
        self.range.end = self.range.start + n as u32;
    }

    /// The buffer's whole memory, for a driver that fills it.
    pub fn room(&mut self) -> &mut [u8] {
        // SAFETY: the buffer is as long as its pool says and this chunk is its only user.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.pool.size) }
    }

    /// Says that `n` bytes from the start of the memory are filled.
    pub fn filled(&mut self, n: usize) {
        assert!(n <= self.pool.size);
        self.range = 0..n as u32;
    }

    /// Appends bytes behind the present ones where there is room; says how many went in.
    pub fn append(&mut self, bytes: &[u8]) -> usize {
        let end = self.range.end as usize;
        let n = bytes.len().min(self.pool.size - end);
        self.room()[end..end + n].copy_from_slice(&bytes[..n]);
        self.range.end += n as u32;
        n
    }

    /// Moves the bytes to the start of the memory, so that `append` has all the room there is.
    pub fn compact(&mut self) {
        let range = self.range.start as usize..self.range.end as usize;
        let len = range.len();
        self.room().copy_within(range, 0);
        self.range = 0..len as u32;
    }
}

impl Deref for Chunk {
    type Target = [u8];
    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: the range lies inside the buffer, and its bytes were initialised when the slab was made.
        unsafe { std::slice::from_raw_parts(self.start.add(self.range.start as usize), self.range.len()) }
    }
}

impl DerefMut for Chunk {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and this chunk is the buffer's only user.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(self.range.start as usize), self.range.len()) }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.pool.held.set(self.pool.held.get() - 1);
        self.pool.free.borrow_mut().push(self.id);
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chunk({} bytes of #{})", self.len(), self.id)
    }
}

/// Bytes on their way out. The stream owns them until the kernel has taken them all.
#[derive(Debug)]
pub enum OutBuf {
    Chunk(Chunk),
    /// From [`super::Core::take_vec`]; goes back there when sent.
    Vec(Vec<u8>),
    Static(&'static [u8]),
    Shared(Arc<[u8]>),
}

impl OutBuf {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            OutBuf::Chunk(c) => c,
            OutBuf::Vec(v) => v,
            OutBuf::Static(s) => s,
            OutBuf::Shared(s) => s,
        }
    }
}

impl From<Chunk> for OutBuf {
    fn from(c: Chunk) -> Self {
        OutBuf::Chunk(c)
    }
}

impl From<Vec<u8>> for OutBuf {
    fn from(v: Vec<u8>) -> Self {
        OutBuf::Vec(v)
    }
}

impl From<&'static [u8]> for OutBuf {
    fn from(s: &'static [u8]) -> Self {
        OutBuf::Static(s)
    }
}

impl From<Arc<[u8]>> for OutBuf {
    fn from(s: Arc<[u8]>) -> Self {
        OutBuf::Shared(s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_gives_its_buffer_back() {
        let pool = Pool::new();
        let mut a = pool.take().unwrap();
        a.room()[..5].copy_from_slice(b"hello");
        a.filled(5);
        a.advance(1);
        a.truncate(3);
        assert_eq!(&a[..], b"ell");
        assert_eq!(pool.held(), 1);
        drop(a);
        assert_eq!((pool.held(), pool.free_count()), (0, SLAB));
    }

    #[test]
    fn appending_stops_at_the_end_of_the_memory() {
        let pool = Pool::new();
        let mut a = pool.take().unwrap();
        assert_eq!(a.append(&vec![1; CHUNK_SIZE - 1]), CHUNK_SIZE - 1);
        assert_eq!(a.append(b"xyz"), 1);
        a.advance(10);
        a.compact();
        assert_eq!(a.append(&[7; 20]), 10);
        assert_eq!(a[CHUNK_SIZE - 1], 7);
    }

    #[test]
    fn more_holders_than_buffers_grow_the_pool() {
        let pool = Pool::new();
        let held: Vec<_> = (0..SLAB * 3).map(|_| pool.take().unwrap()).collect();
        assert_eq!(pool.held(), SLAB * 3);
        drop(held);
        assert_eq!(pool.free_count(), SLAB * 3);
    }
}
