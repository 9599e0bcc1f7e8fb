//! Who waits for a server, first come first served over all cores. The lock is taken only while a limit is reached.
use crate::base::ids::ServerId;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

/// One waiting request. Whoever leaves a server's gate hands his place to a ticket, then wakes its owner.
#[derive(Debug)]
pub struct Ticket {
    /// The only server the request may go to (persistence), or any of the backend's.
    pub wants: Option<ServerId>,
    /// Its place in the queue: lower ones first, equals in the order they came.
    rank: Rank,
    /// 0 while waiting, `GONE` when its owner left, else the granted server's id + 2.
    state: AtomicU32,
}

const WAITING: u32 = 0;
const GONE: u32 = 1;
const GRANTED: u32 = 2;

/// Where a request stands in a queue (`set-priority-class`, `set-priority-offset`): by its class, then by the time it came
/// at, moved by its offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    pub class: i32,
    /// Milliseconds.
    pub at: i64,
}

impl Ticket {
    /// A ticket for any server, or for one.
    #[must_use]
    pub fn new(wants: Option<ServerId>, rank: Rank) -> Arc<Ticket> {
        Arc::new(Ticket { wants, rank, state: AtomicU32::new(WAITING) })
    }

    /// The server whose gate was entered for this ticket.
    #[must_use]
    pub fn granted(&self) -> Option<ServerId> {
        match self.state.load(Ordering::Acquire) {
            WAITING | GONE => None,
            n => Some(ServerId(n - GRANTED)),
        }
    }

    /// Grants a place; false when the owner has left.
    fn grant(&self, server: ServerId) -> bool {
        self.state.compare_exchange(WAITING, server.0 + GRANTED, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Leaves the queue. A place that was granted meanwhile is returned and must be given back.
    #[must_use]
    pub fn leave(&self) -> Option<ServerId> {
        match self.state.compare_exchange(WAITING, GONE, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) | Err(GONE) => None,
            Err(n) => Some(ServerId(n - GRANTED)),
        }
    }
}

/// What wakes the owner of a ticket, on whatever core it runs.
pub type Wake = Box<dyn Fn() + Send>;

/// One backend's queue.
#[derive(Default)]
pub struct Queue {
    waiting: Mutex<VecDeque<(Arc<Ticket>, Wake)>>,
    /// How many wait, also those that left and were not met yet; read without the lock.
    length: AtomicU32,
    peak: AtomicU32,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Queue({})", self.len())
    }
}

impl Queue {
    /// How many wait.
    pub fn len(&self) -> u32 {
        self.length.load(Ordering::Acquire)
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The most that ever waited at once.
    pub fn peak(&self) -> u32 {
        self.peak.load(Ordering::Relaxed)
    }

    /// Forgets it.
    pub fn clear_peak(&self) {
        self.peak.store(0, Ordering::Relaxed);
    }

    /// Joins behind those of the same rank.
    pub fn join(&self, ticket: Arc<Ticket>, wake: Wake) {
        let mut waiting = self.waiting.lock().expect("no panic under this lock");
        let behind = waiting.iter().rev().take_while(|(other, _)| ticket.rank < other.rank).count();
        let place = waiting.len() - behind;
        waiting.insert(place, (ticket, wake));
        let n = waiting.len() as u32;
        self.length.store(n, Ordering::Release);
        self.peak.fetch_max(n, Ordering::Relaxed);
    }

    /// Takes tickets whose owners left out of the queue.
    pub fn sweep(&self) {
        let mut waiting = self.waiting.lock().expect("no panic under this lock");
        waiting.retain(|(ticket, _)| ticket.state.load(Ordering::Relaxed) == WAITING);
        self.length.store(waiting.len() as u32, Ordering::Release);
    }

    /// Hands a place on `server`, already entered, to the first who may use it. False when nobody can: the place stays
    /// with the caller.
    #[must_use]
    pub fn hand_over(&self, server: ServerId) -> bool {
        if self.is_empty() {
            return false;
        }
        let mut waiting = self.waiting.lock().expect("no panic under this lock");
        let mut index = 0;
        let mut handed = None;
        while index < waiting.len() {
            let (ticket, _) = &waiting[index];
            if ticket.wants.is_some_and(|s| s != server) {
                index += 1;
                continue;
            }
            let (ticket, wake) = waiting.remove(index).expect("index is inside");
            if ticket.grant(server) {
                handed = Some(wake);
                break;
            }
        }
        self.length.store(waiting.len() as u32, Ordering::Release);
        drop(waiting);
        match handed {
            Some(wake) => {
                wake();
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(wants: Option<ServerId>, class: i32, at: i64) -> Arc<Ticket> {
        Ticket::new(wants, Rank { class, at })
    }

    #[test]
    fn lower_classes_go_first_and_within_one_the_earlier() {
        let queue = Queue::default();
        let tickets = [(0, 5), (1, 0), (0, 5), (0, 3), (-1, 9)].map(|(class, at)| ticket(None, class, at));
        for t in &tickets {
            queue.join(t.clone(), Box::new(|| {}));
        }
        for (server, next) in [4, 3, 0, 2, 1].into_iter().enumerate() {
            assert!(queue.hand_over(ServerId(server as u32)));
            assert_eq!(tickets[next].granted(), Some(ServerId(server as u32)), "place {server}");
        }
    }

    #[test]
    fn places_go_to_the_first_that_may_use_them_and_never_to_who_left() {
        let queue = Queue::default();
        let (a, b, c) = (ticket(Some(ServerId(7)), 0, 0), ticket(None, 0, 0), ticket(None, 0, 0));
        for t in [&a, &b, &c] {
            queue.join(t.clone(), Box::new(|| {}));
        }
        assert_eq!(b.leave(), None);
        assert!(queue.hand_over(ServerId(1)));
        assert_eq!((a.granted(), b.granted(), c.granted()), (None, None, Some(ServerId(1))));
        assert!(!queue.hand_over(ServerId(1)));
        assert!(queue.hand_over(ServerId(7)));
        assert_eq!(a.leave(), Some(ServerId(7)));
        assert!(queue.is_empty());
    }
}
