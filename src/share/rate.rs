//! How many came in a second, as HAProxy counts (`freq_ctr`): those of this second, and of the one before as much as is
//! left of this one.
use crate::base::time::Tick;
use std::sync::Mutex;
use std::time::Duration;

/// The count of one thing over all cores. Only what is limited asks.
#[derive(Debug, Default)]
pub struct Rate(Mutex<Window>);

#[derive(Debug, Default)]
struct Window {
    second: u64,
    came: u64,
    before: u64,
}

impl Rate {
    /// Counts one more where fewer than `limit` came in a second.
    ///
    /// # Errors
    /// How long to wait before asking again.
    pub fn enter(&self, limit: u32, now: Tick) -> Result<(), Duration> {
        let (second, passed) = (now.millis() / 1_000, now.millis() % 1_000);
        let mut window = self.0.lock().expect("no panic under this lock");
        if window.second != second {
            window.before = if window.second + 1 == second { window.came } else { 0 };
            (window.second, window.came) = (second, 0);
        }
        let rate = window.came + window.before * (1_000 - passed) / 1_000;
        if rate < u64::from(limit) {
            window.came += 1;
            return Ok(());
        }
        // About when one of them has been forgotten; of a second that is full nothing goes before its end.
        let wait =
            if window.came >= u64::from(limit) { 1_000 - passed } else { 1_000 / u64::from(limit.max(1)) };
        Err(Duration::from_millis(wait.max(1)))
    }
}

impl Rate {
    /// Forgets one that has just come.
    pub fn give_back(&self) {
        let mut window = self.0.lock().expect("no panic under this lock");
        window.came = window.came.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Tick {
        Tick(millis * 1_000_000)
    }

    #[test]
    fn no_more_than_the_limit_in_any_second() {
        let rate = Rate::default();
        let mut taken: Vec<u64> = Vec::new();
        for millis in 5_300..12_000 {
            while rate.enter(10, at(millis)).is_ok() {
                taken.push(millis);
            }
        }
        assert!(taken[..10].iter().all(|t| *t == 5_300), "{taken:?}");
        for (i, first) in taken.iter().enumerate() {
            let within = taken[i..].iter().take_while(|t| **t < first + 1_000).count();
            // The second before counts as if it had been even.
            assert!(within <= 20, "{within} from {first} on");
        }
        let long = taken.iter().filter(|t| **t >= 7_000).count();
        assert!((45..=51).contains(&long), "{long} in five seconds");
    }

    #[test]
    fn who_waits_as_told_comes_in() {
        let rate = Rate::default();
        let mut now = 1_000;
        for _ in 0..30 {
            while let Err(wait) = rate.enter(3, at(now)) {
                now += u64::try_from(wait.as_millis()).unwrap();
                assert!(wait <= Duration::from_secs(1));
            }
        }
        assert!((9_000..=12_000).contains(&now), "{now}");
    }
}
