//! The words behind `top`.
use std::path::PathBuf;
use std::time::Duration;

pub const USAGE: &str = "\
usage: ringmain top [SOCKET] [options]
  SOCKET               the statistics socket: a path, @NAME (abstract) or HOST:PORT
  -f FILE              take the first `stats socket` of this configuration
  --interval SECONDS   between two looks (2)
  --once               print one table as text and end: two looks, one interval apart
  --sort COLUMN        name, state, sessions, queue, rate, in, out, errors, latency (as in the file)
  --filter TEXT        only rows whose proxy, server or state has TEXT in it
  --only KIND          frontends, backends or servers
Without SOCKET and -f: the sockets of haproxy's packages, then those of Ringmain.";

/// Where a statistics socket is when nobody says it.
pub const USUAL: [&str; 4] = [
    "/run/haproxy/admin.sock",
    "/run/ringmain/admin.sock",
    "/var/run/haproxy.sock",
    "/var/lib/haproxy/stats",
];

/// What was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Args {
    pub socket: Option<String>,
    pub file: Option<PathBuf>,
    pub interval: Duration,
    pub once: bool,
    pub sort: Option<String>,
    pub filter: String,
    pub only: Option<String>,
}

/// The shortest interval: more is a load of its own on the watched process.
const SHORTEST: f64 = 0.2;
const LONGEST: f64 = 3_600.0;

impl Args {
    /// Reads the words.
    ///
    /// # Errors
    /// What cannot be read; the usage goes behind it.
    pub fn parse(words: &[String]) -> Result<Args, String> {
        let mut args = Args {
            socket: None,
            file: None,
            interval: Duration::from_secs(2),
            once: false,
            sort: None,
            filter: String::new(),
            only: None,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().cloned().ok_or_else(|| format!("{word} wants a value"));
            match word.as_str() {
                "-f" => args.file = Some(PathBuf::from(value()?)),
                "-s" | "--socket" => args.socket = Some(value()?),
                "--interval" => args.interval = seconds(&value()?)?,
                "--once" => args.once = true,
                "--sort" => args.sort = Some(value()?),
                "--filter" => args.filter = value()?,
                "--only" => args.only = Some(value()?),
                "-h" | "--help" => return Err("the running proxy at a glance".to_owned()),
                option if option.starts_with('-') => return Err(format!("unknown option '{option}'")),
                text if args.socket.is_none() => args.socket = Some(text.to_owned()),
                text => return Err(format!("one socket at a time: '{text}'")),
            }
        }
        if args.socket.is_some() && args.file.is_some() {
            return Err("either a socket or -f FILE".to_owned());
        }
        Ok(args)
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.trim_end_matches('s').parse::<f64>() {
        Ok(n) if (SHORTEST..=LONGEST).contains(&n) => Ok(Duration::from_secs_f64(n)),
        _ => Err(format!("--interval wants {SHORTEST} to {LONGEST} seconds, not '{text}'")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Args, String> {
        Args::parse(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_socket_and_how_to_look() {
        let args = parse(&["/run/x.sock", "--interval", "0.5", "--once", "--sort", "rate"]).unwrap();
        assert_eq!(args.socket.as_deref(), Some("/run/x.sock"));
        assert_eq!((args.interval.as_millis(), args.once, args.sort.as_deref()), (500, true, Some("rate")));
    }

    #[test]
    fn what_cannot_be_is_said() {
        assert!(parse(&["a", "b"]).unwrap_err().contains("one socket"));
        assert!(parse(&["--interval", "0"]).unwrap_err().contains("0.2"));
        assert!(parse(&["--interval", "NaN"]).unwrap_err().contains("NaN"));
        assert!(parse(&["--speed"]).unwrap_err().contains("--speed"));
        assert!(parse(&["a", "-f", "b"]).unwrap_err().contains("either"));
    }
}
