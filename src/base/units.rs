//! HAProxy's numbers with units (configuration manual, 2.5 "Time format" and "Size format").
use std::time::Duration;

/// The largest time in any unit: HAProxy keeps times in 31 bits.
pub const TIME_MAX: u64 = 0x7fff_ffff;

/// The unit of a number without one, and of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    Micros,
    Millis,
    Seconds,
    Minutes,
    Hours,
    Days,
}

impl TimeUnit {
    /// Microseconds in one of these.
    #[must_use]
    pub const fn micros(self) -> u64 {
        match self {
            TimeUnit::Micros => 1,
            TimeUnit::Millis => 1_000,
            TimeUnit::Seconds => 1_000_000,
            TimeUnit::Minutes => 60_000_000,
            TimeUnit::Hours => 3_600_000_000,
            TimeUnit::Days => 86_400_000_000,
        }
    }
}

/// A time as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// In the unit the caller asked for, rounded up, at most [`TIME_MAX`].
    pub count: u32,
    pub unit: TimeUnit,
    /// The first character after the unit (`x` of `5sx`): HAProxy goes on with a warning, whose text is
    /// [`trailing_warning`].
    pub trailing: Option<char>,
}

impl Time {
    /// The same as a duration.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_micros(self.count as u64 * self.unit.micros())
    }
}

/// Why a text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeError {
    /// Not a digit, or not a unit; `at` is the byte offset of the character, which is NUL where the text ends.
    Unexpected { at: usize, found: char },
    /// More than [`TIME_MAX`] units.
    Overflow,
    /// Less than one unit but not zero. HAProxy knows this error, but since it rounds up it does not occur.
    Underflow,
}

impl TimeError {
    /// HAProxy's usual wording: `what` is the keyword with its kind, as in `timeout client`; `argument` the text.
    /// The rarer wordings (`in argument to <hard-stop-after>.`) are their callers' own.
    #[must_use]
    pub fn message(self, argument: &str, what: &str, unit: TimeUnit) -> String {
        let (name, maximum) = match unit {
            TimeUnit::Seconds => ("s", "2147483647 s or ~68 years"),
            _ => ("ms", "2147483647 ms or ~24.8 days"),
        };
        match self {
            TimeError::Unexpected { found, .. } => format!("unexpected character '{found}' in '{what}'"),
            TimeError::Overflow => {
                format!("timer overflow in argument '{argument}' to '{what}' (maximum value is {maximum})")
            }
            TimeError::Underflow => {
                format!(
                    "timer underflow in argument '{argument}' to '{what}' (minimum non-null value is 1 {name})"
                )
            }
        }
    }
}

/// HAProxy's warning for [`Time::trailing`]; it names no file and line.
#[must_use]
pub fn trailing_warning(found: char, argument: &str) -> String {
    format!(
        "unexpected character '{found}' after the timer value '{argument}', only (us=microseconds,ms=milliseconds,\
         s=seconds,m=minutes,h=hours,d=days) are supported. This will be reported as an error in next versions."
    )
}

/// Reads a time: digits, then `us`, `ms`, `s`, `m`, `h`, `d`, or nothing for `unit`. The result is in `unit`, rounded up:
/// `1us` asked for in milliseconds is 1.
///
/// # Errors
/// See [`TimeError`].
pub fn parse_time(text: &str, unit: TimeUnit) -> Result<Time, TimeError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let suffix = &text[digits..];
    let unexpected =
        |at: usize| TimeError::Unexpected { at, found: text[at..].chars().next().unwrap_or('\0') };
    if digits == 0 {
        return Err(unexpected(0));
    }
    let (written, len) = match suffix.as_bytes() {
        [] => (unit, 0),
        [b'u', b's', ..] => (TimeUnit::Micros, 2),
        [b'm', b's', ..] => (TimeUnit::Millis, 2),
        [b's', ..] => (TimeUnit::Seconds, 1),
        [b'm', ..] => (TimeUnit::Minutes, 1),
        [b'h', ..] => (TimeUnit::Hours, 1),
        [b'd', ..] => (TimeUnit::Days, 1),
        _ => return Err(unexpected(digits)),
    };
    let value = number(&text[..digits]);
    let count = (u128::from(value) * u128::from(written.micros())).div_ceil(u128::from(unit.micros()));
    let count = u32::try_from(count).ok().filter(|c| u64::from(*c) <= TIME_MAX).ok_or(TimeError::Overflow)?;
    Ok(Time { count, unit, trailing: suffix[len..].chars().next() })
}

/// Why a text is no size: the character at byte offset `at` can't be used (NUL where the text ends), or the number before
/// it is too large for 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeError {
    pub at: usize,
    pub found: char,
}

/// Reads a size: digits, then `k`, `m`, `g` (either case; powers of 1,024) or nothing, as HAProxy does for `stick-table
/// size` and others. Many older words (`tune.bufsize`, `maxconn`) use [`leading_int`] instead.
///
/// # Errors
/// See [`SizeError`].
pub fn parse_size(text: &str) -> Result<u32, SizeError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let error = |at: usize| SizeError { at, found: text[at..].chars().next().unwrap_or('\0') };
    if digits == 0 {
        return Err(error(0));
    }
    let (shift, len) = match text.as_bytes().get(digits) {
        None => (0, 0),
        Some(b'k' | b'K') => (10, 1),
        Some(b'm' | b'M') => (20, 1),
        Some(b'g' | b'G') => (30, 1),
        Some(_) => return Err(error(digits)),
    };
    if digits + len < text.len() {
        return Err(error(digits + len));
    }
    let value = number(&text[..digits]).checked_mul(1 << shift);
    value.and_then(|v| u32::try_from(v).ok()).ok_or(error(digits))
}

/// C's `atol`, which HAProxy uses for many plain numbers: spaces, a sign, digits; what follows is not looked at, and a
/// text without digits is 0. Out of range means the nearest limit.
#[must_use]
pub fn leading_int(text: &str) -> i64 {
    let text = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let (sign, text) = match text.as_bytes() {
        [b'-', ..] => (-1, &text[1..]),
        [b'+', ..] => (1, &text[1..]),
        _ => (1, text),
    };
    let digits = text.bytes().take_while(u8::is_ascii_digit);
    digits.fold(0i64, |n, b| n.saturating_mul(10).saturating_add(sign * i64::from(b - b'0')))
}

/// Digits as a number, the largest one where they are too many.
fn number(digits: &str) -> u64 {
    digits.bytes().fold(0u64, |n, b| n.saturating_mul(10).saturating_add(u64::from(b - b'0')))
}

/// The number at the front of a text as `strtol` reads it, and what is left.
#[must_use]
pub fn leading_number(text: &str) -> Option<(i64, &str)> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let most = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    let at = text.len() - digits.len() + end;
    (end > 0).then(|| (text[..at].parse().unwrap_or(most), &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Result<u32, TimeError> {
        parse_time(text, TimeUnit::Millis).map(|t| t.count)
    }

    #[test]
    fn every_unit_of_time() {
        for (text, ms) in [
            ("0", 0),
            ("5", 5),
            ("5ms", 5),
            ("5s", 5_000),
            ("2m", 120_000),
            ("3h", 10_800_000),
            ("24d", 2_073_600_000),
            ("1us", 1),
            ("1000us", 1),
            ("1001us", 2),
            ("0us", 0),
            ("2147483647", 2_147_483_647),
        ] {
            assert_eq!(millis(text), Ok(ms), "{text}");
        }
        assert_eq!(parse_time("90s", TimeUnit::Minutes).unwrap().count, 2, "rounded up");
        assert_eq!(parse_time("1m", TimeUnit::Seconds).unwrap().duration(), Duration::from_secs(60));
        assert_eq!(parse_time("7", TimeUnit::Hours).unwrap().count, 7, "the caller's unit");
    }

    #[test]
    fn errors_of_time_are_worded_as_haproxy_words_them() {
        let says = |text: &str, what: &str| {
            parse_time(text, TimeUnit::Millis).unwrap_err().message(text, what, TimeUnit::Millis)
        };
        assert_eq!(says("5x", "timeout connect"), "unexpected character 'x' in 'timeout connect'");
        assert_eq!(says("1u", "timeout server"), "unexpected character 'u' in 'timeout server'");
        assert_eq!(says("1.5s", "timeout server"), "unexpected character '.' in 'timeout server'");
        assert_eq!(says("-1", "timeout server"), "unexpected character '-' in 'timeout server'");
        assert_eq!(
            says("99999999999", "timeout client"),
            "timer overflow in argument '99999999999' to 'timeout client' (maximum value is 2147483647 ms or ~24.8 days)"
        );
        for large in ["2147483648", "25d", "30d", "1000000d", "99999999999999999999999"] {
            assert_eq!(millis(large), Err(TimeError::Overflow), "{large}");
        }
        assert_eq!(millis(""), Err(TimeError::Unexpected { at: 0, found: '\0' }));
        assert_eq!(millis("5é"), Err(TimeError::Unexpected { at: 1, found: 'é' }));
    }

    #[test]
    fn text_after_the_unit_is_noted() {
        assert_eq!(parse_time("5ss", TimeUnit::Millis).unwrap().trailing, Some('s'));
        assert_eq!(parse_time("5msx", TimeUnit::Millis).unwrap().trailing, Some('x'));
        assert_eq!(parse_time("5s", TimeUnit::Millis).unwrap().trailing, None);
        assert!(
            trailing_warning('x', "5sx")
                .starts_with("unexpected character 'x' after the timer value '5sx', only")
        );
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [("0", 0), ("16", 16), ("16k", 16_384), ("1M", 1_048_576), ("3g", 3_221_225_472)]
        {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for (text, at, found) in [
            ("16kk", 3, 'k'),
            ("", 0, '\0'),
            ("k", 0, 'k'),
            ("4g", 1, 'g'),
            ("4294967296", 10, '\0'),
            ("1x", 1, 'x'),
            ("99999999999999999999999m", 23, 'm'),
        ] {
            assert_eq!(parse_size(text), Err(SizeError { at, found }), "{text}");
        }
    }

    #[test]
    fn plain_numbers_as_atol_reads_them() {
        for (text, n) in [("12", 12), (" -3x", -3), ("+7", 7), ("abc", 0), ("", 0), ("16kk", 16)] {
            assert_eq!(leading_int(text), n, "{text}");
        }
        assert_eq!(leading_int("99999999999999999999"), i64::MAX);
        assert_eq!(leading_int("-99999999999999999999"), i64::MIN);
    }
}
