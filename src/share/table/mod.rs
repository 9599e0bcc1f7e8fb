//! Stick tables (manual 4.2 `stick-table`): keys with what is known of them, shared by all cores. A table is divided into
//! shards by the hash of the key, each under a lock of its own that is held for one look or one change.
mod data;

pub use data::{Cell, Column, Entry, Kind, Layout, Stored};

use crate::base::ids::TableId;
use crate::base::time::Tick;
use ahash::RandomState;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// What the keys of a table are. A key is kept as bytes: addresses in network order, numbers as the machine has them, as
/// HAProxy keeps and orders them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    Ip,
    Ipv6,
    Integer,
    /// Text of at most so many bytes; more is cut off.
    String(usize),
    /// Exactly so many bytes; shorter ones are filled with zeros.
    Binary(usize),
}

impl KeyKind {
    /// The name in the configuration and in `show table`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            KeyKind::Ip => "ip",
            KeyKind::Ipv6 => "ipv6",
            KeyKind::Integer => "integer",
            KeyKind::String(_) => "string",
            KeyKind::Binary(_) => "binary",
        }
    }

    /// Cuts or fills a key to what is kept of it.
    pub fn fit(self, key: &mut Vec<u8>) {
        match self {
            KeyKind::String(most) => key.truncate(most),
            KeyKind::Binary(len) => key.resize(len, 0),
            KeyKind::Ip | KeyKind::Ipv6 | KeyKind::Integer => {}
        }
    }
}

/// `stick-table`: what a table is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    pub key: KeyKind,
    pub size: usize,
    pub expire: Option<Duration>,
    /// A full table takes no new keys, where others make room by forgetting the oldest.
    pub nopurge: bool,
    pub layout: Layout,
}

const SHARDS: usize = 16;

/// When an entry is to go, and a number that tells entries of one moment apart.
type Turn = (u64, u64);

#[derive(Debug, Default)]
struct Shard {
    entries: HashMap<Arc<[u8]>, Entry, RandomState>,
    /// Who goes first. An entry that was touched since stands too early here, and is put behind when its turn comes:
    /// so a touch costs nothing.
    turns: BTreeMap<Turn, Arc<[u8]>>,
}

/// One table.
#[derive(Debug)]
pub struct Table {
    pub spec: Spec,
    shards: Box<[Mutex<Shard>]>,
    hasher: RandomState,
    count: AtomicUsize,
    serial: AtomicU64,
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(spec: Spec) -> Table {
        Table {
            spec,
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            count: AtomicUsize::new(0),
            serial: AtomicU64::new(0),
        }
    }

    fn lock(&self, index: usize) -> MutexGuard<'_, Shard> {
        self.shards[index].lock().expect("no panic under this lock")
    }

    fn shard(&self, key: &[u8]) -> MutexGuard<'_, Shard> {
        self.lock(self.hasher.hash_one(key) as usize % SHARDS)
    }

    /// Entries, those counted that are over but were not met yet.
    pub fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// When an entry touched now is to go; 0 for never.
    fn deadline(&self, now: Tick) -> u64 {
        self.spec.expire.map_or(0, |e| (now + e).0)
    }

    /// Looks at an entry, or changes it; `touch`: it lives on for `expire` from now. `None` where there is none.
    pub fn with<T>(
        &self,
        key: &[u8],
        now: Tick,
        touch: bool,
        look: impl FnOnce(&mut Entry) -> T,
    ) -> Option<T> {
        let mut shard = self.shard(key);
        let entry = shard.entries.get_mut(key).filter(|e| !e.is_over(now))?;
        if touch {
            entry.deadline = self.deadline(now);
        }
        Some(look(entry))
    }

    /// The same, but the entry is made where there is none. `None`: the table is full and may forget nothing.
    pub fn enter<T>(&self, key: &[u8], now: Tick, change: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        // Room is had before the lock: making some looks at every shard.
        let mut change = Some(change);
        let mut run = |entry: &mut Entry| (change.take().expect("run once"))(entry);
        if let Some(done) = self.with(key, now, true, &mut run) {
            return Some(done);
        }
        if !self.reserve(now) {
            return None;
        }
        let mut shard = self.shard(key);
        if shard.entries.get(key).is_some_and(|e| !e.is_over(now)) {
            // Another core was first.
            self.count.fetch_sub(1, Ordering::Relaxed);
        } else {
            if let Some(old) = shard.entries.remove(key) {
                shard.turns.remove(&old.turn);
                self.count.fetch_sub(1, Ordering::Relaxed);
            }
            let turn = (self.deadline(now), self.serial.fetch_add(1, Ordering::Relaxed));
            let key: Arc<[u8]> = key.into();
            shard.turns.insert(turn, key.clone());
            shard.entries.insert(key, self.spec.layout.entry(turn));
        }
        let entry = shard.entries.get_mut(key).expect("it is there");
        entry.deadline = self.deadline(now);
        Some(run(entry))
    }

    /// Counts one more entry if the size allows, or makes it allow.
    fn reserve(&self, now: Tick) -> bool {
        loop {
            let room = |n| (n < self.spec.size).then_some(n + 1);
            if self.count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_ok() {
                return true;
            }
            let gone = self.purge(now);
            // HAProxy's share: one, and one more for every 256.
            if gone == 0 && (self.spec.nopurge || !self.forget_oldest(self.spec.size / 256 + 1)) {
                return false;
            }
        }
    }

    /// Takes out what is over; says how much.
    pub fn purge(&self, now: Tick) -> usize {
        let mut gone = 0;
        for index in 0..SHARDS {
            let mut shard = self.lock(index);
            gone += std::iter::from_fn(|| shard.pop_over(now)).count();
        }
        self.count.fetch_sub(gone, Ordering::Relaxed);
        gone
    }

    /// Forgets those that would go first; false when there is nobody.
    fn forget_oldest(&self, wanted: usize) -> bool {
        let mut gone = 0;
        while gone < wanted {
            let first = (0..SHARDS).filter_map(|i| Some((self.lock(i).first()?, i))).min();
            let Some((_, shard)) = first else { break };
            // A few at a time: among thousands the exact order matters to nobody.
            for _ in 0..(wanted - gone).div_ceil(SHARDS) {
                gone += usize::from(self.lock(shard).pop().is_some());
            }
        }
        self.count.fetch_sub(gone, Ordering::Relaxed);
        gone > 0
    }

    /// Takes an entry out.
    pub fn remove(&self, key: &[u8]) -> bool {
        let mut shard = self.shard(key);
        let Some(entry) = shard.entries.remove(key) else { return false };
        shard.turns.remove(&entry.turn);
        self.count.fetch_sub(1, Ordering::Relaxed);
        true
    }

    /// A copy of every entry, in the order of the keys.
    pub fn entries(&self, now: Tick) -> Vec<(Arc<[u8]>, Entry)> {
        let mut all: Vec<(Arc<[u8]>, Entry)> = Vec::new();
        for index in 0..SHARDS {
            let shard = self.lock(index);
            let alive = shard.entries.iter().filter(|(_, e)| !e.is_over(now));
            all.extend(alive.map(|(key, entry)| (key.clone(), entry.clone())));
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}

impl Shard {
    /// Whose turn it is, after those that were touched since were put behind.
    fn first(&mut self) -> Option<Turn> {
        loop {
            let (&turn, key) = self.turns.first_key_value()?;
            let entry = self.entries.get_mut(key).expect("a turn for each entry");
            if entry.deadline == turn.0 {
                return Some(turn);
            }
            entry.turn = (entry.deadline, turn.1);
            let (now, key) = (entry.turn, key.clone());
            self.turns.remove(&turn);
            self.turns.insert(now, key);
        }
    }

    fn pop(&mut self) -> Option<Turn> {
        let turn = self.first()?;
        let key = self.turns.remove(&turn).expect("just seen");
        self.entries.remove(&key);
        Some(turn)
    }

    fn pop_over(&mut self, now: Tick) -> Option<Turn> {
        let (deadline, _) = self.first()?;
        (deadline != 0 && deadline <= now.0).then(|| self.pop()).flatten()
    }
}

/// All tables of a process, by `TableId`.
#[derive(Debug, Default)]
pub struct Tables(Vec<Table>);

impl Tables {
    /// Empty tables.
    #[must_use]
    pub fn new(specs: impl Iterator<Item = Spec>) -> Tables {
        Tables(specs.map(Table::new).collect())
    }

    /// One table.
    ///
    /// # Panics
    /// When it is none of the Plan's.
    #[must_use]
    pub fn get(&self, id: TableId) -> &Table {
        &self.0[id.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(size: usize, expire: Option<u64>, nopurge: bool) -> Table {
        let expire = expire.map(Duration::from_secs);
        Table::new(Spec { key: KeyKind::Integer, size, expire, nopurge, layout: Layout::default() })
    }

    fn at(second: u64) -> Tick {
        Tick(second * 1_000_000_000)
    }

    fn keys(table: &Table, now: Tick) -> Vec<u8> {
        table.entries(now).iter().map(|(key, _)| key[0]).collect()
    }

    #[test]
    fn a_full_table_forgets_who_was_touched_longest_ago() {
        let t = table(3, Some(100), false);
        for (n, key) in [1u8, 2, 3].into_iter().enumerate() {
            assert!(t.enter(&[key], at(n as u64 + 1), |_| ()).is_some());
        }
        assert!(t.with(&[1], at(5), true, |_| ()).is_some());
        assert!(t.enter(&[4], at(6), |_| ()).is_some());
        assert_eq!((keys(&t, at(6)), t.len()), (vec![1, 3, 4], 3));
        assert!(t.remove(&[3]) && !t.remove(&[3]));
        assert_eq!(t.len(), 2);
    }

    #[test]
    fn what_may_not_be_forgotten_keeps_others_out_until_it_is_over() {
        let t = table(2, Some(10), true);
        assert!(t.enter(&[1], at(1), |_| ()).is_some() && t.enter(&[2], at(5), |_| ()).is_some());
        assert!(t.enter(&[3], at(6), |_| ()).is_none());
        assert!(t.enter(&[2], at(6), |_| ()).is_some(), "who is in stays in");
        assert!(t.enter(&[3], at(11), |_| ()).is_some());
        assert_eq!(keys(&t, at(12)), [2, 3]);
        assert!(t.with(&[2], at(16), false, |_| ()).is_none(), "over");
        assert_eq!(t.purge(at(16)), 1);
        assert_eq!(t.len(), 1);
    }

    #[test]
    fn without_a_time_the_first_that_came_goes_first() {
        let t = table(2, None, false);
        for key in [1u8, 2, 1, 3] {
            t.enter(&[key], at(1), |_| ());
        }
        assert_eq!(keys(&t, at(1_000_000)), [2, 3]);
    }

    #[test]
    fn cores_never_have_more_than_the_size_and_lose_nothing() {
        let t = table(500, Some(1_000), false);
        std::thread::scope(|scope| {
            for core in 0..4u32 {
                let t = &t;
                scope.spawn(move || {
                    for n in 0..5_000u32 {
                        let key = (n.wrapping_mul(2_654_435_761) ^ core) % 900;
                        t.enter(&key.to_ne_bytes(), at(1 + u64::from(n)), |_| ());
                        assert!(t.len() <= 500);
                        if n % 7 == 0 {
                            t.remove(&key.to_ne_bytes());
                        }
                    }
                });
            }
        });
        assert_eq!(t.entries(at(1)).len(), t.len());
        let turns: usize = (0..SHARDS).map(|i| t.lock(i).turns.len()).sum();
        assert_eq!(turns, t.len());
    }
}
