//! The calendar: what the wall clock's seconds are called in GMT and where we are.
#![allow(unsafe_code)]

/// A date and a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    pub year: i64,
    /// 0 to 11.
    pub month: usize,
    /// 1 to 31.
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
}

/// The months as log lines name them.
pub const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Civil {
    /// The date of so many seconds since 1970 (Howard Hinnant's `civil_from_days`).
    #[must_use]
    pub fn of(seconds: i64) -> Civil {
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let days = days + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        // Years begin in March here, so that the leap day is their last.
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 2 } else { from_march - 10 };
        Civil {
            year: year + era * 400 + i64::from(month < 2),
            month: month as usize,
            day: (of_year - (153 * from_march + 2) / 5 + 1) as u8,
            hour: (rest / 3_600) as u8,
            minute: (rest / 60 % 60) as u8,
            second: (rest % 60) as u8,
        }
    }
}

/// By how many seconds local time is ahead of GMT at a moment. The first call reads the zone's file (`TZ`, else
/// `/etc/localtime`): it must come before `chroot`.
#[must_use]
pub fn offset(seconds: i64) -> i64 {
    // SAFETY: a `tm` of zeroes is a valid one; the C library fills it.
    let mut tm: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both point to values of ours.
    let filled = unsafe { libc::localtime_r(&seconds, &mut tm) };
    if filled.is_null() { 0 } else { tm.tm_gmtoff }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right_around_leap_days_and_before_1970() {
        let of = |s: i64| {
            let c = Civil::of(s);
            (c.year, MONTHS[c.month], c.day, c.hour, c.minute, c.second)
        };
        assert_eq!(of(0), (1970, "Jan", 1, 0, 0, 0));
        assert_eq!(of(951_782_399), (2000, "Feb", 28, 23, 59, 59));
        assert_eq!(of(951_782_400), (2000, "Feb", 29, 0, 0, 0));
        assert_eq!(of(951_868_800), (2000, "Mar", 1, 0, 0, 0));
        assert_eq!(of(1_795_543_203), (2026, "Nov", 24, 18, 0, 3));
        assert_eq!(of(-1), (1969, "Dec", 31, 23, 59, 59));
        assert_eq!(of(4_107_542_399), (2100, "Feb", 28, 23, 59, 59));
        assert_eq!(of(4_107_542_400), (2100, "Mar", 1, 0, 0, 0));
    }

    #[test]
    fn the_offset_is_that_of_the_c_library() {
        assert!(offset(1_795_543_203).abs() <= 14 * 3_600);
    }
}
