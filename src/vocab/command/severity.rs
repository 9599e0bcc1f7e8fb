//! Levels of messages (`set severity-output`, management manual, 9.3; configuration manual, 5.1 `severity-output`): an answer
//! that tells something has one, one that shows what was asked for has none.
use super::CommandRow;
use crate::plan::SeverityOutput;

/// What an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What was asked for.
    Data,
    /// A message of a level of syslog (RFC 5424, 6.2.1).
    Message(u8),
}

pub const ERROR: Kind = Kind::Message(3);
pub const WARNING: Kind = Kind::Message(4);
pub const NOTICE: Kind = Kind::Message(5);
pub const INFO: Kind = Kind::Message(6);

/// HAProxy's names of the levels.
const NAMES: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

/// What a command's answers usually are: data where it shows something, else what went wrong.
#[must_use]
pub fn of(row: &CommandRow) -> Kind {
    match row.words[0] {
        "show" | "get" | "dump" => Kind::Data,
        _ => ERROR,
    }
}

/// The answer with its level before it, as the connection wants it.
#[must_use]
pub fn told(output: SeverityOutput, kind: Kind, text: String) -> String {
    let Kind::Message(level) = kind else { return text };
    match output {
        _ if text.is_empty() => text,
        SeverityOutput::None => text,
        SeverityOutput::Number => format!("[{level}]: {text}"),
        SeverityOutput::Text => format!("[{}]: {text}", NAMES[usize::from(level.min(7))]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_levels_and_data_has_none() {
        let text = || "x\n".to_owned();
        assert_eq!(told(SeverityOutput::Number, ERROR, text()), "[3]: x\n");
        assert_eq!(told(SeverityOutput::Text, INFO, text()), "[info]: x\n");
        assert_eq!(told(SeverityOutput::Text, Kind::Data, text()), "x\n");
        assert_eq!(told(SeverityOutput::None, ERROR, text()), "x\n");
        assert_eq!(told(SeverityOutput::Number, ERROR, String::new()), "");
    }
}
