//! Commands about the connection itself: `prompt`, `quit`, `operator`, `user`, `set timeout cli`, … (management manual, 9.3).
use super::{Level, words_from};
use crate::base::units::leading_int;
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
    /// Ends without reading on.
    pub quits: bool,
    /// To wait before the next command (`wait`).
    pub pause: Option<Duration>,
    expert: bool,
    pub experimental: bool,
}

impl Talk {
    /// A new connection.
    #[must_use]
    pub fn new(level: Level, timeout: Duration) -> Talk {
        Talk {
            level,
            timeout,
            interactive: false,
            shows_prompt: false,
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
    pub run: fn(&mut Talk, &[&str]) -> String,
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
    ["experimental-mode"], "", "",
        |talk, args| mode("experimental", &mut talk.experimental, talk.level, args);
    ["expert-mode"], "", "",
        |talk, args| mode("expert", &mut talk.expert, talk.level, args);
    ["help"], "help [<command>]", "list matching or all commands",
        |_, args| super::help::help(args);
    ["operator"], "operator", "lower the level of the current CLI session to operator",
        |talk, _| lower(talk, Level::Operator);
    ["prompt"], "prompt", "toggle interactive mode with prompt", prompt;
    ["quit"], "quit", "disconnect", quit;
    ["set", "timeout"], "set timeout [cli] <delay>", "change a timeout setting", set_timeout;
    ["show", "cli", "level"], "show cli level", "display the level of the current CLI session",
        |talk, _| format!("{}\n", talk.level.name());
    ["user"], "user", "lower the level of the current CLI session to user",
        |talk, _| lower(talk, Level::User);
    ["wait"], "wait <delay>", "wait the specified delay (in ms unless it names its unit)", wait;
}

/// Runs the command of a line, where it is one of these.
pub fn run(talk: &mut Talk, words: &[&str]) -> Option<String> {
    let row = ROWS.iter().find(|r| words.starts_with(r.words))?;
    Some((row.run)(talk, words_from(words, row.words.len())))
}

fn lower(talk: &mut Talk, level: Level) -> String {
    if talk.level < level {
        return "Permission denied\n".to_owned();
    }
    talk.level = level;
    (talk.expert, talk.experimental) = (false, false);
    String::new()
}

/// The modes open no command here; scripts set them before commands that need them in HAProxy.
fn mode(name: &str, on: &mut bool, level: Level, args: &[&str]) -> String {
    if level < Level::Admin {
        return "Permission denied\n".to_owned();
    }
    match args.first() {
        None => return format!("{name}-mode is {}\n", if *on { "ON" } else { "OFF" }),
        Some(word) => *on = *word == "on",
    }
    String::new()
}

/// Without a word a switch; `n`, `i` and `p` as in HAProxy 3.x: none, interactive without a prompt, with one.
fn prompt(talk: &mut Talk, args: &[&str]) -> String {
    (talk.interactive, talk.shows_prompt) = match args.first() {
        Some(&"n") => (false, false),
        Some(&"i") => (true, false),
        Some(&"p") => (true, true),
        _ => (!talk.shows_prompt, !talk.shows_prompt),
    };
    String::new()
}

fn quit(talk: &mut Talk, _: &[&str]) -> String {
    talk.quits = true;
    String::new()
}

fn set_timeout(talk: &mut Talk, args: &[&str]) -> String {
    if args.first() != Some(&"cli") {
        return "'set timeout' only supports 'cli'.\n".to_owned();
    }
    let Some(text) = args.get(1) else { return "Expects an integer value.\n".to_owned() };
    match delay(text, 1_000) {
        Some(time) if !time.is_zero() => {
            talk.timeout = time;
            String::new()
        }
        _ => "Invalid timeout value.\n".to_owned(),
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

/// HAProxy 3.x; conditions are about servers that are deleted, which is not there.
fn wait(talk: &mut Talk, args: &[&str]) -> String {
    match args {
        [] => "Expects a duration in milliseconds.\n".to_owned(),
        [_, condition, ..] => {
            format!("'wait … {condition}' is a HAProxy command that Ringmain does not support yet.\n")
        }
        [text] => match delay(text, 1) {
            Some(time) => {
                talk.pause = Some(time);
                String::new()
            }
            None => "Invalid duration.\n".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk() -> Talk {
        Talk::new(Level::Admin, Duration::from_secs(10))
    }

    fn says(talk: &mut Talk, line: &str) -> String {
        run(talk, &line.split(' ').collect::<Vec<_>>()).expect("one of these")
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
        assert_eq!((talk.timeout, talk.pause), (Duration::from_secs(30), Some(Duration::from_millis(20))));
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
        ] {
            says(&mut talk, line);
            assert_eq!((talk.interactive, talk.shows_prompt), want, "{line}");
        }
    }
}
