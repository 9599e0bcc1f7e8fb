//! Commands about the connection itself: `prompt`, `quit`, `operator`, `user`, `set timeout cli`, … (management manual, 9.3).
use super::severity::{ERROR, INFO, Kind};
use super::wait::{Pause, delay, wait};
use super::{Level, words_from};
use crate::plan::SeverityOutput;
use std::time::Duration;

/// One connection's state.
#[derive(Clone, Debug)]
pub struct Talk {
    pub level: Level,
    /// How long it waits for the next line.
    pub timeout: Duration,
    /// Stays open after a line, with or without showing a prompt.
    pub interactive: bool,
    pub shows_prompt: bool,
    /// The prompt tells how long the process has run.
    pub shows_time: bool,
    /// How levels stand before messages.
    pub severity: SeverityOutput,
    /// No empty line ends the present answer (`user -`): the master sends such lines before those of its clients.
    pub bare: bool,
    /// Ends without reading on.
    pub quits: bool,
    /// To wait before the next command (`wait`).
    pub pause: Option<Pause>,
    expert: bool,
    pub experimental: bool,
}

impl Talk {
    /// A new connection.
    #[must_use]
    pub fn new(level: Level, timeout: Duration, severity: SeverityOutput) -> Talk {
        Talk {
            level,
            timeout,
            interactive: false,
            shows_prompt: false,
            shows_time: false,
            severity,
            bare: false,
            quits: false,
            pause: None,
            expert: false,
            experimental: false,
        }
    }
}

/// One command about the connection.
pub struct TalkRow {
    pub words: &'static [&'static str],
    /// The line that `help` shows; empty where HAProxy's shows none.
    pub usage: &'static str,
    pub doc: &'static str,
    /// Gives the answer, and its level where it is a message.
    pub run: fn(&mut Talk, &[&str]) -> (String, Kind),
}

/// Those that end every list.
pub const LAST: &[&str] = &["help", "prompt", "quit"];

macro_rules! rows {
    ($($words:expr, $usage:literal, $doc:literal, $run:expr;)*) => {
        /// The rows of this file.
        pub const ROWS: &[TalkRow] =
            &[$(TalkRow { words: &$words, usage: $usage, doc: $doc, run: $run }),*];
    };
}

rows! {
    ["echo"], "echo [text]", "print this text", echo;
    ["experimental-mode"], "", "",
        |talk, args| mode(talk, "experimental", |talk| &mut talk.experimental, args);
    ["expert-mode"], "", "",
        |talk, args| mode(talk, "expert", |talk| &mut talk.expert, args);
    ["help"], "help [<command>]", "list matching or all commands",
        |_, args| (super::help::help(args), INFO);
    ["operator"], "operator", "lower the level of the current CLI session to operator",
        |talk, args| lower(talk, Level::Operator, args);
    ["prompt"], "prompt", "toggle interactive mode with prompt", prompt;
    ["quit"], "quit", "disconnect", quit;
    ["set", "severity-output"], "set severity-output [none|number|string]",
        "set presence of severity level in feedback information", set_severity;
    ["set", "timeout"], "set timeout [cli] <delay>", "change a timeout setting", set_timeout;
    ["show", "cli", "level"], "show cli level", "display the level of the current CLI session",
        |talk, _| (format!("{}\n", talk.level.name()), INFO);
    ["user"], "user", "lower the level of the current CLI session to user",
        |talk, args| lower(talk, Level::User, args);
    ["wait"], "wait {-h|<delay_ms>} cond [args...]", "wait the specified delay or condition (-h to see list)", wait;
}

/// Runs the command of a line, where it is one of these.
pub fn run(talk: &mut Talk, words: &[&str]) -> Option<(String, Kind)> {
    let row = ROWS.iter().find(|r| words.starts_with(r.words))?;
    Some((row.run)(talk, words_from(words, row.words.len())))
}

fn wrong(text: &str) -> (String, Kind) {
    (text.to_owned(), ERROR)
}

fn done() -> (String, Kind) {
    (String::new(), INFO)
}

/// HAProxy 3.x.
fn echo(_: &mut Talk, args: &[&str]) -> (String, Kind) {
    (args.join(" ") + "\n", INFO)
}

/// `-` stands behind commands of the master: no empty line is to end the answer.
fn lower(talk: &mut Talk, level: Level, args: &[&str]) -> (String, Kind) {
    talk.bare = args.first() == Some(&"-");
    if talk.level < level {
        return wrong("Permission denied\n");
    }
    talk.level = level;
    (talk.expert, talk.experimental) = (false, false);
    done()
}

/// The modes open no command here; scripts set them before commands that need them in HAProxy.
fn mode(talk: &mut Talk, name: &str, on: fn(&mut Talk) -> &mut bool, args: &[&str]) -> (String, Kind) {
    talk.bare = args.get(1) == Some(&"-");
    if talk.level < Level::Admin {
        return wrong("Permission denied\n");
    }
    match args.first() {
        None => (format!("{name}-mode is {}\n", if *on(talk) { "ON" } else { "OFF" }), INFO),
        Some(word) => {
            *on(talk) = *word == "on";
            done()
        }
    }
}

const PROMPT_USAGE: &str = "Usage: prompt [help | n | i | p | timed]*
Changes the default prompt and interactive mode:
  help : display this help
  n    : switch to non-interactive mode
  i    : switch to interactive mode without a prompt
  p    : switch to interactive mode with a prompt
  timed: toggle the display of the uptime in the prompt
Without an option, the prompt and the interactive mode are toggled.
";

/// Without a word a switch; the words are HAProxy 3.x's, `timed` 2.8's.
fn prompt(talk: &mut Talk, args: &[&str]) -> (String, Kind) {
    if args.is_empty() {
        (talk.interactive, talk.shows_prompt) = (!talk.shows_prompt, !talk.shows_prompt);
    }
    for word in args {
        match *word {
            "-" => talk.bare = true,
            "n" => (talk.interactive, talk.shows_prompt) = (false, false),
            "i" => (talk.interactive, talk.shows_prompt) = (true, false),
            "p" => (talk.interactive, talk.shows_prompt) = (true, true),
            "timed" => talk.shows_time = !talk.shows_time,
            "help" | "?" => return (PROMPT_USAGE.to_owned(), INFO),
            _ => return wrong(PROMPT_USAGE),
        }
    }
    // As 2.8 has it: who asks for the time wants to see it.
    if args == ["timed"] {
        (talk.interactive, talk.shows_prompt) = (true, true);
    }
    done()
}

fn quit(talk: &mut Talk, _: &[&str]) -> (String, Kind) {
    talk.quits = true;
    done()
}

fn set_severity(talk: &mut Talk, args: &[&str]) -> (String, Kind) {
    match args.first().and_then(|word| SeverityOutput::named(word)) {
        Some(severity) => {
            talk.severity = severity;
            done()
        }
        None => wrong("one of 'none', 'number', 'string' is a required argument\n"),
    }
}

fn set_timeout(talk: &mut Talk, args: &[&str]) -> (String, Kind) {
    if args.first() != Some(&"cli") {
        return wrong("'set timeout' only supports 'cli'.\n");
    }
    let Some(text) = args.get(1) else { return wrong("Expects an integer value.\n") };
    match delay(text, 1_000) {
        Some(time) if !time.is_zero() => {
            talk.timeout = time;
            done()
        }
        _ => wrong("Invalid timeout value.\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk() -> Talk {
        Talk::new(Level::Admin, Duration::from_secs(10), SeverityOutput::None)
    }

    fn says(talk: &mut Talk, line: &str) -> String {
        run(talk, &line.split(' ').collect::<Vec<_>>()).expect("one of these").0
    }

    #[test]
    fn levels_only_fall() {
        let mut talk = talk();
        assert_eq!(says(&mut talk, "expert-mode on"), "");
        assert_eq!(says(&mut talk, "expert-mode"), "expert-mode is ON\n");
        assert_eq!(says(&mut talk, "operator"), "");
        assert_eq!(says(&mut talk, "show cli level"), "operator\n");
        assert_eq!(says(&mut talk, "expert-mode"), "Permission denied\n");
        assert_eq!(says(&mut talk, "user") + &says(&mut talk, "show cli level"), "user\n");
        assert_eq!(says(&mut talk, "operator"), "Permission denied\n");
    }

    #[test]
    fn timeouts_are_seconds_and_pauses_milliseconds() {
        let mut talk = talk();
        assert_eq!(says(&mut talk, "set timeout cli 30") + &says(&mut talk, "wait 20"), "");
        assert_eq!(talk.timeout, Duration::from_secs(30));
        assert_eq!(talk.pause.as_ref().map(|p| p.time), Some(Duration::from_millis(20)));
        assert_eq!(says(&mut talk, "set timeout cli 0"), "Invalid timeout value.\n");
        assert_eq!(says(&mut talk, "set timeout cli"), "Expects an integer value.\n");
        assert_eq!(says(&mut talk, "set timeout x"), "'set timeout' only supports 'cli'.\n");
    }

    #[test]
    fn prompts_come_and_go() {
        let mut talk = talk();
        for (line, want) in [
            ("prompt", (true, true)),
            ("prompt i", (true, false)),
            ("prompt p", (true, true)),
            ("prompt", (false, false)),
            ("prompt n", (false, false)),
            ("prompt timed p n i", (true, false)),
            ("prompt timed", (true, true)),
            ("prompt n frob", (false, false)),
        ] {
            says(&mut talk, line);
            assert_eq!((talk.interactive, talk.shows_prompt), want, "{line}");
        }
    }
}
