//! How long answers take: times counted in buckets, each twice as wide as the one before, written by one thread.
use super::Counter;

/// Buckets with an end; the last one takes all that takes longer.
pub const BOUNDED: usize = 19;
/// The first bucket ends at 2^16 ns, 65.536 µs; the last that has an end at 2^34 ns, 17.2 s.
const FIRST: u32 = 16;

/// Times by bucket, and their sum.
#[derive(Debug, Default)]
pub struct Latency {
    buckets: [Counter; BOUNDED + 1],
    nanos: Counter,
}

impl Latency {
    /// Counts a time.
    #[inline]
    pub fn note(&self, nanos: u64) {
        // The number of binary digits says between which powers of two it lies; a power itself is the end of its bucket.
        let digits = u64::BITS - nanos.saturating_sub(1).leading_zeros();
        let bucket = digits.saturating_sub(FIRST).min(BOUNDED as u32);
        self.buckets[bucket as usize].inc();
        self.nanos.add(nanos);
    }

    /// Begins anew.
    pub(super) fn clear(&self) {
        self.buckets.iter().for_each(Counter::clear);
        self.nanos.clear();
    }
}

/// The end of a bucket that has one, in nanoseconds.
#[must_use]
pub const fn end(bucket: usize) -> u64 {
    1 << (FIRST as usize + bucket)
}

/// The times of several cores together: for each bucket how many are not above its end, the last being all; and their sum.
#[must_use]
pub fn over<'a>(all: impl Iterator<Item = &'a Latency>) -> ([u64; BOUNDED + 1], u64) {
    let (mut counts, mut nanos) = ([0; BOUNDED + 1], 0);
    for one in all {
        counts.iter_mut().zip(&one.buckets).for_each(|(sum, cell)| *sum += cell.get());
        nanos += one.nanos.get();
    }
    let mut below = 0;
    for count in &mut counts {
        below += *count;
        *count = below;
    }
    (counts, nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_counted_where_it_is_not_above_the_end() {
        for bucket in 0..BOUNDED {
            let latency = Latency::default();
            latency.note(end(bucket));
            latency.note(end(bucket) + 1);
            let (counts, nanos) = over([&latency].into_iter());
            let next = if bucket + 1 < BOUNDED { counts[bucket + 1] } else { counts[BOUNDED] };
            assert_eq!((counts[bucket], next, nanos), (1, 2, 2 * end(bucket) + 1));
            assert_eq!(counts[..bucket].iter().sum::<u64>(), 0);
        }
    }

    #[test]
    fn cores_are_added_up_and_nothing_is_too_short_or_too_long() {
        let (a, b) = (Latency::default(), Latency::default());
        a.note(0);
        a.note(1 << 62);
        b.note(1_000_000);
        let (counts, nanos) = over([&a, &b].into_iter());
        assert_eq!((counts[0], counts[BOUNDED - 1], counts[BOUNDED]), (1, 2, 3));
        assert_eq!(nanos, (1 << 62) + 1_000_000);
        a.clear();
        assert_eq!(over([&a].into_iter()), ([0; BOUNDED + 1], 0));
    }
}
