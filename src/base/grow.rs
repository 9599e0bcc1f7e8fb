//! A list that grows while others read it: what is in it never moves and never goes.
use std::ops::Index;
use std::sync::OnceLock;

/// The first chunk has so many places, each other one twice as many as the one before.
const FIRST: usize = 32;
/// Chunks; together they have room for more than 2^31 entries.
const CHUNKS: usize = 27;

type Chunk<T> = Box<[OnceLock<T>]>;

/// What was there at the start lies in one piece, what came later in chunks. Reading takes no lock; those who append must be
/// one at a time, which is the control thread's to see to, and the others learn of a new entry by other means (a World).
#[derive(Debug)]
pub struct Grow<T> {
    first: Vec<T>,
    more: Box<[OnceLock<Chunk<T>>]>,
}

impl<T> Default for Grow<T> {
    fn default() -> Grow<T> {
        Grow::from(Vec::new())
    }
}

impl<T> From<Vec<T>> for Grow<T> {
    fn from(first: Vec<T>) -> Grow<T> {
        Grow { first, more: (0..CHUNKS).map(|_| OnceLock::new()).collect() }
    }
}

impl<T> FromIterator<T> for Grow<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Grow<T> {
        Grow::from(all.into_iter().collect::<Vec<T>>())
    }
}

/// The chunk and the place in it of the `n`th of those that came later.
fn place(n: usize) -> (usize, usize) {
    let chunk = ((n + FIRST) / FIRST).ilog2() as usize;
    (chunk, n + FIRST - (FIRST << chunk))
}

impl<T> Grow<T> {
    /// The entry at a place.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&T> {
        match self.first.get(index) {
            Some(entry) => Some(entry),
            None => self.later(index),
        }
    }

    #[cold]
    fn later(&self, index: usize) -> Option<&T> {
        let (chunk, at) = place(index.checked_sub(self.first.len())?);
        self.more.get(chunk)?.get()?.get(at)?.get()
    }

    /// All entries in their order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.first.iter().chain((self.first.len()..).map_while(|index| self.later(index)))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let mut count = self.first.len();
        for places in self.more.iter().map_while(OnceLock::get) {
            // They are filled one after the other.
            let filled = places.partition_point(|p| p.get().is_some());
            count += filled;
            if filled < places.len() {
                break;
            }
        }
        count
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.get(0).is_none()
    }

    /// One entry more, at the end, where nobody reads yet.
    ///
    /// # Panics
    /// When entries were appended already.
    pub fn push(&mut self, entry: T) {
        assert!(
            self.later(self.first.len()).is_none(),
            "entries that came later stand behind the first ones"
        );
        self.first.push(entry);
    }

    /// The last of those that were there at the start.
    pub fn into_last(self) -> Option<T> {
        self.first.into_iter().next_back()
    }

    /// Those that were there at the start, to be changed.
    pub fn first_mut(&mut self) -> &mut [T] {
        &mut self.first
    }

    /// One entry more while others read; gives its place.
    ///
    /// # Panics
    /// When there are more than 2^31.
    pub fn append(&self, entry: T) -> usize {
        let (mut entry, mut index) = (entry, self.len());
        loop {
            let (chunk, at) = place(index - self.first.len());
            let places =
                self.more[chunk].get_or_init(|| (0..FIRST << chunk).map(|_| OnceLock::new()).collect());
            match places[at].set(entry) {
                Ok(()) => return index,
                // Somebody was faster after all: behind him.
                Err(back) => (entry, index) = (back, index + 1),
            }
        }
    }

    /// Appends until there are so many.
    pub fn grow_to(&self, count: usize, entry: impl Fn() -> T) {
        for _ in self.len()..count {
            self.append(entry());
        }
    }
}

impl<T> Index<usize> for Grow<T> {
    type Output = T;

    #[inline]
    fn index(&self, index: usize) -> &T {
        match self.first.get(index) {
            Some(entry) => entry,
            None => self.later(index).expect("an entry of this list"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_places_of_their_own_and_stay() {
        let mut list = Grow::from(vec![0usize, 1]);
        list.push(2);
        let early = &raw const list[1];
        for n in 3..5_000 {
            assert_eq!(list.append(n), n);
        }
        assert!(list.iter().copied().eq(0..5_000) && list.len() == 5_000);
        assert_eq!((list[31], list[4_999], list.get(5_000)), (31, 4_999, None));
        assert_eq!(early, &raw const list[1]);
        list.grow_to(5_003, || 7);
        assert_eq!((list.len(), list[5_002]), (5_003, 7));
        assert!(Grow::<u8>::default().is_empty() && !list.is_empty());
    }

    #[test]
    fn chunks_follow_one_another() {
        let mut before = (0, 0);
        for n in 1..10_000 {
            let now = place(n);
            assert!(now == (before.0, before.1 + 1) || now == (before.0 + 1, 0), "{n}: {now:?}");
            assert!(now.1 < FIRST << now.0);
            before = now;
        }
    }

    #[test]
    fn others_read_while_it_grows() {
        let list = Grow::from(vec![0usize]);
        std::thread::scope(|scope| {
            scope.spawn(|| (1..20_000).for_each(|n| _ = list.append(n)));
            for _ in 0..3 {
                scope.spawn(|| {
                    for index in (0..20_000).step_by(37) {
                        assert!(list.get(index).is_none_or(|n| *n == index));
                    }
                });
            }
        });
        assert_eq!(list.len(), 20_000);
    }
}
