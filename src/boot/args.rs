//! The command line: exactly haproxy's (management manual, 3 "Starting HAProxy").
use crate::base::units::leading_int;
use nix::sys::signal::Signal;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Run(Box<Args>),
    /// `-v`; with the whole list of features for `-vv`.
    Version {
        full: bool,
    },
    /// No files, or an option that can't be: the usage text and exit 1, after these alerts.
    Usage(Vec<String>),
    /// An alert and exit 1.
    Refused(String),
}

/// The options of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Args {
    /// `argv[0]` as given: HAProxy's messages name it.
    pub program: String,
    /// `-f` and what follows `--`, in order.
    pub files: Vec<PathBuf>,
    /// `-C`.
    pub directory: Option<PathBuf>,
    /// `-c`.
    pub check: bool,
    /// `-cc`.
    pub condition: Option<Vec<u8>>,
    /// `-D`.
    pub daemon: bool,
    /// `-db`, `-d`, `-Ws`: stays in the foreground.
    pub foreground: bool,
    /// `-d`.
    pub debug: bool,
    /// `-W`, `-Ws`.
    pub master_worker: bool,
    /// `-Ws`.
    pub systemd: bool,
    /// `-q`.
    pub quiet: bool,
    /// `-V`.
    pub verbose: bool,
    /// `-dD`.
    pub diagnostics: bool,
    /// `-dW`.
    pub zero_warning: bool,
    /// `-dr`.
    pub ignore_resolution: bool,
    /// `-dI`: as `insecure-fork-wanted`.
    pub insecure_fork: bool,
    /// `-dL`: says which files of the system it runs from.
    pub list_objects: bool,
    /// `-dc`: says which CPUs it may run on.
    pub list_cpus: bool,
    /// `-de`: epoll may not be used.
    pub no_epoll: bool,
    /// `-dR`.
    pub no_reuseport: bool,
    /// `-n`.
    pub maxconn: Option<u32>,
    /// `-N`.
    pub proxy_maxconn: Option<u32>,
    /// `-m`, in MiB.
    pub memory: Option<u64>,
    /// `-p`.
    pub pidfile: Option<PathBuf>,
    /// `-L`.
    pub local_peer: Option<OsString>,
    /// `-sf`, `-st`: the pids, and what they get after the start.
    pub old_pids: Vec<i32>,
    pub old_signal: Signal,
    /// `-x`.
    pub old_socket: Option<PathBuf>,
    /// `-S`, as given.
    pub master_sockets: Vec<String>,
    /// Warnings about the command line itself.
    pub warnings: Vec<String>,
}

impl Args {
    /// No options.
    #[must_use]
    pub fn new(program: impl Into<String>) -> Args {
        Args {
            program: program.into(),
            files: Vec::new(),
            directory: None,
            check: false,
            condition: None,
            daemon: false,
            foreground: false,
            debug: false,
            master_worker: false,
            systemd: false,
            quiet: false,
            verbose: false,
            diagnostics: false,
            zero_warning: false,
            ignore_resolution: false,
            insecure_fork: false,
            list_objects: false,
            list_cpus: false,
            no_epoll: false,
            no_reuseport: false,
            maxconn: None,
            proxy_maxconn: None,
            memory: None,
            pidfile: None,
            local_peer: None,
            old_pids: Vec::new(),
            old_signal: Signal::SIGUSR1,
            old_socket: None,
            master_sockets: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// What HAProxy knows behind `-dM`, but for `no-`.
const MEMORY_OPTIONS: [&str; 12] = [
    "fail",
    "merge",
    "cold-first",
    "hot-first",
    "integrity",
    "backup",
    "global",
    "cache",
    "caller",
    "tag",
    "poison",
    "uaf",
];

/// Reads a command line; the first word is the program.
#[must_use]
pub fn parse(argv: &[OsString]) -> Asked {
    let program = argv.first().map_or("ringmain".into(), |p| p.to_string_lossy().into_owned());
    let mut parser = Parser { args: Args::new(program), rest: argv.get(1..).unwrap_or_default() };
    while let Some(word) = parser.next() {
        let Some(flag) = word.as_bytes().strip_prefix(b"-") else { return Asked::Usage(Vec::new()) };
        if let Some(end) = parser.option(flag) {
            return end;
        }
    }
    Asked::Run(Box::new(parser.args))
}

struct Parser<'a> {
    args: Args,
    rest: &'a [OsString],
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a OsStr> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// Applies one option. Like haproxy, only the letters that tell options apart are looked at: `-vx` is `-v`.
    fn option(&mut self, flag: &[u8]) -> Option<Asked> {
        let args = &mut self.args;
        match flag {
            [b'v', b'v', ..] => return Some(Asked::Version { full: true }),
            [b'v', ..] => return Some(Asked::Version { full: false }),
            [b'd', ..] => return self.debug_option(flag),
            [b'V', ..] => args.verbose = true,
            [b'c', b'c', ..] => match self.next() {
                Some(text) => self.args.condition = Some(text.as_bytes().to_vec()),
                None => self.args.condition = Some(Vec::new()),
            },
            [b'c', ..] => args.check = true,
            [b'D', ..] => args.daemon = true,
            [b'W', b's', ..] => (args.master_worker, args.systemd, args.foreground) = (true, true, true),
            [b'W', ..] => args.master_worker = true,
            [b'q', ..] => args.quiet = true,
            [b'4', ..] => {
                let still = "option '-4': resolvers still ask for IPv6 addresses, too, where IPv4 has none; \
                             'resolve-prefer ipv4' takes those of IPv4 first.";
                args.warnings.push(still.to_owned());
            }
            [b'x', ..] => {
                let Some(path) = self.next() else {
                    return usage("Unix socket path expected with the -x flag\n");
                };
                if self.args.old_socket.replace(path.into()).is_some() {
                    self.args.warnings.push("-x option already set, overwriting the value".to_owned());
                }
            }
            [b'S', ..] => match self.next() {
                Some(bind) => self.args.master_sockets.push(bind.to_string_lossy().into_owned()),
                None => return usage("Socket and optional bind parameters expected with the -S flag"),
            },
            [b's', b'f' | b't', ..] => return self.old_pids(flag),
            [b'-'] => {
                self.args.files.extend(self.rest.iter().map(PathBuf::from));
                self.rest = &[];
            }
            [] => return Some(Asked::Usage(Vec::new())),
            [letter, ..] => return self.with_value(*letter),
        }
        None
    }

    fn debug_option(&mut self, flag: &[u8]) -> Option<Asked> {
        let args = &mut self.args;
        match flag.get(1) {
            Some(b'e') => args.no_epoll = true,
            // poll(), splice() and the paths of data that the others are about are never used, and no server is spoken to over
            // TLS yet: nothing is left to do.
            Some(b'p' | b'S' | b'V' | b'F' | b'Z') => {}
            Some(b'R') => args.no_reuseport = true,
            Some(b'b') => args.foreground = true,
            Some(b'D') => args.diagnostics = true,
            Some(b'W') => args.zero_warning = true,
            Some(b'I') => args.insecure_fork = true,
            Some(b'L') => args.list_objects = true,
            Some(b'c') => args.list_cpus = true,
            Some(b'r') => args.ignore_resolution = true,
            Some(b'M') => return self.memory_option(&flag[2..]),
            Some(b't') => {
                let traces = "option '-dt' has no effect: there are no traces in this version.";
                args.warnings.push(traces.to_owned());
            }
            Some(b'G') => {
                let only =
                    "option '-dG' has no effect: there is no other way to ask the system for an address.";
                args.warnings.push(only.to_owned());
            }
            Some(letter @ (b'C' | b'K')) => {
                let what = match letter {
                    b'C' => "the configuration is not printed",
                    _ => "lists of keywords are not printed",
                };
                let option = char::from(*letter);
                return Some(Asked::Refused(format!(
                    "option '-d{option}' is known but not implemented in this version: {what}."
                )));
            }
            _ => (args.debug, args.foreground) = (true, true),
        }
        None
    }

    /// `-dM[<byte>[,]][help|option,...]` is about pools of memory.
    fn memory_option(&mut self, text: &[u8]) -> Option<Asked> {
        let text = String::from_utf8_lossy(text);
        // C's number, in any base; what is behind it are words.
        let hexadecimal = text.starts_with("0x") || text.starts_with("0X");
        let begin = if hexadecimal { 2 } else { 0 };
        let digit = |c: char| if hexadecimal { c.is_ascii_hexdigit() } else { c.is_ascii_digit() };
        let words = text[begin..].trim_start_matches(digit);
        for word in words.split(',').filter(|w| !w.is_empty()) {
            if word != "help" && !MEMORY_OPTIONS.contains(&word.strip_prefix("no-").unwrap_or(word)) {
                return Some(Asked::Refused(format!("-dM: unknown pool debugging feature <{word}>")));
            }
        }
        let none = "option '-dM' has no effect: there are no pools of memory whose use could be debugged.";
        self.args.warnings.push(none.to_owned());
        None
    }

    fn old_pids(&mut self, flag: &[u8]) -> Option<Asked> {
        self.args.old_signal = if flag[1] == b'f' { Signal::SIGUSR1 } else { Signal::SIGTERM };
        let flag = String::from_utf8_lossy(flag);
        while let Some(word) = self.rest.first().filter(|w| !w.as_bytes().starts_with(b"-")) {
            self.rest = &self.rest[1..];
            let text = word.to_string_lossy();
            match pid(&text) {
                Ok(pid) if pid > 0 => self.args.old_pids.push(pid),
                Ok(_) => return Some(Asked::Usage(Vec::new())),
                Err(PidError::Range) => {
                    return Some(Asked::Refused(format!(
                        "-{flag} option: failed to parse {{{text}}}: Numerical result out of range"
                    )));
                }
                Err(PidError::Rest(rest)) => {
                    return Some(Asked::Refused(format!(
                        "-{flag} option: some bytes unconsumed in PID list {{{rest}}}"
                    )));
                }
            }
        }
        None
    }

    fn with_value(&mut self, letter: u8) -> Option<Asked> {
        let Some(value) = self.next() else { return Some(Asked::Usage(Vec::new())) };
        let number = || leading_int(&value.to_string_lossy());
        let positive = || u32::try_from(number()).ok().filter(|n| *n > 0);
        let args = &mut self.args;
        match letter {
            b'C' => args.directory = Some(value.into()),
            b'n' => args.maxconn = positive(),
            b'm' => args.memory = u64::try_from(number()).ok().filter(|n| *n > 0),
            b'N' => args.proxy_maxconn = positive(),
            b'L' => args.local_peer = Some(value.to_owned()),
            b'f' => args.files.push(value.into()),
            b'p' => args.pidfile = Some(value.into()),
            _ => return Some(Asked::Usage(Vec::new())),
        }
        None
    }
}

fn usage(alert: &str) -> Option<Asked> {
    Some(Asked::Usage(vec![alert.to_owned()]))
}

enum PidError {
    Range,
    Rest(String),
}

/// C's `strtol`, and what HAProxy makes of what is left.
fn pid(text: &str) -> Result<i32, PidError> {
    let trimmed = text.trim_start();
    let signed = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    let digits = signed.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return if text.is_empty() { Ok(0) } else { Err(PidError::Rest(text.trim_start().to_owned())) };
    }
    let sign = trimmed.len() - signed.len();
    let number: i64 = trimmed[..sign + digits].parse().map_err(|_| PidError::Range)?;
    let rest = signed[digits..].trim_start();
    if rest.is_empty() {
        Ok(i32::try_from(number).unwrap_or(0))
    } else {
        Err(PidError::Rest(rest.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> Asked {
        let argv: Vec<OsString> =
            std::iter::once("ringmain").chain(words.iter().copied()).map(Into::into).collect();
        parse(&argv)
    }

    fn args(words: &[&str]) -> Args {
        match asked(words) {
            Asked::Run(args) => *args,
            other => panic!("{words:?}: {other:?}"),
        }
    }

    #[test]
    fn files_in_their_order() {
        let a = args(&["-f", "a", "-D", "-f", "b", "--", "c", "-d"]);
        assert_eq!(a.files, ["a", "b", "c", "-d"].map(PathBuf::from));
        assert!(a.daemon && !a.debug);
    }

    #[test]
    fn every_option_that_means_something() {
        let a = args(&[
            "-c",
            "-V",
            "-q",
            "-W",
            "-db",
            "-dD",
            "-dW",
            "-dr",
            "-dR",
            "-de",
            "-dp",
            "-dS",
            "-dV",
            "-n",
            "100",
            "-N",
            "7x",
            "-m",
            "64",
            "-p",
            "/p",
            "-C",
            "/c",
            "-L",
            "me",
            "-x",
            "/old",
            "-S",
            "/m.sock,mode,600",
        ]);
        assert!(a.check && a.verbose && a.quiet && a.master_worker && a.foreground && a.diagnostics);
        assert!(a.zero_warning && a.ignore_resolution && a.no_reuseport && a.no_epoll && !a.systemd);
        assert_eq!((a.maxconn, a.proxy_maxconn, a.memory), (Some(100), Some(7), Some(64)));
        assert_eq!((a.pidfile, a.directory), (Some("/p".into()), Some("/c".into())));
        assert_eq!((a.local_peer, a.old_socket), (Some("me".into()), Some("/old".into())));
        assert_eq!(a.master_sockets, ["/m.sock,mode,600"]);
        let a = args(&["-Ws"]);
        assert!(a.master_worker && a.systemd && a.foreground && a.files.is_empty());
        assert_eq!(args(&["-n", "abc"]).maxconn, None, "as atol: 0, which leaves it to the system");
        assert_eq!(args(&["-cc", "streq(a,b)"]).condition, Some(b"streq(a,b)".to_vec()));
    }

    #[test]
    fn versions_win_where_they_stand() {
        assert_eq!(asked(&["-v", "-z"]), Asked::Version { full: false });
        assert_eq!(asked(&["-D", "-vv"]), Asked::Version { full: true });
    }

    #[test]
    fn lists_of_pids() {
        let a = args(&["-sf", "1", "22", "-st", "3", "-f", "x"]);
        assert_eq!((a.old_pids, a.old_signal), (vec![1, 22, 3], Signal::SIGTERM));
        assert!(args(&["-sf"]).old_pids.is_empty());
        let refused = |word: &str| match asked(&["-sf", word]) {
            Asked::Refused(text) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused("abc"), "-sf option: some bytes unconsumed in PID list {abc}");
        assert_eq!(refused("1x"), "-sf option: some bytes unconsumed in PID list {x}");
        assert_eq!(
            refused("99999999999999999999"),
            "-sf option: failed to parse {99999999999999999999}: Numerical result out of range"
        );
        assert_eq!(asked(&["-sf", "0"]), Asked::Usage(vec![]));
    }

    #[test]
    fn what_is_wrong_shows_the_usage() {
        for words in [&["x"][..], &["-"], &["-z"], &["-z", "1"], &["-f"], &["-n"], &["-h"]] {
            assert_eq!(asked(words), Asked::Usage(vec![]), "{words:?}");
        }
        assert!(matches!(asked(&["-x"]), Asked::Usage(t) if t.len() == 1));
    }

    /// Every switch of 3.2 is known, and none takes its neighbour for an argument.
    #[test]
    fn switches_for_debugging() {
        for word in ["-dF", "-dZ", "-dS", "-dp", "-dV"] {
            let a = args(&[word, "-f", "x"]);
            assert!(!a.debug && !a.foreground && a.warnings.is_empty() && a.files.len() == 1, "{word}");
        }
        let a = args(&["-dI", "-dL", "-dc", "-f", "x"]);
        assert!(a.insecure_fork && a.list_objects && a.list_cpus && !a.debug && a.files.len() == 1);
        for word in [
            "-4",
            "-dG",
            "-dt",
            "-dth1:user",
            "-dM",
            "-dM0",
            "-dM0x41",
            "-dM0x41,no-merge,tag",
            "-dMhelp",
            "-dMcold-first",
        ] {
            let a = args(&[word, "-f", "x"]);
            assert!(!a.debug && a.warnings.len() == 1 && a.files.len() == 1, "{word}: {:?}", a.warnings);
        }
        assert_eq!(asked(&["-dMzz"]), Asked::Refused("-dM: unknown pool debugging feature <zz>".to_owned()));
        for word in ["-dC", "-dCkey", "-dKall", "-dKhelp"] {
            assert!(matches!(asked(&[word]), Asked::Refused(t) if t.contains("known but not implemented")));
        }
        assert!(args(&["-d"]).debug);
    }
}
