//! `help`, and what unknown commands are answered: HAProxy's choice of near commands (management manual, 9.3 `help`).
use super::{rows, talk};
use crate::syntax::suggest::Fingerprint;

/// So many near commands are shown at most.
const MOST: usize = 5;

/// One line of the list.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub words: &'static [&'static str],
    pub usage: &'static str,
    pub doc: &'static str,
}

/// The commands of the runtime API.
fn entries() -> impl Iterator<Item = Entry> {
    let own = talk::ROWS.iter().filter(|r| !r.usage.is_empty()).map(|r| Entry {
        words: r.words,
        usage: r.usage,
        doc: r.doc,
    });
    rows().map(|r| Entry { words: r.words, usage: r.usage, doc: r.doc }).chain(own)
}

/// What `help` says about words.
pub fn help(words: &[&str]) -> String {
    help_of(&entries().collect::<Vec<_>>(), words)
}

/// What is said of a line that is no command.
pub fn unknown(words: &[&str]) -> String {
    unknown_of(&entries().collect::<Vec<_>>(), words)
}

/// The same among these commands, with `help`, `prompt` and `quit` among them.
pub fn help_of(entries: &[Entry], words: &[&str]) -> String {
    format!("The following commands are valid at this level:\n{}", list(entries, words))
}

/// The same among these commands.
pub fn unknown_of(entries: &[Entry], words: &[&str]) -> String {
    let head = match words.is_empty() {
        true => "Unknown command. Please enter one of the following commands only:",
        false => "Unknown command, but maybe one of the following ones is a better match:",
    };
    format!("{head}\n{}", list(entries, words))
}

/// How many first words of a command stand at the front of a line.
fn shared(entry: &Entry, words: &[&str]) -> usize {
    entry.words.iter().zip(words).take_while(|(a, b)| a == b).count()
}

fn list(entries: &[Entry], words: &[&str]) -> String {
    let most = entries.iter().map(|e| shared(e, words)).max().unwrap_or(0);
    let like: Vec<Entry> = entries.iter().filter(|e| shared(e, &words[..most]) == most).copied().collect();
    let mut chosen = match words.get(most..) {
        Some(rest @ [_, ..]) => near(&like, most, rest),
        _ => Vec::new(),
    };
    if chosen.is_empty() {
        chosen = like.into_iter().filter(|e| e.words.len() >= most).collect();
    }
    chosen.retain(|e| !talk::LAST.contains(&e.words[0]));
    chosen.sort_by_key(|e| e.words);
    let last = talk::LAST.iter().flat_map(|name| entries.iter().find(|e| e.words[0] == *name).copied());
    chosen.into_iter().chain(last).map(|e| format!("  {:<40}: {}\n", e.usage, e.doc)).collect()
}

/// Those whose further words come near to what stands on the line.
fn near(like: &[Entry], from: usize, rest: &[&str]) -> Vec<Entry> {
    let length = |words: &[&str]| words.iter().map(|w| w.len()).sum::<usize>();
    let rest = &rest[..rest.len().min(5 - from.min(4))];
    let wanted = Fingerprint::of(rest);
    let mut found: Vec<(usize, Entry)> = Vec::new();
    for entry in like {
        let own = entry.words.get(from..).unwrap_or_default();
        let distance = wanted.distance(&Fingerprint::of(own));
        if distance < 5 * (length(rest) + length(own)) / 2 {
            let at = found.partition_point(|(other, _)| *other <= distance);
            found.insert(at, (distance, *entry));
            found.truncate(MOST);
        }
    }
    let best = found.first().map_or(0, |(distance, _)| *distance);
    found.into_iter().take_while(|(distance, _)| *distance <= 5 * best / 2).map(|(_, entry)| entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The commands of an answer, by their first two words.
    fn shown(answer: &str) -> Vec<String> {
        let lines = answer.lines().filter(|l| l.starts_with("  "));
        let all: Vec<String> =
            lines.map(|l| l.split_ascii_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect();
        assert!(all.ends_with(&["help [<command>]".into(), "prompt :".into(), "quit :".into()]), "{answer}");
        all[..all.len() - 3].to_vec()
    }

    #[test]
    fn near_commands_are_haproxys() {
        assert_eq!(shown(&unknown(&["sho", "info"])), ["show info"]);
        assert_eq!(shown(&help(&["acl"])), ["add acl", "clear acl", "del acl", "get acl", "show acl"]);
        assert_eq!(shown(&unknown(&["show", "cli"])), ["show cli", "show cli"]);
        assert_eq!(shown(&unknown(&["show", "cli", "levels"])), ["show cli"]);
        assert_eq!(shown(&help(&["prompt"])), Vec::<String>::new());
        assert!(shown(&unknown(&[])).len() > 30);
        assert!(shown(&unknown(&["show"])).iter().all(|c| c.starts_with("show ")));
    }
}
