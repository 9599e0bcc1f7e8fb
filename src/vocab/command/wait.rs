//! `wait { -h | <delay> } [<condition>…]` (management manual of 3.x, 9.3).
use super::severity::{self, Kind};
use super::{Steering, Talk, server};
use crate::base::units::leading_int;
use std::time::Duration;

/// What a connection waits for before its next command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// At most so long.
    pub time: Duration,
    /// Ends it earlier.
    pub until: Option<Condition>,
}

/// What may end a wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `del server` would succeed (`srv-removable`, `srv-unused`): `backend/server`.
    Removable(String),
}

const USAGE: &str = "Usage: wait {-h|<duration>} [condition [args...]]
  - '-h' displays this help
  - <duration> is the maximum wait time, optionally suffixed by the unit among
    'us', 'ms', 's', 'm', 'h', and 'd'. ; the default unit is milliseconds.
  - <condition> indicates what to wait for, no longer than the specified
    duration. Supported conditions are:
    - <none> : by default, just sleep for the specified duration.
    - srv-removable <px>/<sv> : wait for this server to become removable.
    - srv-unused <px>/<sv> : the same under its older name.
";

/// Notes on the connection what it waits for.
pub(super) fn wait(talk: &mut Talk, args: &[&str]) -> (String, Kind) {
    let wrong = |text: &str| (text.to_owned(), severity::ERROR);
    let (time, rest) = match args {
        [] => return wrong("Expects a duration in milliseconds.\n"),
        ["-h", ..] => return (USAGE.to_owned(), severity::INFO),
        [text, rest @ ..] => (delay(text, 1), rest),
    };
    let Some(time) = time.filter(|time| *time >= Duration::from_millis(1)) else {
        return wrong("Invalid duration.\n");
    };
    let until = match rest {
        [] => None,
        ["-h", ..] => return (USAGE.to_owned(), severity::INFO),
        ["srv-removable" | "srv-unused"] => return wrong("Missing server name (<backend>/<server>).\n"),
        ["srv-removable" | "srv-unused", name, ..] => {
            if name.split_once('/').is_none_or(|(_, server)| server.is_empty()) {
                return wrong("Require 'backend/server'.\n");
            }
            Some(Condition::Removable((*name).to_owned()))
        }
        ["be-removable", ..] => {
            return wrong(
                "'wait … be-removable' is a HAProxy command that Ringmain does not support yet: backends come with the \
                 configuration.\n",
            );
        }
        _ => return wrong(USAGE),
    };
    talk.pause = Some(Pause { time, until });
    (String::new(), severity::INFO)
}

impl Condition {
    /// Looks whether the wait is over: the answer, `None` while it goes on.
    pub fn look(&self, steering: &dyn Steering) -> Option<(String, Kind)> {
        let Condition::Removable(name) = self;
        let found = server(steering, Some(&name.as_str()));
        match found.and_then(|(_, id)| steering.hinders_deletion(id)) {
            Ok(Some(_)) => None,
            Ok(None) => Some(("Done.\n".to_owned(), severity::INFO)),
            // Its messages end without an empty line.
            Err(why) => Some((why.trim_end().to_owned(), severity::ERROR)),
        }
    }
}

impl Pause {
    /// The answer when the time has passed.
    #[must_use]
    pub fn over(&self) -> (String, Kind) {
        match self.until {
            None => ("Done.\n".to_owned(), severity::INFO),
            Some(_) => ("Wait delay expired.\n".to_owned(), severity::ERROR),
        }
    }
}

/// `30`, `30s`, `500ms`; a bare number counts units of so many milliseconds.
pub(super) fn delay(text: &str, unit: u64) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = u64::try_from(leading_int(&text[..digits])).ok().filter(|_| digits > 0)?;
    let unit = match &text[digits..] {
        "" => unit,
        "us" => return Some(Duration::from_micros(number)),
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    Some(Duration::from_millis(number.checked_mul(unit)?))
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    fn says(line: &str) -> (String, Option<Pause>) {
        let mut talk = Talk::new(Level::User, Duration::from_secs(1), Default::default());
        let (text, _) = wait(&mut talk, &line.split_whitespace().collect::<Vec<_>>());
        (text, talk.pause)
    }

    #[test]
    fn delays_and_conditions() {
        let pause = |millis, until| Some(Pause { time: Duration::from_millis(millis), until });
        assert_eq!(says("20"), (String::new(), pause(20, None)));
        assert_eq!(says("2s"), (String::new(), pause(2_000, None)));
        let removable = || Some(Condition::Removable("b/s".to_owned()));
        assert_eq!(says("5s srv-removable b/s"), (String::new(), pause(5_000, removable())));
        assert_eq!(says("5s srv-unused b/s"), (String::new(), pause(5_000, removable())));
        for (line, answer) in [
            ("", "Expects a duration in milliseconds.\n"),
            ("0", "Invalid duration.\n"),
            ("x", "Invalid duration.\n"),
            ("99999999999999999999d", "Invalid duration.\n"),
            ("1 srv-removable", "Missing server name (<backend>/<server>).\n"),
            ("1 srv-removable b", "Require 'backend/server'.\n"),
            ("-h", USAGE),
            ("1 -h", USAGE),
            ("1 frob", USAGE),
        ] {
            assert_eq!(says(line), (answer.to_owned(), None), "{line}");
        }
    }
}
