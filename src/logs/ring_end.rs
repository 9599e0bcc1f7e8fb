//! The way of one core's lines into a ring.
use super::head::Head;
use crate::share::Shared;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The level of the line that tells of lost ones.
const NOTICE: u8 = 5;

/// A ring as a core's sender sees it.
pub struct RingEnd {
    shared: Arc<Shared>,
    index: usize,
    /// What stands before the line that tells of lost ones.
    head: Head,
}

impl RingEnd {
    /// The ring at this place of the Plan.
    pub fn new(shared: Arc<Shared>, index: usize, head: Head) -> RingEnd {
        RingEnd { shared, index, head }
    }

    /// Puts lines in: they lie behind each other, `ends` says where each ends, an LF at the end of each is left out. Says how
    /// many were lost.
    pub fn put(&mut self, arena: &[u8], ends: &[usize]) -> usize {
        let RingEnd { shared, index, head } = self;
        let Some(ring) = shared.rings.get(*index) else { return ends.len() };
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let lines = starts.zip(ends).map(|(from, &to)| {
            let line = &arena[from..to];
            line.strip_suffix(b"\n").unwrap_or(line)
        });
        let lost = ring.put(lines, |lost, out| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as i64);
            head.write(NOTICE, now, b"", out);
            let events = if lost == 1 { "event" } else { "events" };
            out.extend_from_slice(format!("{lost} {events} dropped").as_bytes());
        });
        lost as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::global::{Log, LogTarget};
    use crate::share::log_ring::Mark;
    use crate::syntax::{FileId, Span};

    #[test]
    fn lines_lose_their_ends_and_lost_ones_are_told_of() {
        let shared = Arc::new(Shared::new(1, 0, 0, 0).with_rings([(64, 1)].into_iter()));
        let log = Log {
            target: LogTarget::Ring("r".to_owned()),
            profile: None,
            at: Span { file: FileId(0), line: 0, col: 0, len: 0 },
            len: 1024,
            format: "priority".to_owned(),
            sample: None,
            facility: 16,
            level: 7,
            min_level: 0,
        };
        let mut end = RingEnd::new(shared, 0, Head::new(&log, "t", None));
        let line = format!("{}\n", "x".repeat(26));
        end.shared.rings[0].pin(0, Some(Mark::default()));
        let three = line.repeat(3);
        assert_eq!(end.put(three.as_bytes(), &[27, 54, 81]), 1);
        end.shared.rings[0].pin(0, None);
        assert_eq!(end.put(b"last\n", &[5]), 0);
        let mut all = Vec::new();
        end.shared.rings[0]
            .read(Mark::default(), usize::MAX, |l| all.push(String::from_utf8_lossy(l).into_owned()));
        assert_eq!(all[1..], ["<133>1 event dropped".to_owned(), "last".to_owned()]);
    }
}
