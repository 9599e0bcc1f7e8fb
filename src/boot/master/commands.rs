//! The master's own commands (management manual, 9.4.1, of 2.6 to 3.5).
use super::{Kid, Master};
use crate::control::say;
use crate::vocab::command::Level;
use crate::vocab::command::help::{self, Entry};
use std::time::Instant;

/// What a command wants.
#[derive(Debug, PartialEq, Eq)]
pub enum Wants {
    /// To be answered so.
    Answer(String),
    /// A new worker; `hard`: the old one ends at once.
    Reload { hard: bool },
}

/// One of them. Those that change the connection itself are looked at before.
struct CommandRow {
    entry: Entry,
    level: Level,
    run: fn(&Master<'_>, Level, &[&str]) -> Wants,
}

macro_rules! rows {
    ($($words:expr, $level:ident, $usage:literal, $doc:literal, $run:expr;)*) => {
        const ROWS: &[CommandRow] = &[$(CommandRow {
            entry: Entry { words: &$words, usage: $usage, doc: $doc },
            level: Level::$level,
            run: $run,
        }),*];
    };
}

rows! {
    ["echo"], User, "echo [text]", "print this text",
        |_, _, args| Wants::Answer(args.join(" ") + "\n");
    ["hard-reload"], Operator, "hard-reload", "reload haproxy and stop the old worker at once",
        |_, _, _| Wants::Reload { hard: true };
    ["help"], User, "help [<command>]", "list matching or all commands",
        |_, _, args| Wants::Answer(help::help_of(&entries(), args));
    ["reload"], Operator, "reload", "reload haproxy", |_, _, _| Wants::Reload { hard: false };
    ["show", "cli", "level"], User, "show cli level", "display the level of the current CLI session",
        |_, level, _| Wants::Answer(format!("{}\n", level.name()));
    // As with HAProxy there is none: they are the workers'.
    ["show", "cli", "sockets"], Operator, "show cli sockets", "dump list of cli sockets",
        |_, _, _| Wants::Answer(String::new());
    ["show", "env"], Operator, "show env [var]", "dump environment variables known to the process",
        |_, _, args| Wants::Answer(env(args));
    ["show", "proc"], User, "show proc", "show processes status",
        |master, _, _| Wants::Answer(show_proc(master));
    ["show", "startup-logs"], User, "show startup-logs", "report logs emitted during HAProxy startup",
        |_, _, _| Wants::Answer(say::startup_logs());
    ["show", "version"], User, "show version", "show version of the current process",
        |_, _, _| Wants::Answer(concat!(env!("CARGO_PKG_VERSION"), "\n").to_owned());
}

/// Those of which `talk` takes care, for the lists.
const OF_THE_CONNECTION: &[Entry] = &[
    Entry { words: &["@!<pid>"], usage: "@!<pid>", doc: "send a command to the <pid> process" },
    Entry {
        words: &["@<relative pid>"],
        usage: "@<relative pid>",
        doc: "send a command to the <relative pid> process",
    },
    Entry { words: &["@master"], usage: "@master", doc: "send a command to the master process" },
    Entry {
        words: &["operator"],
        usage: "operator",
        doc: "lower the level of the current CLI session to operator",
    },
    Entry { words: &["prompt"], usage: "prompt", doc: "toggle interactive mode with prompt" },
    Entry { words: &["quit"], usage: "quit", doc: "disconnect" },
    Entry { words: &["user"], usage: "user", doc: "lower the level of the current CLI session to user" },
];

fn entries() -> Vec<Entry> {
    ROWS.iter().map(|row| row.entry).chain(OF_THE_CONNECTION.iter().copied()).collect()
}

/// Runs one command: the words of its line.
pub fn run(master: &Master<'_>, level: Level, words: &[&str]) -> Wants {
    let row = ROWS.iter().filter(|r| words.starts_with(r.entry.words));
    match row.max_by_key(|r| r.entry.words.len()) {
        Some(row) if level < row.level => Wants::Answer("Permission denied\n".to_owned()),
        Some(row) => (row.run)(master, level, &words[row.entry.words.len()..]),
        None => Wants::Answer(help::unknown_of(&entries(), words)),
    }
}

fn env(args: &[&str]) -> String {
    let line = |name: &str, value: &str| format!("{name}={value}\n");
    match args.first() {
        None => std::env::vars_os()
            .map(|(name, value)| line(&name.to_string_lossy(), &value.to_string_lossy()))
            .collect(),
        Some(name) => match std::env::var_os(name) {
            Some(value) => line(name, &value.to_string_lossy()),
            None => "Variable not found\n".to_owned(),
        },
    }
}

fn show_proc(master: &Master<'_>) -> String {
    let head = ["#<PID>", "<type>", "<reloads>", "<uptime>", "<version>"];
    let mut out = head.map(|name| format!("{name:<15}")).join(" ") + "\n";
    let row = |pid: i32, kind: &str, reloads: &str, born: Instant| {
        let up = born.elapsed().as_secs();
        let up = format!("{}d{:02}h{:02}m{:02}s", up / 86_400, up / 3_600 % 24, up / 60 % 60, up % 60);
        let version = env!("CARGO_PKG_VERSION");
        format!("{pid:<16}{kind:<16}{reloads:<16}{up:<16}{version:<15}\n")
    };
    let worker =
        |kid: &Kid| row(kid.pid.as_raw(), "worker", &(master.reloads - kid.number).to_string(), kid.born);
    let reloads = format!("{} [failed: {}]", master.reloads, master.failed);
    out.push_str(&row(std::process::id() as i32, "master", &reloads, master.born));
    out.push_str("# workers\n");
    out.extend(master.current.iter().map(worker));
    if !master.former.is_empty() {
        out.push_str("# old workers\n");
        out.extend(master.former.iter().map(worker));
    }
    out.push_str("# programs\n");
    out
}
