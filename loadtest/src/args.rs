//! The command line.

use crate::scenario::{self, Size};
use std::ffi::OsString;
use std::path::PathBuf;

pub const HELP: &str = "\
loadtest: what a proxy costs, side by side

  loadtest list                                 scenarios, targets, and whether they can run here
  loadtest compare [OPTIONS] SCENARIO…          targets side by side, runs interleaved
  loadtest run [OPTIONS] SCENARIO --target T    one target
  loadtest against ADDR [OPTIONS]               a service that runs already
  loadtest diff A.json B.json [--all] [--gate]  what changed beyond the noise; --gate: exit 1 if worse
  loadtest render REPORT.json FILE.html         the page of a report

  loadtest compare --targets ringmain,haproxy --quick small-keepalive idle-20k

Options of compare and run
  --targets A,B…          from `loadtest list` (compare: ringmain,haproxy)
  --target T              one more target, or NAME=COMMAND with {port}, {origin} filled in; also {config}
                          (the haproxy.cfg of the others), {tcp_port}, {threads}, {maxconn}, {dir}
  --quick                 short runs: a pair within a minute
  --out DIR               writes DIR/report.html and DIR/report.json
  --runs N                runs a target (odd numbers have a median of their own)
  --seconds S             measured time of a step
  --warmup S              time before it
  --connections N         instead of the scenario's
  --rate R                requests a second, where the loop is open
  --threads N             threads of the target (nbthread and the like); they get as many cores.
                          NAME@N among the targets: this one with N, as ringmain,ringmain@2,haproxy,haproxy@2
  --share X               saturation: this share of the reference's highest rate (0.7)
  --reference T           saturation: whose highest rate (haproxy if it is a target, otherwise the last one)
  --proxy-cores LIST      cores of the target, as 0,1 (otherwise the first --threads ones)
  --load-cores LIST       cores of clients and origin (otherwise the rest)
  --class m1.small        the target in a group with that machine's CPU and memory
  --class-share X         its share of a core here, instead of the one worked out
  --syscalls              one run more that counts system calls a request (by perf or strace)
  --instructions          two runs more under valgrind that count user-mode instructions a request

Options of against
  --rate R                open loop at this rate; without: closed loop
  --connections N         64 otherwise
  --seconds S, --warmup S, --runs N, --out DIR
  --path P                / otherwise
  --host H                the Host field; ADDR otherwise
  --pid N                 the service's process, if it is here: its CPU is measured (may be repeated)
  --syscalls              with --pid: one run more that counts its system calls a request
";

#[derive(Debug, Default)]
pub struct Options {
    pub size: Size,
    pub targets: Vec<String>,
    pub scenarios: Vec<String>,
    pub out: Option<PathBuf>,
    pub threads: usize,
    pub proxy_cores: Option<Vec<usize>>,
    pub load_cores: Option<Vec<usize>>,
    pub class: Option<String>,
    pub class_share: Option<f64>,
    /// Whose saturation `saturation` goes by.
    pub reference: Option<String>,
    pub syscalls: bool,
    pub instructions: bool,
    pub path: String,
    pub host: Option<String>,
    pub pids: Vec<u32>,
}

#[derive(Debug)]
pub enum Asked {
    Help,
    Version,
    List,
    Compare(Box<Options>),
    Against(String, Box<Options>),
    Diff { a: PathBuf, b: PathBuf, every: bool, gate: bool },
    Render { report: PathBuf, page: PathBuf },
    Client,
    Origin { port: u16, keep: bool },
    Floor { port: u16, origin: std::net::SocketAddrV4, shape: crate::floor::Shape, epoll: bool },
}

const COMMANDS: [&str; 6] = ["list", "compare", "run", "against", "diff", "render"];

/// The nearest of the known words.
pub fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let scored = known.into_iter().map(|k| (if k.starts_with(&word) { 1 } else { distance(&word, k) }, k));
    scored.filter(|(d, k)| *d <= 1 + k.len() / 3).min_by_key(|(d, _)| *d).map(|(_, k)| k)
}

fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut corner = row[0];
        row[0] = i;
        for j in 1..=b.len() {
            let change = corner + usize::from(a[i - 1] != b[j - 1]);
            corner = row[j];
            row[j] = change.min(row[j] + 1).min(row[j - 1] + 1);
        }
    }
    row[b.len()]
}

/// "no X 'y'", with what might be meant and all there is.
pub fn unknown(what: &str, word: &str, known: &[String]) -> String {
    let near = suggest(word, known.iter().map(String::as_str));
    let meant = near.map_or(String::new(), |n| format!(": is '{n}' meant?"));
    format!("no {what} '{word}'{meant}\nthere are: {}", known.join(", "))
}

const FLAGS: [&str; 7] = ["quick", "syscalls", "instructions", "all", "gate", "help", "version"];
const VALUES: [&str; 18] = [
    "targets",
    "target",
    "out",
    "runs",
    "seconds",
    "warmup",
    "connections",
    "rate",
    "share",
    "reference",
    "threads",
    "proxy-cores",
    "load-cores",
    "class",
    "class-share",
    "path",
    "host",
    "pid",
];

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name} wants a number, not '{value}'"))
}

fn positive(name: &str, value: &str) -> Result<f64, String> {
    let n: f64 = number(name, value)?;
    if n > 0.0 && n.is_finite() { Ok(n) } else { Err(format!("{name} must be above 0")) }
}

fn cores(name: &str, value: &str) -> Result<Vec<usize>, String> {
    value.split(',').map(|c| number(name, c)).collect()
}

fn text(value: OsString) -> Result<String, String> {
    value.into_string().map_err(|v| format!("{}: not text", v.display()))
}

/// The words and options of the command line, before it is known what they are for.
#[derive(Debug, Default)]
struct Line {
    words: Vec<String>,
    o: Options,
    every: bool,
    gate: bool,
}

impl Line {
    fn flag(&mut self, name: &str) {
        match name {
            "quick" => self.o.size.quick = true,
            "syscalls" => self.o.syscalls = true,
            "instructions" => self.o.instructions = true,
            "all" => self.every = true,
            _ => self.gate = true,
        }
    }

    fn value(&mut self, name: &str, value: String) -> Result<(), String> {
        let (o, n, v) = (&mut self.o, format!("--{name}"), value.as_str());
        match name {
            "targets" => o.targets.extend(v.split(',').filter(|t| !t.is_empty()).map(str::to_owned)),
            "target" => o.targets.push(value),
            "out" => o.out = Some(value.into()),
            "runs" => o.size.runs = Some(number::<usize>(&n, v)?.max(1)),
            "seconds" => o.size.seconds = Some(positive(&n, v)?),
            "warmup" => o.size.warmup = Some(number::<f64>(&n, v)?.max(0.0)),
            "connections" => o.size.connections = Some(number::<u32>(&n, v)?.max(1)),
            "rate" => o.size.rate = Some(positive(&n, v)?),
            "share" => o.size.share = Some(positive(&n, v)?),
            "reference" => o.reference = Some(value),
            "threads" => o.threads = number::<usize>(&n, v)?.max(1),
            "proxy-cores" => o.proxy_cores = Some(cores(&n, v)?),
            "load-cores" => o.load_cores = Some(cores(&n, v)?),
            "class" => o.class = Some(value),
            "class-share" => o.class_share = Some(positive(&n, v)?),
            "path" => o.path = value,
            "host" => o.host = Some(value),
            _ => o.pids.push(number(&n, v)?),
        }
        Ok(())
    }
}

pub fn read(args: impl IntoIterator<Item = OsString>) -> Result<Asked, String> {
    use lexopt::prelude::*;
    let mut parser = lexopt::Parser::from_args(args);
    let o = Options { threads: 1, path: "/".into(), ..Options::default() };
    let mut line = Line { o, ..Line::default() };
    while let Some(arg) = parser.next().map_err(|e| e.to_string())? {
        let name = match arg {
            Value(word) => {
                line.words.push(text(word)?);
                continue;
            }
            Short('h') | Long("help") => return Ok(Asked::Help),
            Short('V') | Long("version") => return Ok(Asked::Version),
            Short(c) => return Err(format!("no option -{c}; `loadtest --help` has them")),
            Long(name) => name.to_owned(),
        };
        if FLAGS.contains(&name.as_str()) {
            line.flag(&name);
        } else if VALUES.contains(&name.as_str()) {
            let value = text(parser.value().map_err(|e| e.to_string())?)?;
            line.value(&name, value)?;
        } else {
            let known = FLAGS.into_iter().chain(VALUES);
            let near = suggest(&name, known).map_or(String::new(), |n| format!(": is --{n} meant?"));
            return Err(format!("no option --{name}{near}"));
        }
    }
    command(line)
}

fn command(line: Line) -> Result<Asked, String> {
    let Line { words, mut o, every, gate } = line;
    let mut words = words.into_iter();
    let Some(command) = words.next() else { return Ok(Asked::Help) };
    let rest: Vec<String> = words.collect();
    match command.as_str() {
        "list" => Ok(Asked::List),
        "compare" | "run" => {
            if o.targets.is_empty() && command == "run" {
                return Err("run wants --target; `loadtest list` has the names".into());
            }
            comparison(&mut o, rest)?;
            Ok(Asked::Compare(Box::new(o)))
        }
        "against" if o.class.is_some() => {
            Err("a service that runs already can't be put in a class; it works with compare and run".into())
        }
        "against" => match &rest[..] {
            [addr] => Ok(Asked::Against(addr.clone(), Box::new(o))),
            _ => Err("against wants one address, as 127.0.0.1:8080".into()),
        },
        "diff" => match &rest[..] {
            [a, b] => Ok(Asked::Diff { a: a.into(), b: b.into(), every, gate }),
            _ => Err("diff wants two report.json files".into()),
        },
        "render" => match &rest[..] {
            [a, b] => Ok(Asked::Render { report: a.into(), page: b.into() }),
            _ => Err("render wants a report.json and the page to write".into()),
        },
        "__client" => Ok(Asked::Client),
        "__origin" => {
            let port = number("__origin", rest.first().map_or("", String::as_str))?;
            Ok(Asked::Origin { port, keep: rest.get(1).is_some_and(|w| w == "keep") })
        }
        "__floor" => {
            let word = |i: usize| rest.get(i).map_or("", String::as_str);
            let shape = crate::floor::Shape::parse(word(2)).ok_or("__floor PORT ORIGIN SHAPE ENGINE")?;
            let origin = word(1).parse().map_err(|_| "__floor PORT ORIGIN SHAPE ENGINE")?;
            Ok(Asked::Floor { port: number("__floor", word(0))?, origin, shape, epoll: word(3) == "epoll" })
        }
        other => {
            let near = suggest(other, COMMANDS).map_or(String::new(), |n| format!(": is '{n}' meant?"));
            Err(format!("no command '{other}'{near}; `loadtest --help` has them"))
        }
    }
}

/// Which targets and scenarios, each once.
fn comparison(o: &mut Options, scenarios: Vec<String>) -> Result<(), String> {
    if o.targets.is_empty() {
        o.targets = vec!["ringmain".into(), "haproxy".into()];
    }
    let known: Vec<String> = scenario::all().iter().map(|s| s.name.to_owned()).collect();
    if scenarios.is_empty() {
        return Err(format!("which scenario? there are: {}, or all", known.join(", ")));
    }
    o.scenarios = if scenarios == ["all"] { known.clone() } else { scenarios };
    for list in [&mut o.targets, &mut o.scenarios] {
        let mut seen = std::collections::HashSet::new();
        list.retain(|t| seen.insert(t.clone()));
    }
    match o.scenarios.iter().find(|s| !known.contains(s)) {
        Some(wrong) => Err(unknown("scenario", wrong, &known)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(line: &str) -> Result<Asked, String> {
        read(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn wrong_names_get_a_suggestion() {
        for (line, meant) in [
            ("compare small-keepaliv", "'small-keepalive'"),
            ("compare idle", "'idle-20k'"),
            ("compair churn", "'compare'"),
            ("compare churn --quik", "--quick"),
        ] {
            let error = ask(line).unwrap_err();
            assert!(error.contains(&format!("is {meant} meant?")), "{line}: {error}");
        }
        assert!(ask("compare zzzz").unwrap_err().contains("there are: idle-20k"));
        assert!(ask("run churn").unwrap_err().contains("--target"));
        assert!(ask("compare churn --seconds -1").unwrap_err().contains("above 0"));
        assert!(ask("compare churn --runs x").unwrap_err().contains("'x'"));
    }

    #[test]
    fn options_are_read() {
        let Ok(Asked::Compare(o)) =
            ask("compare --targets a,b --target=c --quick churn --seconds 1.5 --threads 2")
        else {
            panic!("no comparison")
        };
        assert_eq!(o.targets, ["a", "b", "c"]);
        assert_eq!((o.size.quick, o.size.seconds, o.threads), (true, Some(1.5), 2));
        assert_eq!(o.scenarios, ["churn"]);
        assert!(
            matches!(ask("compare all"), Ok(Asked::Compare(o)) if o.scenarios.len() == scenario::all().len())
        );
        assert!(matches!(ask(""), Ok(Asked::Help)));
    }
}
