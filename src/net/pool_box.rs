//! Boxes whose memory comes from a free list of the thread: a request's future is as large as its largest moment, and is
//! taken at the first byte and given back when the connection is idle again, without the allocator.
#![allow(unsafe_code)]
use std::alloc::{Layout, handle_alloc_error};
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

/// Sizes are rounded up to multiples of this, so that a few lists serve all types.
const STEP: usize = 256;
/// Larger values go to the allocator.
const CLASSES: usize = 64;
/// Free blocks kept of one size; more go back to the allocator.
const KEEP: usize = 1_024;
const ALIGN: usize = 16;

thread_local! {
    static FREE: RefCell<[Vec<NonNull<u8>>; CLASSES]> = const { RefCell::new([const { Vec::new() }; CLASSES]) };
}

fn class_of(layout: Layout) -> Option<usize> {
    let class = layout.size().div_ceil(STEP).max(1) - 1;
    (class < CLASSES && layout.align() <= ALIGN).then_some(class)
}

fn block_layout(layout: Layout) -> Layout {
    match class_of(layout) {
        Some(class) => Layout::from_size_align((class + 1) * STEP, ALIGN).expect("a small power of two"),
        None => layout,
    }
}

/// A value in a recycled block. It never moves: the box gives no `&mut T` and drops it in place.
pub struct PoolBox<T>(NonNull<T>);

impl<T> PoolBox<T> {
    /// Moves a value into a block.
    #[inline]
    pub fn new(value: T) -> PoolBox<T> {
        PoolBox::with(|| value)
    }

    /// Makes a value in a block: the block is there first, so that a large future is written in place and not copied.
    #[inline]
    pub fn with(make: impl FnOnce() -> T) -> PoolBox<T> {
        let layout = Layout::new::<T>();
        let recycled = class_of(layout).and_then(|class| FREE.with_borrow_mut(|free| free[class].pop()));
        let block = recycled.unwrap_or_else(|| fresh(layout));
        let place = block.cast::<T>();
        // SAFETY: the block is large enough, aligned, and nobody else's. Should `make` panic, the block is lost, no more.
        unsafe { place.write(make()) };
        PoolBox(place)
    }
}

#[cold]
fn fresh(layout: Layout) -> NonNull<u8> {
    let layout = block_layout(layout);
    // SAFETY: the size is at least STEP or that of a type too large for the lists, never zero.
    let raw = unsafe { std::alloc::alloc(layout) };
    NonNull::new(raw).unwrap_or_else(|| handle_alloc_error(layout))
}

impl<T> Drop for PoolBox<T> {
    fn drop(&mut self) {
        let layout = Layout::new::<T>();
        // SAFETY: the value was written by `new` and is dropped once; the block came from this layout.
        unsafe {
            std::ptr::drop_in_place(self.0.as_ptr());
            let block = self.0.cast::<u8>();
            let kept = class_of(layout).is_some_and(|class| {
                FREE.try_with(|free| {
                    let list = &mut free.borrow_mut()[class];
                    let room = list.len() < KEEP;
                    if room {
                        list.push(block);
                    }
                    room
                })
                .unwrap_or(false)
            });
            if !kept {
                std::alloc::dealloc(block.as_ptr(), block_layout(layout));
            }
        }
    }
}

impl<F: Future> Future for PoolBox<F> {
    type Output = F::Output;
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: the value is pinned in its block from `new` to `drop`; the box gives no other way to it.
        unsafe { Pin::new_unchecked(self.get_mut().0.as_mut()) }.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn a_block_is_used_again() {
        let a = PoolBox::new([1u8; 300]);
        let place = a.0.as_ptr() as usize;
        drop(a);
        let b = PoolBox::new([2u64; 40]);
        assert_eq!(b.0.as_ptr() as usize, place);
    }

    #[test]
    fn values_are_dropped_once_also_large_ones() {
        struct Count(Rc<Cell<u32>>, #[allow(dead_code)] [u8; 100_000]);
        impl Drop for Count {
            fn drop(&mut self) {
                self.0.set(self.0.get() + 1);
            }
        }
        let n = Rc::new(Cell::new(0));
        drop(PoolBox::new(Count(n.clone(), [0; 100_000])));
        assert_eq!(n.get(), 1);
    }
}
