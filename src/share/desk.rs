//! Orders of the cores to the control thread for answers that only it can make: the statistics page, metrics. It makes them
//! piece by piece, each when the one before has been taken: a large answer holds neither memory nor a thread.
use crate::base::service::Service;
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// Wakes a task of another core.
pub type Wake = Box<dyn Fn() + Send + Sync>;

/// So many pieces lie ready at most.
const ROOM: usize = 2;

/// Where orders are left.
#[derive(Default)]
pub struct Desk {
    orders: Mutex<Vec<Arc<Order>>>,
    wake: OnceLock<Wake>,
    /// Somebody takes orders, or will as soon as it runs.
    open: AtomicBool,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Desk {
    /// Says that orders will be taken: the first may come before the control thread runs, and lie till then.
    pub fn open(&self) {
        self.open.store(true, Ordering::Relaxed);
    }

    /// Who is told of an order. Once; what lies there already is to be taken then.
    pub fn set_wake(&self, wake: Wake) {
        let _ = self.wake.set(wake);
        self.open();
    }

    /// Leaves an order. False where nobody takes any (there is no control thread).
    #[must_use]
    pub fn leave(&self, order: Arc<Order>) -> bool {
        if !self.open.load(Ordering::Relaxed) {
            return false;
        }
        lock(&self.orders).push(order);
        if let Some(wake) = self.wake.get() {
            wake();
        }
        true
    }

    /// Takes all orders.
    pub fn take(&self) -> Vec<Arc<Order>> {
        std::mem::take(&mut lock(&self.orders))
    }
}

/// A panic of another thread while it held the lock left nothing half done here.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// One order and what has been made of it.
pub struct Order {
    pub service: Service,
    /// The request's target as it came.
    pub target: Vec<u8>,
    /// The form, of a POST.
    pub form: Option<Vec<u8>>,
    state: Mutex<State>,
    asker: Wake,
}

#[derive(Default)]
struct State {
    pieces: VecDeque<Vec<u8>>,
    done: bool,
    /// Nobody waits for it any more.
    left: bool,
    maker: Option<Wake>,
}

impl Order {
    /// An order; `asker` is woken when a piece is there, and at the end.
    #[must_use]
    pub fn new(service: Service, target: Vec<u8>, form: Option<Vec<u8>>, asker: Wake) -> Arc<Order> {
        Arc::new(Order { service, target, form, state: Mutex::default(), asker })
    }

    /// For the asker: the next piece, `Some(None)` at the end, `None` while it is still to come.
    pub fn next(&self) -> Option<Option<Vec<u8>>> {
        let mut state = lock(&self.state);
        match state.pieces.pop_front() {
            Some(piece) => {
                if let Some(wake) = &state.maker {
                    wake();
                }
                Some(Some(piece))
            }
            None if state.done => Some(None),
            None => None,
        }
    }

    /// For the asker: it goes.
    pub fn leave(&self) {
        let mut state = lock(&self.state);
        state.left = true;
        if let Some(wake) = &state.maker {
            wake();
        }
    }

    /// For the maker: who is woken when a piece was taken.
    pub fn made_by(&self, wake: Wake) {
        lock(&self.state).maker = Some(wake);
    }

    /// For the maker: whether another piece is wanted now; `None` when nobody waits any more.
    pub fn has_room(&self) -> Option<bool> {
        let state = lock(&self.state);
        (!state.left).then_some(state.pieces.len() < ROOM)
    }

    /// For the maker: one piece more.
    pub fn put(&self, piece: Vec<u8>) {
        lock(&self.state).pieces.push_back(piece);
        (self.asker)();
    }

    /// For the maker: that was all.
    pub fn finish(&self) {
        lock(&self.state).done = true;
        (self.asker)();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn pieces_are_made_when_there_is_room() {
        let woken = Arc::new(AtomicUsize::new(0));
        let count = woken.clone();
        let desk = Desk::default();
        let order = Order::new(Service::Prometheus, b"/m".to_vec(), None, Box::new(|| {}));
        assert!(!desk.leave(order.clone()), "nobody is there");
        desk.open();
        assert!(desk.leave(order.clone()), "it lies until somebody comes");
        assert_eq!(desk.take().len(), 1);
        desk.set_wake(Box::new(move || _ = count.fetch_add(1, Ordering::Relaxed)));
        assert!(desk.leave(order.clone()) && woken.load(Ordering::Relaxed) == 1);
        assert_eq!((desk.take().len(), desk.take().len()), (1, 0));
        assert_eq!(order.next(), None);
        for n in 0..ROOM {
            assert_eq!(order.has_room(), Some(true));
            order.put(vec![n as u8]);
        }
        assert_eq!(order.has_room(), Some(false));
        assert_eq!((order.next(), order.has_room()), (Some(Some(vec![0])), Some(true)));
        order.finish();
        assert_eq!((order.next(), order.next()), (Some(Some(vec![1])), Some(None)));
        order.leave();
        assert_eq!(order.has_room(), None);
    }
}
