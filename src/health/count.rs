//! Rise and fall: one number says how near a server is to its next change of state.
use crate::plan::Check;
use std::time::Duration;

/// From 0 (down for good) over `rise` (just up) to `full` (up for good).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    pub rise: u32,
    pub fall: u32,
}

impl Scale {
    /// That of a server's check.
    pub fn of(check: &Check) -> Scale {
        Scale { rise: check.rise.max(1), fall: check.fall.max(1) }
    }

    /// The top of the scale.
    pub fn full(self) -> u32 {
        self.rise + self.fall - 1
    }

    /// The health after one more result. A server that crosses `rise` upwards is up for good at once, one that falls below
    /// it is down for good.
    pub fn after(self, health: u32, passed: bool) -> u32 {
        match passed {
            true if health + 1 >= self.rise => self.full(),
            true => health + 1,
            false if health <= self.rise => 0,
            false => health - 1,
        }
    }

    /// As shown: (3, 4) reads "UP 3/4", or "DOWN 3/4" below `rise`.
    pub fn shown(self, health: u32) -> (u32, u32) {
        if health >= self.rise { (health - self.rise + 1, self.fall) } else { (health, self.rise) }
    }

    /// The time from a check's end to the next check: `inter` when up for good, `downinter` when down for good,
    /// `fastinter` between; the latter two default to `inter`.
    pub fn interval(self, check: &Check, health: u32, up: bool) -> Duration {
        if health == self.full() {
            check.inter
        } else if health == 0 && !up {
            check.downinter.unwrap_or(check.inter)
        } else {
            check.fastinter.unwrap_or(check.inter)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::CheckKind;

    /// As HAProxy 2.6.12 behaved with `rise 3 fall 2`: "2/2 UP", a failure "1/2 UP", …
    #[test]
    fn the_way_down_and_up_again() {
        let scale = Scale { rise: 3, fall: 2 };
        let mut health = scale.rise;
        let mut seen = Vec::new();
        for passed in [true, false, true, false, false, false, true, false, true, true, true, true] {
            health = scale.after(health, passed);
            seen.push((health >= scale.rise, scale.shown(health)));
        }
        let (up, down) = (true, false);
        let expected = [
            (up, (2, 2)),
            (up, (1, 2)),
            (up, (2, 2)),
            (up, (1, 2)),
            (down, (0, 3)),
            (down, (0, 3)),
            (down, (1, 3)),
            (down, (0, 3)),
            (down, (1, 3)),
            (down, (2, 3)),
            (up, (2, 2)),
            (up, (2, 2)),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_server_that_was_never_checked_falls_at_its_first_failure() {
        let scale = Scale { rise: 2, fall: 5 };
        assert_eq!(scale.after(scale.rise, false), 0);
    }

    #[test]
    fn intervals_by_state() {
        let ms = Duration::from_millis;
        let check = |fastinter, downinter| Check {
            kind: CheckKind::Connect,
            inter: ms(400),
            fastinter,
            downinter,
            rise: 2,
            fall: 3,
            port: None,
            addr: None,
            opening: Default::default(),
        };
        let scale = Scale { rise: 2, fall: 3 };
        let all = check(Some(ms(200)), Some(ms(300)));
        let got = [(4, true), (3, true), (2, true), (0, false), (1, false)]
            .map(|(health, up)| scale.interval(&all, health, up));
        assert_eq!(got, [ms(400), ms(200), ms(200), ms(300), ms(200)]);
        let plain = check(None, None);
        assert_eq!(scale.interval(&plain, 3, true), ms(400));
        assert_eq!(scale.interval(&plain, 0, false), ms(400));
    }
}
