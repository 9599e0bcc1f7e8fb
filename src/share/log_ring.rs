//! The lines of a `ring` (configuration manual, 3.9): the cores put them in, log servers and operators take them out. It is
//! of a fixed size. Lines that nobody waits for make room for new ones; while a log server still has to get the oldest line,
//! new ones are dropped and counted: nobody who puts lines in ever waits.
use super::desk::Wake;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What stands before each line: its length.
const LENGTH: usize = 4;

/// The longest line of a ring of so many bytes.
#[must_use]
pub const fn longest(size: usize) -> usize {
    size.saturating_sub(LENGTH)
}

/// A place in a ring: before a line, or behind the newest one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// In bytes since the ring was made.
    place: u64,
    /// In lines.
    pub line: u64,
}

impl Mark {
    fn behind(self, line: usize) -> Mark {
        Mark { place: self.place + (LENGTH + line) as u64, line: self.line + 1 }
    }
}

/// One ring.
pub struct LogRing {
    state: Mutex<State>,
    /// Somebody waits for lines.
    awaited: AtomicBool,
    watchers: Mutex<Vec<(u64, Wake)>>,
    next_watcher: AtomicU64,
}

#[derive(Default)]
struct State {
    /// Made with the first line.
    bytes: Vec<u8>,
    size: usize,
    /// The oldest line, and where the next one goes; both only grow.
    oldest: Mark,
    next: Mark,
    /// What each log server has still to get; `None`: it is not there.
    pins: Vec<Option<Mark>>,
    /// Lines lost since the last one that went in.
    lost: u64,
}

impl fmt::Debug for LogRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogRing").finish_non_exhaustive()
    }
}

/// A panic of another thread while it held the lock left nothing half done here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl LogRing {
    /// A ring of so many bytes for so many log servers.
    #[must_use]
    pub fn new(size: usize, servers: usize) -> LogRing {
        LogRing {
            state: Mutex::new(State { size, pins: vec![None; servers], ..State::default() }),
            awaited: AtomicBool::new(false),
            watchers: Mutex::default(),
            next_watcher: AtomicU64::new(0),
        }
    }

    /// Puts lines in, without a wait. When some were lost before, `announce` writes a line that says how many. Gives how
    /// many of these were lost.
    pub fn put<'l>(
        &self,
        lines: impl Iterator<Item = &'l [u8]>,
        mut announce: impl FnMut(u64, &mut Vec<u8>),
    ) -> u64 {
        let mut state = lock(&self.state);
        if state.bytes.is_empty() {
            state.bytes = vec![0; state.size];
        }
        let (before, mut dropped, mut told) = (state.next.line, 0, Vec::new());
        for line in lines {
            if state.lost > 0 {
                told.clear();
                announce(state.lost, &mut told);
                if state.push(&told) {
                    state.lost = 0;
                }
            }
            // What was lost is told first.
            if state.lost > 0 || !state.push(line) {
                state.lost += 1;
                dropped += 1;
            }
        }
        let any = state.next.line > before;
        drop(state);
        if any && self.awaited.load(Ordering::SeqCst) && self.awaited.swap(false, Ordering::SeqCst) {
            lock(&self.watchers).iter().for_each(|(_, wake)| wake());
        }
        dropped
    }

    /// Lines lost that no line has told of yet.
    #[must_use]
    pub fn lost(&self) -> u64 {
        lock(&self.state).lost
    }

    /// The oldest line.
    #[must_use]
    pub fn oldest(&self) -> Mark {
        lock(&self.state).oldest
    }

    /// Behind the newest line.
    #[must_use]
    pub fn end(&self) -> Mark {
        lock(&self.state).next
    }

    /// Hands lines out in order, from this one on (from the oldest one where that is gone), about `most` bytes of them.
    /// Gives the place behind them.
    pub fn read(&self, from: Mark, most: usize, mut each: impl FnMut(&[u8])) -> Mark {
        let state = lock(&self.state);
        let (mut at, mut taken, mut whole) = (state.not_before(from), 0, Vec::new());
        while at.line < state.next.line && taken < most {
            let len = state.length_at(at.place);
            state.copy(at.place + LENGTH as u64, len, &mut whole);
            each(&whole);
            taken += len;
            at = at.behind(len);
        }
        at
    }

    /// A log server still has to get everything from this line on; `None`: nothing is kept for it. Gives the line from
    /// which on it is there.
    pub fn pin(&self, server: usize, from: Option<Mark>) -> Option<Mark> {
        let mut state = lock(&self.state);
        let from = from.map(|at| state.not_before(at));
        if let Some(pin) = state.pins.get_mut(server) {
            *pin = from;
        }
        from
    }

    /// From now on `wake` is called when lines have come for which [`LogRing::awaits`] was called. Gives a key.
    pub fn watch(&self, wake: Wake) -> u64 {
        let key = self.next_watcher.fetch_add(1, Ordering::Relaxed);
        lock(&self.watchers).push((key, wake));
        key
    }

    /// The watcher of this key goes.
    pub fn unwatch(&self, key: u64) {
        lock(&self.watchers).retain(|(other, _)| *other != key);
    }

    /// Whether there are lines behind this place; if not, the watchers are woken with the next one.
    #[must_use]
    pub fn awaits(&self, place: Mark) -> bool {
        self.awaited.store(true, Ordering::SeqCst);
        self.end().line > place.line
    }
}

impl State {
    /// Appends a line; false: there is no room for it.
    fn push(&mut self, line: &[u8]) -> bool {
        let needed = LENGTH + line.len();
        if needed > self.size {
            return false;
        }
        let pinned = self.pins.iter().flatten().map(|p| p.line).min().unwrap_or(u64::MAX);
        let (mut oldest, end) = (self.oldest, self.next.behind(line.len()));
        while end.place - oldest.place > self.size as u64 {
            if oldest.line >= pinned {
                return false;
            }
            oldest = oldest.behind(self.length_at(oldest.place));
        }
        self.oldest = oldest;
        self.write(self.next.place, &(line.len() as u32).to_ne_bytes());
        self.write(self.next.place + LENGTH as u64, line);
        self.next = end;
        true
    }

    fn not_before(&self, mark: Mark) -> Mark {
        if mark.line < self.oldest.line { self.oldest } else { mark }
    }

    fn place(&self, at: u64) -> usize {
        (at % self.size as u64) as usize
    }

    fn write(&mut self, at: u64, bytes: &[u8]) {
        let from = self.place(at);
        let first = bytes.len().min(self.size - from);
        self.bytes[from..from + first].copy_from_slice(&bytes[..first]);
        self.bytes[..bytes.len() - first].copy_from_slice(&bytes[first..]);
    }

    fn copy(&self, at: u64, len: usize, out: &mut Vec<u8>) {
        out.clear();
        let from = self.place(at);
        let first = len.min(self.size - from);
        out.extend_from_slice(&self.bytes[from..from + first]);
        out.extend_from_slice(&self.bytes[..len - first]);
    }

    fn length_at(&self, at: u64) -> usize {
        let mut bytes = [0; LENGTH];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = self.bytes[self.place(at + i as u64)];
        }
        u32::from_ne_bytes(bytes) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    fn put(ring: &LogRing, text: &str) -> u64 {
        ring.put(text.split_whitespace().map(str::as_bytes), |n, out| {
            out.extend_from_slice(format!("lost{n}").as_bytes());
        })
    }

    fn all(ring: &LogRing, from: Mark) -> String {
        let mut text = Vec::new();
        ring.read(from, usize::MAX, |line| text.push(String::from_utf8_lossy(line).into_owned()));
        text.join(" ")
    }

    #[test]
    fn old_lines_make_room() {
        let ring = LogRing::new(40, 0);
        assert_eq!((put(&ring, "one two three"), all(&ring, Mark::default()).as_str()), (0, "one two three"));
        // Every length, so that lines and their lengths go around the end in every way.
        for n in 0..200 {
            let text = format!("{n:0width$}", width = 1 + n % 7);
            assert_eq!(put(&ring, &text), 0);
            assert!(all(&ring, Mark::default()).ends_with(&text));
        }
        assert_eq!(put(&ring, &"x".repeat(37)), 1, "larger than the ring");
        assert_eq!(put(&ring, &"x".repeat(36)), 0);
        assert_eq!(
            all(&ring, Mark::default()),
            "x".repeat(36),
            "what was lost is told only when there is room for both"
        );
    }

    #[test]
    fn what_a_server_has_still_to_get_stays() {
        let ring = LogRing::new(30, 2);
        ring.pin(0, Some(Mark::default()));
        assert_eq!(put(&ring, "aaaaaa bbbbbb cccccc dddddd eeeeee"), 2);
        assert_eq!((all(&ring, Mark::default()).as_str(), ring.lost()), ("aaaaaa bbbbbb cccccc", 2));
        let next = ring.read(Mark::default(), 1, |line| assert_eq!(line, b"aaaaaa"));
        ring.pin(0, Some(next));
        assert_eq!(put(&ring, "ffffff"), 1, "there is room for what is told alone");
        assert_eq!((all(&ring, next).as_str(), ring.lost()), ("bbbbbb cccccc lost2", 1));
        ring.pin(0, None);
        assert_eq!(put(&ring, "gggggg"), 0);
        assert_eq!((all(&ring, Mark::default()).as_str(), ring.lost()), ("lost2 lost1 gggggg", 0));
    }

    #[test]
    fn who_waits_is_woken_once() {
        let ring = LogRing::new(100, 0);
        let woken = Arc::new(AtomicUsize::new(0));
        let count = woken.clone();
        let key = ring.watch(Box::new(move || _ = count.fetch_add(1, Ordering::Relaxed)));
        put(&ring, "a");
        assert_eq!(woken.load(Ordering::Relaxed), 0, "nobody waits yet");
        assert!(ring.awaits(Mark::default()) && !ring.awaits(ring.end()));
        put(&ring, "b c");
        put(&ring, "d");
        assert_eq!(woken.load(Ordering::Relaxed), 1);
        ring.unwatch(key);
        assert!(!ring.awaits(ring.end()));
        put(&ring, "e");
        assert_eq!(woken.load(Ordering::Relaxed), 1);
    }
}
