//! Dates as log lines have them. What was written last is kept on each core: most lines are of the same second.
use crate::base::zone::{self, Civil, MONTHS};
use std::cell::Cell;

const SECOND: i64 = 1_000_000_000;
/// Zones change their offset at quarters of an hour.
const SLOT: i64 = 900;

thread_local! {
    static OFFSET: Cell<(i64, i64)> = const { Cell::new((i64::MIN, 0)) };
    static LOCAL: Cell<(i64, [u8; 20])> = const { Cell::new((i64::MIN, [0; 20])) };
}

/// By how many seconds local time is ahead of GMT.
pub fn offset(seconds: i64) -> i64 {
    let slot = seconds.div_euclid(SLOT);
    let (kept, offset) = OFFSET.get();
    if kept == slot {
        return offset;
    }
    let offset = zone::offset(seconds);
    OFFSET.set((slot, offset));
    offset
}

/// Nanoseconds since 1970 as seconds and the milliseconds beyond.
#[must_use]
pub fn split(nanos: i64) -> (i64, i64) {
    (nanos.div_euclid(SECOND), nanos.rem_euclid(SECOND) / 1_000_000)
}

fn two(n: u8) -> [u8; 2] {
    [b'0' + n / 10, b'0' + n % 10]
}

/// `24/Nov/2026:18:00:03`.
fn date(c: Civil) -> [u8; 20] {
    let mut out = *b"00/Jan/0000:00:00:00";
    out[0..2].copy_from_slice(&two(c.day));
    out[3..6].copy_from_slice(MONTHS[c.month].as_bytes());
    let year = c.year.rem_euclid(10_000) as u16;
    out[7..9].copy_from_slice(&two((year / 100) as u8));
    out[9..11].copy_from_slice(&two((year % 100) as u8));
    out[12..14].copy_from_slice(&two(c.hour));
    out[15..17].copy_from_slice(&two(c.minute));
    out[18..20].copy_from_slice(&two(c.second));
    out
}

/// A local date.
#[must_use]
pub fn local(seconds: i64) -> [u8; 20] {
    let (kept, text) = LOCAL.get();
    if kept == seconds {
        return text;
    }
    let text = date(Civil::of(seconds + offset(seconds)));
    LOCAL.set((seconds, text));
    text
}

/// A date in GMT.
#[must_use]
pub fn gmt(seconds: i64) -> [u8; 20] {
    date(Civil::of(seconds))
}

/// Three digits.
#[must_use]
pub fn milliseconds(ms: i64) -> [u8; 3] {
    let ms = ms.clamp(0, 999) as u16;
    [b'0' + (ms / 100) as u8, b'0' + (ms / 10 % 10) as u8, b'0' + (ms % 10) as u8]
}

/// `+0100`, or with a colon.
pub fn zone(seconds: i64, colon: bool, out: &mut Vec<u8>) {
    let offset = offset(seconds);
    out.push(if offset < 0 { b'-' } else { b'+' });
    let minutes = (offset.abs() / 60) as u16;
    out.extend_from_slice(&two((minutes / 60) as u8));
    if colon {
        out.push(b':');
    }
    out.extend_from_slice(&two((minutes % 60) as u8));
}

/// `Nov 24 18:00:03`, as lines of RFC 3164 begin.
#[must_use]
pub fn syslog(seconds: i64) -> [u8; 15] {
    let c = Civil::of(seconds + offset(seconds));
    let mut out = *b"Jan  0 00:00:00";
    out[0..3].copy_from_slice(MONTHS[c.month].as_bytes());
    out[4..6].copy_from_slice(&two(c.day));
    if out[4] == b'0' {
        out[4] = b' ';
    }
    out[7..9].copy_from_slice(&two(c.hour));
    out[10..12].copy_from_slice(&two(c.minute));
    out[13..15].copy_from_slice(&two(c.second));
    out
}

/// `2026-11-24T18:00:50.952665+00:00`, as lines of RFC 5424 have it.
pub fn iso(nanos: i64, out: &mut Vec<u8>) {
    use std::io::Write;
    let seconds = nanos.div_euclid(SECOND);
    let c = Civil::of(seconds + offset(seconds));
    let micros = nanos.rem_euclid(SECOND) / 1_000;
    // Writing to a vector cannot fail.
    let _ = write!(
        out,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{micros:06}",
        c.year,
        c.month + 1,
        c.day,
        c.hour,
        c.minute,
        c.second
    );
    zone(seconds, true, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_haproxy_writes_them() {
        let at = 1_795_543_203;
        assert_eq!(&gmt(at), b"24/Nov/2026:18:00:03");
        let there = at + offset(at);
        assert_eq!(local(at), gmt(there));
        assert_eq!(local(at + 1), gmt(there + 1), "the next second is another one");
        assert_eq!((split(-1), split(1_999_999_999)), ((-1, 999), (1, 999)));
        assert_eq!((milliseconds(7), milliseconds(123)), (*b"007", *b"123"));
        let mut out = Vec::new();
        iso(at * SECOND + 1_002_999, &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(".001002") && text.len() == 32, "{text}");
        assert!(syslog(at).starts_with(b"Nov "));
    }
}
