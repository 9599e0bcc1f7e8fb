//! Who waits for a server, first come first served over all cores. The lock is taken only while a limit is reached.
use crate::base::ids::ServerId;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// One waiting request. Whoever leaves a server's gate hands his place to a ticket, then wakes its owner.
#[derive(Debug)]
pub struct Ticket {
    /// The only server the request may go to (persistence), or any of the backend's.
    pub wants: Option<ServerId>,
    /// Whether it is sent on to be balanced anew when that server takes less than it did (`option redispatch`).
    movable: bool,
    /// Its place in the queue: lower ones first, equals in the order they came.
    rank: Rank,
    /// 0 while waiting, `GONE` when its owner left, `MOVED` when it is sent on, else the granted server's id + 2.
    state: AtomicU32,
}

const WAITING: u32 = 0;
const GONE: u32 = 1;
const GRANTED: u32 = 2;
const MOVED: u32 = u32::MAX;

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
    pub fn new(wants: Option<ServerId>, movable: bool, rank: Rank) -> Arc<Ticket> {
        Arc::new(Ticket { wants, movable, rank, state: AtomicU32::new(WAITING) })
    }

    /// The server whose gate was entered for this ticket.
    #[must_use]
    pub fn granted(&self) -> Option<ServerId> {
        match self.state.load(Ordering::Acquire) {
            WAITING | GONE | MOVED => None,
            n => Some(ServerId(n - GRANTED)),
        }
    }

    /// Whether its owner is to look for another server.
    #[must_use]
    pub fn is_moved(&self) -> bool {
        self.state.load(Ordering::Acquire) == MOVED
    }

    /// Sends it on; false when its owner has left, or has a place.
    fn move_on(&self) -> bool {
        self.state.compare_exchange(WAITING, MOVED, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Grants a place; false when the owner has left.
    fn grant(&self, server: ServerId) -> bool {
        self.state.compare_exchange(WAITING, server.0 + GRANTED, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Leaves the queue. A place that was granted meanwhile is returned and must be given back.
    #[must_use]
    pub fn leave(&self) -> Option<ServerId> {
        match self.state.compare_exchange(WAITING, GONE, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) | Err(GONE | MOVED) => None,
            Err(n) => Some(ServerId(n - GRANTED)),
        }
    }
}

/// What wakes the owner of a ticket, on whatever core it runs.
pub type Wake = Box<dyn Fn() + Send>;

/// One backend's queue.
#[derive(Default)]
pub struct Queue {
    waiting: Mutex<Waiting>,
    /// How many wait, also those that left and were not met yet; read without the lock.
    length: AtomicU32,
    /// How many of them wait for one server alone.
    bound: AtomicU32,
    /// The most of the others.
    peak: AtomicU32,
}

#[derive(Default)]
struct Waiting {
    list: VecDeque<(Arc<Ticket>, Wake)>,
    /// How many wait, and waited at most, for one server alone.
    own: BTreeMap<ServerId, Own>,
}

#[derive(Clone, Copy, Default)]
struct Own {
    now: u32,
    peak: u32,
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

    /// How many wait for whichever server is free.
    pub fn len_of_any(&self) -> u32 {
        self.len().saturating_sub(self.bound.load(Ordering::Acquire))
    }

    /// The most of these that ever waited at once.
    pub fn peak_of_any(&self) -> u32 {
        self.peak.load(Ordering::Relaxed)
    }

    /// Forgets the most that ever waited.
    pub fn clear_peak(&self) {
        self.peak.store(0, Ordering::Relaxed);
        self.lock().own.values_mut().for_each(|own| own.peak = 0);
    }

    /// How many wait for this server alone.
    pub fn len_of(&self, server: ServerId) -> u32 {
        match self.bound.load(Ordering::Acquire) {
            0 => 0,
            _ => self.lock().own.get(&server).map_or(0, |own| own.now),
        }
    }

    /// The most of these that ever waited at once.
    pub fn peak_of(&self, server: ServerId) -> u32 {
        self.lock().own.get(&server).map_or(0, |own| own.peak)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().expect("no panic under this lock")
    }

    /// Puts the figures beside the list that are read without the lock.
    fn note(&self, waiting: &Waiting) {
        self.length.store(waiting.list.len() as u32, Ordering::Release);
        self.bound.store(waiting.own.values().map(|own| own.now).sum(), Ordering::Release);
    }

    /// Joins behind those of the same rank; false where so many (0: no limit) wait for its server already.
    #[must_use]
    pub fn join(&self, ticket: Arc<Ticket>, most: u32, wake: Wake) -> bool {
        let mut waiting = self.lock();
        let own = ticket.wants.and_then(|server| waiting.own.get(&server)).map_or(0, |own| own.now);
        if most != 0 && own >= most {
            return false;
        }
        let behind = waiting.list.iter().rev().take_while(|(other, _)| ticket.rank < other.rank).count();
        let place = waiting.list.len() - behind;
        if let Some(server) = ticket.wants {
            let own = waiting.own.entry(server).or_default();
            own.now += 1;
            own.peak = own.peak.max(own.now);
        }
        waiting.list.insert(place, (ticket, wake));
        self.note(&waiting);
        self.peak.fetch_max(self.len_of_any(), Ordering::Relaxed);
        true
    }

    /// Whether somebody waits for this server alone.
    pub fn is_awaited(&self, server: ServerId) -> bool {
        let waits =
            |ticket: &Ticket| ticket.wants == Some(server) && ticket.state.load(Ordering::Relaxed) == WAITING;
        !self.is_empty() && self.lock().list.iter().any(|(ticket, _)| waits(ticket))
    }

    /// Takes tickets whose owners left out of the queue.
    pub fn sweep(&self) {
        let mut waiting = self.lock();
        let Waiting { list, own } = &mut *waiting;
        list.retain(|(ticket, _)| {
            let stays = ticket.state.load(Ordering::Relaxed) == WAITING;
            if !stays {
                left(own, ticket);
            }
            stays
        });
        self.note(&waiting);
    }

    /// Sends those who wait for this server alone, and may go elsewhere, to look for another one; how many they were.
    pub fn release(&self, server: ServerId) -> u32 {
        if self.is_empty() {
            return 0;
        }
        let mut waiting = self.lock();
        let Waiting { list, own } = &mut *waiting;
        let mut moved = Vec::new();
        for (ticket, wake) in std::mem::take(list) {
            if ticket.wants == Some(server) && ticket.movable && ticket.move_on() {
                left(own, &ticket);
                moved.push(wake);
            } else {
                list.push_back((ticket, wake));
            }
        }
        self.note(&waiting);
        drop(waiting);
        for wake in &moved {
            wake();
        }
        moved.len() as u32
    }

    /// Hands a place on `server`, already entered, to the first who may use it; `any`: not only to those who want this
    /// server. False when nobody can: the place stays with the caller.
    #[must_use]
    pub fn hand_over(&self, server: ServerId, any: bool) -> bool {
        if self.is_empty() {
            return false;
        }
        let mut waiting = self.lock();
        let Waiting { list, own } = &mut *waiting;
        let mut index = 0;
        let mut handed = None;
        while index < list.len() {
            let (ticket, _) = &list[index];
            if ticket.wants.map_or(!any, |s| s != server) {
                index += 1;
                continue;
            }
            let (ticket, wake) = list.remove(index).expect("index is inside");
            left(own, &ticket);
            if ticket.grant(server) {
                handed = Some(wake);
                break;
            }
        }
        self.note(&waiting);
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

/// A ticket has been taken off the list.
fn left(own: &mut BTreeMap<ServerId, Own>, ticket: &Ticket) {
    if let Some(own) = ticket.wants.and_then(|server| own.get_mut(&server)) {
        own.now -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(wants: Option<ServerId>, class: i32, at: i64) -> Arc<Ticket> {
        Ticket::new(wants, true, Rank { class, at })
    }

    #[test]
    fn lower_classes_go_first_and_within_one_the_earlier() {
        let queue = Queue::default();
        let tickets = [(0, 5), (1, 0), (0, 5), (0, 3), (-1, 9)].map(|(class, at)| ticket(None, class, at));
        for t in &tickets {
            assert!(queue.join(t.clone(), 0, Box::new(|| {})));
        }
        for (server, next) in [4, 3, 0, 2, 1].into_iter().enumerate() {
            assert!(queue.hand_over(ServerId(server as u32), true));
            assert_eq!(tickets[next].granted(), Some(ServerId(server as u32)), "place {server}");
        }
    }

    #[test]
    fn places_go_to_the_first_that_may_use_them_and_never_to_who_left() {
        let queue = Queue::default();
        let (a, b, c) = (ticket(Some(ServerId(7)), 0, 0), ticket(None, 0, 0), ticket(None, 0, 0));
        for t in [&a, &b, &c] {
            assert!(queue.join(t.clone(), 0, Box::new(|| {})));
        }
        assert_eq!(b.leave(), None);
        assert!(!queue.hand_over(ServerId(1), false), "it takes only its own");
        assert!(queue.hand_over(ServerId(1), true));
        assert_eq!((a.granted(), b.granted(), c.granted()), (None, None, Some(ServerId(1))));
        assert!(!queue.hand_over(ServerId(1), true));
        assert!(queue.hand_over(ServerId(7), false));
        assert_eq!(a.leave(), Some(ServerId(7)));
        assert!(queue.is_empty());
    }

    #[test]
    fn who_waits_for_one_server_goes_elsewhere_when_it_takes_less() {
        use std::sync::atomic::AtomicUsize;
        let (queue, woken) = (Queue::default(), Arc::new(AtomicUsize::new(0)));
        let bound = Ticket::new(Some(ServerId(1)), false, Rank::default());
        let (mine, others, any) =
            (ticket(Some(ServerId(1)), 0, 1), ticket(Some(ServerId(2)), 0, 2), ticket(None, 0, 3));
        for t in [&bound, &mine, &others, &any] {
            let woken = woken.clone();
            assert!(queue.join(t.clone(), 2, Box::new(move || _ = woken.fetch_add(1, Ordering::Relaxed))));
        }
        assert_eq!(
            (queue.len_of(ServerId(1)), queue.len_of(ServerId(2)), queue.len_of(ServerId(3))),
            (2, 1, 0)
        );
        assert_eq!((queue.len_of_any(), queue.peak_of_any()), (1, 1));
        assert!(!queue.join(ticket(Some(ServerId(1)), 0, 4), 2, Box::new(|| {})), "it has two already");
        assert_eq!((queue.release(ServerId(1)), queue.len(), woken.load(Ordering::Relaxed)), (1, 3, 1));
        assert!(mine.is_moved() && [&bound, &others, &any].iter().all(|t| !t.is_moved()));
        assert_eq!((mine.granted(), mine.leave()), (None, None));
        assert_eq!(queue.release(ServerId(1)), 0);
        assert!(queue.hand_over(ServerId(1), true), "who may not go elsewhere is served as before");
        assert_eq!(bound.granted(), Some(ServerId(1)));
        assert_eq!((queue.len_of(ServerId(1)), queue.peak_of(ServerId(1)), queue.len_of_any()), (0, 2, 1));
    }
}
